"""A shop made the way its owner makes it: by commands, with the default configuration, in a folder of its own."""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

NAME = "benchmark"
STARTER = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"""
"""Starts a command for :meth:`Shop.used`. Linux counts as a process's own what its parent held when it began, so that a
command seems to need as much as whoever starts it: this one holds next to nothing."""


class Used(NamedTuple):
    """What one command used."""

    cpu_seconds: float
    """Processor time, all threads together: what else the machine does hardly changes it."""
    peak_mb: float
    """The most memory at a time."""


@dataclass(frozen=True)
class Shop:
    """One shop in `home`, in which everything else is left to the product."""

    home: Path

    def run(self, *arguments: str) -> str:
        """What a command printed.

        Raises:
            subprocess.CalledProcessError: it failed; why went to the error output.
        """
        command = self._command(arguments)
        return subprocess.run(command, env=self._environment, stdout=subprocess.PIPE, text=True, check=True).stdout

    def used(self, *arguments: str) -> Used:
        """Run a command for what it uses, its own children left out.

        Raises:
            subprocess.CalledProcessError: it failed; why went to the error output.
        """
        command = [sys.executable, "-c", STARTER, *self._command(arguments)]
        found = subprocess.run(command, env=self._environment, stdout=subprocess.PIPE, text=True, check=True).stdout
        seconds, peak = map(float, found.split())
        return Used(round(seconds, 1), round(peak * 1024 / 1e6, 1))

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "VITRINE_HOME": str(self.home)}

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "recommender.command", *arguments, "--shop", NAME]

    def train(self, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[float, float]:
        """Import events and train; how long both took in seconds, and how much memory at most in GB."""
        path = self.home / "events.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)
        began = time.perf_counter()
        self.run("import", "events", str(path))
        self.run("train")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return time.perf_counter() - began, peak * 1024 / 1e9

    def judged(self, cases: Iterable[Mapping[str, Any]], *options: str) -> list[dict[str, Any]]:
        """The results of `vitrine evaluate` on these cases."""
        path = self.home / "cases.jsonl"
        with path.open("w") as file:
            file.writelines(json.dumps(case) + "\n" for case in cases)
        results: list[dict[str, Any]] = json.loads(self.run("evaluate", "--test", str(path), "--json", *options))[
            "metrics"
        ]["results"]
        return results


@contextmanager
def opened() -> Iterator[Shop]:
    """An empty shop, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "VITRINE_HOME": folder}
        command = [sys.executable, "-m", "recommender.command", "shops", "create", NAME]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        yield Shop(Path(folder))


def line(name: str, at_least: str, measured: str) -> None:
    """Print one line of a table."""
    print(f"{name:56} {at_least:>16} {measured:>20}", flush=True)  # noqa: T201
