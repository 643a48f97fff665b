"""What training costs: time and peak memory of each step, and the whole as a multiple of `implicit`'s ALS alone.

A synthetic shop is imported by the product's commands and trained through the product, in a process of its own. ALS is
fitted alone, in another one, to the very matrix that the product factorises: same factors, iterations and threads
(`OMP_NUM_THREADS` bounds both). Wall time tells what else the machine did; processor time hardly does.

python -m tests.benchmarks.training --items 100_000 --events 1_000_000 --against-als
python -m tests.benchmarks.training --items 1_000_000 --events 10_000_000 --against-als --home HOME   # made once
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from functools import reduce
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.shop import NAME
from tests.benchmarks.synthetic.files import Size, write
from tests.benchmarks.synthetic.home import IMPORT, imported, ready


class Cost(NamedTuple):
    """What something took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of processor time, all threads together."""
    memory: float
    """The most that the process held, mapped files included; GB."""

    def beside(self, other: "Cost") -> "Cost":
        """Both together."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory))


class Meter:
    """Costs of one step after the other."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}
        self._step = ""
        self._began = _now()
        _forget_peak()

    def begin(self, step: str) -> None:
        """End the step before, and begin this one; what has the same name goes on."""
        if step == self._step:
            return
        wall, cpu = (now - then for now, then in zip(_now(), self._began, strict=True))
        if self._step:
            before = self.costs.get(self._step, Cost(0, 0, 0))
            self.costs[self._step] = before.beside(Cost(wall, cpu, _peak()))
        self._step, self._began = step, _now()
        _forget_peak()


def main() -> None:
    """Make the shop, train it, and print what it took."""
    options = _options()
    size = Size(options.items, options.events, options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        home = options.home or Path(scratch) / "home"
        if ready(home, IMPORT) is None:
            write(Path(scratch), size)
        imported(home, Path(scratch), size)
        costs = _apart(_train, home, options.config)
        print(table(size, costs))  # noqa: T201
        if options.against_als:
            print(ratio(costs, _apart(_als, home, options.config)))  # noqa: T201


def table(size: Size, costs: dict[str, Cost]) -> str:
    """Costs as Markdown."""
    rows = [
        f"| {name} | {cost.wall:.1f} | {cost.cpu:.1f} | {cost.memory:.2f} |"
        for name, cost in [*costs.items(), ("whole", _sum(costs))]
    ]
    head = [
        f"{size}, {os.environ.get('OMP_NUM_THREADS', 'all')} threads",
        "",
        "| step | wall s | cpu s | peak memory, GB |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows])


def ratio(costs: dict[str, Cost], alone: Cost) -> str:
    """The whole beside ALS alone."""
    whole = _sum(costs)
    return (
        f"ALS alone: {alone.wall:.1f} s wall, {alone.cpu:.1f} s cpu (process with its matrix {alone.memory:.2f} GB); "
        f"training is {whole.wall / alone.wall:.2f} times its wall time and "
        f"{whole.cpu / alone.cpu:.2f} times its processor time"
    )


def _sum(costs: dict[str, Cost]) -> Cost:
    return reduce(Cost.beside, costs.values())


def _apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` gives in a new process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(there, work, *arguments))
    process.start()
    there.close()
    try:
        found = here.recv()
    except EOFError:
        raise SystemExit("the process that was measured ended early; why stands above") from None
    process.join()
    return found


def _report(there: Connection, work: Callable[..., Any], *arguments: Any) -> None:
    there.send(work(*arguments))


def _train(home: Path, config: Path | None) -> dict[str, Cost]:
    from training.fitting import train

    folder, records, configuration = _opened(home, config)
    meter = Meter()
    train(folder, records, configuration, force=True, progress=lambda step, _done: meter.begin(step))
    return meter.costs


def _als(home: Path, config: Path | None) -> Cost:
    from implicit.cpu.als import AlternatingLeastSquares

    from recommender.models.factors import Problem
    from recommender.models.threads import one_blas_thread
    from training.fitting import read, shop_configuration

    folder, records, configuration = _opened(home, config)
    configuration = configuration or shop_configuration(records, NAME)
    interactions = read(folder, records, configuration).interactions
    known = interactions.where(interactions.person_rows >= 0)
    factors = configuration.factors
    weights = known.decayed(factors.half_life_days)
    problem = Problem.of(known.person_rows, known.item_rows, weights, items=len(known.items), config=factors)
    model = AlternatingLeastSquares(
        factors=factors.dimensions,
        regularization=problem.regularization,
        iterations=factors.iterations,
        random_state=configuration.seed,
    )
    with one_blas_thread():
        began = _now()
        model.fit(problem.trust, show_progress=False)
        return Cost(*(now - then for now, then in zip(_now(), began, strict=True)), memory=_peak())


def _opened(home: Path, config: Path | None) -> Any:
    from recommender.training import TrainingConfiguration
    from training.settings import Settings

    settings = Settings(home=home)
    configuration = TrainingConfiguration.read(config) if config else None
    return settings.workspace().shop(NAME), settings.records(), configuration


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _peak() -> float:
    """The most memory that this process held since the last :func:`_forget_peak`; GB."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) * 1024 / 1e9


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")  # see proc(5)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000, help="of the catalogue")
    parser.add_argument("--events", type=int, default=1_000_000, help="rows of the log")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", type=Path, help="folder in which the shop is imported, once")
    parser.add_argument("--config", type=Path, help="settings of training; the defaults without")
    parser.add_argument("--against-als", action="store_true", help="fit ALS alone as well")
    options = parser.parse_args()
    try:
        Size(options.items, options.events, options.seed)
    except ValueError as error:
        parser.error(str(error))
    return options


if __name__ == "__main__":
    main()
