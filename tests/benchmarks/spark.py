"""What the heavy steps cost by Spark: time of each, and the most memory of driver, JVM and Python workers together.

A synthetic shop's log is written as Parquet, then each step is done once over all of it, in local mode. Several sizes
one after the other show how cost grows with the log.

python -m tests.benchmarks.spark --items 100_000 --events 1_000_000 --events 10_000_000
python -m tests.benchmarks.spark --items 1_000_000 --events 100_000_000 --memory 12 --folder FOLDER   # log made once
python -m tests.benchmarks.spark --items 1_000_000 --events 10_000_000 --engine local   # the same in memory
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc

from recommender.events import schema
from recommender.events.log import EventLog
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder
from tests.benchmarks.synthetic.events import END, tables
from tests.benchmarks.synthetic.files import Size
from training.engines import Engine, heavy_steps

NOW = datetime.fromtimestamp(END, UTC)
SECONDS = 0.5
"""Between two looks at memory."""


class Cost(NamedTuple):
    """What a step took."""

    wall: float
    cpu: float
    """Seconds of all processes together."""
    memory: float
    """GB, the most of all processes together."""
    jvm: float
    """GB, the most of the JVM alone."""


def main() -> None:
    """Make the logs, do the steps, and print what they took."""
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        for events in options.events:
            size = Size(options.items, events, options.seed)
            folder = ShopFolder((options.folder or Path(scratch)) / f"{size.items}-{size.events}")
            write(EventLog(folder), size)
            print(table(size, measured(EventLog(folder), options)), flush=True)  # noqa: T201


def write(log: EventLog, size: Size) -> None:
    """The events of a synthetic shop in the log, unless it holds them already."""
    if log.rows() == size.events:
        return
    for number, events in enumerate(tables(size.world(), size.events)):
        log.append(_rows(events, number), f"block-{number:06d}")


def _rows(events: pa.Table, number: int) -> pa.Table:
    count = len(events)
    sequence = np.arange(count, dtype=np.int64)
    moment = pc.multiply(events["timestamp"], 1000).cast(schema.MOMENT)
    ids = pc.binary_join_element_wise(f"e{number}", pa.array(sequence).cast(pa.string()), "-")
    told: dict[str, Any] = {
        **{name: events[name] for name in events.column_names},
        schema.EVENT_ID: ids,
        schema.ITEM_INDEX: pa.array(np.zeros(count, np.int32)),
        schema.TIMESTAMP: moment,
        schema.RECEIVED_AT: moment,
        schema.VERIFIED: pa.array(np.ones(count, np.bool_)),
        schema.WRITER: pa.array(["benchmark"]).take(pa.array(np.zeros(count, np.int64))),
        schema.SEQUENCE: pa.array(sequence),
    }
    missing = {field.name: pa.nulls(count, field.type) for field in schema.SCHEMA if field.name not in told}
    return pa.table({**told, **missing}).select(schema.SCHEMA.names).cast(schema.SCHEMA)


def measured(log: EventLog, options: argparse.Namespace) -> dict[str, Cost]:
    """Each step's cost."""
    costs: dict[str, Cost] = {}
    configuration = TrainingConfiguration(memory_gb=options.memory)
    steps = heavy_steps(options.engine, memory_gb=options.memory)
    with Memory.watched() as memory:

        def timed(name: str, work: Callable[[], Any]) -> Any:
            memory.begin()
            began, cpu = time.perf_counter(), memory.cpu()
            found = work()
            costs[name] = Cost(time.perf_counter() - began, memory.cpu() - cpu, memory.most, memory.jvm)
            print(_row(name, costs[name]), flush=True)  # noqa: T201
            return found

        rows = steps.scan(log)
        known = timed("prepare", lambda: steps.prepare(rows, {}, configuration=configuration, now=NOW))
        told, days = known.interactions, np.full(len(known.items), np.nan, np.float32)
        kinds = np.full(len(known.items), -1, np.int32)
        work: dict[str, Callable[[], Any]] = {
            "session neighbours": lambda: steps.session_neighbours(told, configuration),
            "purchase neighbours": lambda: steps.purchase_neighbours(told, configuration),
            "bought together": lambda: steps.bought_together(told, configuration),
            "popularity": lambda: steps.popularity(told, days, configuration),
            "replenishment": lambda: steps.replenishment(told, kinds, configuration),
            "histories": lambda: steps.histories(known.profiles, configuration, np.zeros(len(known.items), np.float32)),
            "customers": lambda: steps.customers(rows, {}, configuration, NOW),
            "sample": lambda: steps.at_hand(known, configuration),
            "courses": lambda: steps.courses(rows, known, configuration, UTC),
            "factors": lambda: steps.factors(told, configuration),
        }
        for name, step in work.items():
            if name not in options.without:
                timed(name, step)
    steps.close()
    return costs


def table(size: Size, costs: dict[str, Cost]) -> str:
    """Costs as Markdown."""
    rows = [_row(name, one) for name, one in costs.items()]
    wall, cpu, memory, jvm = zip(*costs.values(), strict=True)
    head = [str(size), "", "| step | wall s | cpu s | all GB | JVM GB |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, _row("whole", Cost(sum(wall), sum(cpu), max(memory), max(jvm))), ""])


def _row(name: str, cost: Cost) -> str:
    return f"| {name} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.memory:.2f} | {cost.jvm:.2f} |"


class Memory:
    """What this process and all that it started hold."""

    def __init__(self) -> None:
        self.most = self.jvm = 0.0
        self._own = psutil.Process()
        self._ended = threading.Event()

    @classmethod
    @contextmanager
    def watched(cls) -> Iterator["Memory"]:
        """One that looks until the block ends."""
        memory = cls()
        thread = threading.Thread(target=memory._look, daemon=True)
        thread.start()
        try:
            yield memory
        finally:
            memory._ended.set()
            thread.join()

    def begin(self) -> None:
        """Forget the most so far."""
        self.most = self.jvm = 0.0
        self._see()

    def cpu(self) -> float:
        """Seconds of processor time of this process, and of all that it started and that still run."""
        return sum(_told(one, lambda one: sum(one.cpu_times()[:4])) for one in self._processes())

    def _look(self) -> None:
        while not self._ended.wait(SECONDS):
            self._see()

    def _see(self) -> None:
        sizes = [(_told(one, psutil.Process.name), _told(one, _gigabytes)) for one in self._processes()]
        self.most = max(self.most, sum(size for _, size in sizes))
        self.jvm = max(self.jvm, sum(size for name, size in sizes if name == "java"))

    def _processes(self) -> list[psutil.Process]:
        return [self._own, *self._own.children(recursive=True)]


def _gigabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1e9)


def _told(process: psutil.Process, ask: Callable[[psutil.Process], Any]) -> Any:
    """What a process says of itself; 0 of one that is gone."""
    try:
        return ask(process)
    except psutil.Error:
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000, help="of the catalogue")
    parser.add_argument("--events", type=int, action="append", help="rows of the log; several for several logs")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--memory", type=float, default=12.0, help="GB, as `training.memory_gb`")
    parser.add_argument("--engine", type=Engine, choices=[*Engine], default=Engine.SPARK)
    parser.add_argument("--folder", type=Path, help="folder in which logs are made, once")
    parser.add_argument("--without", action="append", default=[], help="a step that is not measured")
    options = parser.parse_args()
    options.events = options.events or [1_000_000]
    return options


if __name__ == "__main__":
    main()
