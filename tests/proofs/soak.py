"""More calls than the service can answer, for half an hour: what is taken is answered in time, memory stands still."""

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from scipy import stats

from api.settings import Settings
from recommender.workspace import Workspace
from tests.api.processes import Served, new_shop, serving
from tests.benchmarks.speed import calls
from tests.benchmarks.speed.loads import Load
from tests.proofs.faults.traffic import ITEMS
from tests.proofs.tried import Tried
from tests.training.logs import catalogue, shop_events, write
from training.fitting import train

MINUTES = 30
TOO_MUCH = 1.5
"""Times what the service answers when each of a few callers waits for the answer."""
FEW, MANY = 32, 800
"""Connections; of the many more are at work than one process takes on."""
CALLS, STEP = 40_000, 7919
"""Different calls, and how many of them each minute begins later than the last."""
SECONDS = 60.0
GRACE = 60.0
"""Seconds after which nobody waits for an answer any more."""
PATIENCE, EARLY = 10.0, 2.0
"""Seconds within which 99 of 100 answers come, on a busy machine, and half of the refusals."""
GROWTH = 0.05
"""Of the memory in use at half time, what may be added until the end."""
SETTINGS = {"VITRINE_STATE_ROWS": "20000", "VITRINE_RATE_LIMITS": "off"}
"""So small that it is full after a minute."""


@dataclass
class Memory:
    """What a process holds, looked at every few seconds."""

    process: psutil.Process
    every: float = 2.0
    seen: list[tuple[float, float]] = field(default_factory=list)
    """Seconds, and MB."""

    def __post_init__(self) -> None:
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while self.process.is_running():
            try:
                self.seen.append((time.monotonic(), self.process.memory_info().rss / 2**20))
            except psutil.NoSuchProcess:
                return
            time.sleep(self.every)

    def later(self) -> NDArray[np.float64]:
        """The second half."""
        return np.array(self.seen[len(self.seen) // 2 :])


def prove(seed: int, minutes: int = MINUTES) -> Iterator[Tried]:
    """Pages, similar items and events, by turns, of ever new visitors."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        keys = new_shop(home)
        _train(home)
        with serving(home, keys, **SETTINGS) as served:
            served.http.put("/v1/catalog/items", json=ITEMS + catalogue(), headers=served.secret).raise_for_status()
            messages = calls.write(home / "calls", _calls(served, seed, CALLS))
            port = int(str(served.http.base_url.port))
            usual = Load(10.0, FEW).on(port, messages)
            rate = TOO_MUCH * usual.answers / usual.seconds
            memory = Memory(psutil.Process(served.process.pid))
            load = Load(SECONDS, MANY, rate, GRACE)
            rows = np.concatenate([load.taken(port, messages, minute * STEP).rows for minute in range(minutes)])
    yield told(minutes, rate, rows, memory.later())


def _train(home: Path) -> None:
    records = Settings.load(home=home).records()
    folder = Workspace(home).shop("shop")
    write(folder, *shop_events("view_item", "purchase"))
    train(folder, records, force=True)
    records.close()


def _calls(served: Served, seed: int, count: int) -> Iterator[bytes]:
    draw, key = random.Random(seed), served.keys.public_key
    for number in range(count):
        visitor, item = f"v{number}", f"{draw.choice('abcd')}{draw.randrange(6)}"
        if number % 3 == 0:
            yield calls.post("/v1/page", {"page": {"type": "product", "item_id": item}, "visitor_id": visitor}, key)
        elif number % 3 == 1:
            yield calls.get(f"/v1/similar/{item}", key)
        else:
            yield calls.post("/v1/events", {"event": "view_item", "item_id": item, "visitor_id": visitor}, key)


def told(minutes: int, rate: float, rows: NDArray[np.float64], memory: NDArray[np.float64]) -> Tried:
    """What the calls and the memory say; raises where a promise is broken.

    Args:
        minutes: how long it took.
        rate: calls a second.
        rows: of each call; see `tests.benchmarks.speed.loads.Taken`.
        memory: seconds and MB of the second half.
    """
    statuses = Counter(rows[:, 3].astype(int).tolist())
    assert statuses.keys() <= {200, 202, 503}, f"calls were answered with {statuses}"
    times, shed = rows[:, 2] - rows[:, 0], rows[:, 3] == 503
    assert shed.any(), "nothing was turned away, though more came than can be answered"
    latest, away = float(np.quantile(times[~shed], 0.99)), float(np.median(times[shed]))
    assert latest < PATIENCE, f"of the answers one in a hundred took more than {latest:.1f} s"
    assert away < EARLY, f"half of those who were turned away waited for more than {away:.1f} s"
    hours = (memory[:, 0] - memory[0, 0]) / 3600
    line = stats.linregress(hours, memory[:, 1])
    half, growth = 1.96 * line.stderr, line.slope * hours[-1] / memory[0, 1]
    assert growth < GROWTH, f"memory grew by {growth:.1%} in the second half, from {memory[0, 1]:.0f} MB"
    return Tried(
        f"{minutes} minutes of {TOO_MUCH:g} times what one process answers ({rate:,.0f} calls/s, open loop)",
        f"{(~shed).sum():,} calls answered, 99 of 100 within {latest:.2f} s of when they were due;"
        f" {shed.sum():,} turned away with 503, half of them within {away * 1000:.0f} ms",
        f"0 without an answer; memory {memory[:, 1].mean():.0f} MB, {line.slope:+.1f} MB/h"
        f" ({line.slope - half:+.1f} to {line.slope + half:+.1f}) in the second half",
    )
