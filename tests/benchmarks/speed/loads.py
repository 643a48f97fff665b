"""Loads: closed loop by wrk, or by our own generator where it is missing; open loop always by our own."""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.speed.generator import Plan
from tests.benchmarks.speed.latencies import Outcome, percentiles

SCRIPT = Path(__file__).with_name("wrk.lua")
MISSING = (
    "wrk is not installed (`apt-get install wrk`): the closed loop is driven by a generator in Python, which is slow"
)


class Taken(NamedTuple):
    """Calls of our own generator."""

    rows: NDArray[np.float64]
    """Of each call: seconds when it was due, sent and done, and its status (0: no answer)."""
    zero: float
    """Unix time that the seconds count from."""


@dataclass(frozen=True)
class Load:
    """How calls are made."""

    seconds: float
    connections: int
    rate: float | None = None
    """Calls a second, whatever the server does; None: each connection calls again once it is answered."""
    grace: float = 5.0
    """Seconds after the end for which our own generator waits for answers."""

    def describe(self) -> str:
        """What kind of load it is."""
        if self.rate is not None:
            return (
                f"open loop, {self.rate:g} calls/s over {self.connections} connections, times from when a call was due"
            )
        return f"closed loop, {self.connections} connections, {'wrk' if has_wrk() else 'own generator'}"

    def on(self, port: int, calls: Path, offset: int = 0) -> Outcome:
        """Load the server at `port` with the calls of a file from the `offset`-th on."""
        if self.rate is None and has_wrk():
            return _by_wrk(self, port, calls, offset)
        return outcome(self.taken(port, calls, offset).rows, self.seconds)

    def taken(self, port: int, calls: Path, offset: int = 0) -> Taken:
        """The calls of our own generator."""
        plan = Plan(port, str(calls), self.seconds, self.connections, self.rate, offset, self.grace)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "calls.npz"
            module = "tests.benchmarks.speed.generator"
            subprocess.run([sys.executable, "-m", module, plan.encoded(), str(path)], check=True)
            with np.load(path) as found:
                return Taken(found["rows"], float(found["zero"]))

    def shorter(self, seconds: float) -> "Load":
        """The same load for less long."""
        return replace(self, seconds=min(seconds, self.seconds))


def has_wrk() -> bool:
    """Whether wrk is on the path."""
    return shutil.which("wrk") is not None


def outcome(rows: NDArray[np.float64], seconds: float) -> Outcome:
    """What the calls of our own generator have shown; see `Taken.rows`."""
    good = (rows[:, 3] >= 200) & (rows[:, 3] < 400)
    # A loaded server may answer the last calls after the end: then the load took longer.
    took = max(seconds, float(rows[good, 2].max(initial=0.0)))
    return Outcome(took, int(good.sum()), int((~good).sum()), percentiles(rows[good, 2] - rows[good, 0]))


def _by_wrk(load: Load, port: int, calls: Path, offset: int) -> Outcome:
    seconds = max(1, round(load.seconds))
    command = ["wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT)]
    command += [f"http://127.0.0.1:{port}", "--", str(calls), str(offset)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    told = json.loads(next(line for line in printed.splitlines() if line.startswith("{")))
    bad = told["status"] + told["broken"]
    times = {name: told[name] for name in ("p50", "p90", "p99", "p99.9")}
    return Outcome(told["seconds"], told["calls"] - told["status"], bad, times)
