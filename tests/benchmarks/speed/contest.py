"""Several servers under the same load, in turns: what one round says of a machine holds for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.speed.latencies import SHARES, Outcome
from tests.benchmarks.speed.loads import Load
from tests.benchmarks.speed.servers import Server
from tests.benchmarks.speed.usage import Memory

WARM_SECONDS = 3.0
NOTHING = Memory(0.0, 0.0)


@dataclass
class Standing:
    """One contestant after all rounds."""

    name: str
    outcomes: list[Outcome] = field(default_factory=list)
    memory: Memory = NOTHING

    @property
    def rates(self) -> list[float]:
        """Good answers a second, round by round."""
        return [one.rate for one in self.outcomes]

    def row(self) -> dict[str, Any]:
        """Medians over the rounds, and all errors."""
        return {
            "name": self.name,
            "rate": round(median(self.rates), 1),
            "rates": [round(rate, 1) for rate in self.rates],
            **{name: round(median(one.milliseconds[name] for one in self.outcomes), 3) for name in SHARES},
            "cpu_ms": round(median(one.cpu_milliseconds for one in self.outcomes), 3),
            "rss_mb": round(self.memory.rss, 1),
            "pss_mb": round(self.memory.pss, 1),
            "answers": sum(one.answers for one in self.outcomes),
            "errors": sum(one.errors for one in self.outcomes),
        }


def compete(servers: Sequence[Server], load: Load, calls: Path, rounds: int) -> list[Standing]:
    """Load the servers in turns; who begins changes from round to round.

    Args:
        servers: the contestants.
        load: what each of them gets in each round.
        calls: file of calls; no server gets one twice while there are others left.
        rounds: how many.
    """
    standings = [Standing(server.name) for server in servers]
    offsets = [load.shorter(WARM_SECONDS).on(server.port, calls).answers for server in servers]
    for number in range(rounds):
        turn = number % len(servers)
        for place in [*range(turn, len(servers)), *range(turn)]:
            outcome = play(servers[place], load, calls, offsets[place])
            offsets[place] += outcome.answers + load.connections
            standings[place].outcomes.append(outcome)
    for server, standing in zip(servers, standings, strict=True):
        standing.memory = server.memory()
    return standings


def play(server: Server, load: Load, calls: Path, offset: int) -> Outcome:
    """One load on one server, with what it cost the server."""
    before = server.cpu_seconds()
    outcome = load.on(server.port, calls, offset)
    return replace(outcome, cpu_seconds=server.cpu_seconds() - before)


@dataclass(frozen=True)
class Ratio:
    """How fast one contestant is, measured by another one of the same round."""

    name: str
    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, one: Standing, other: Standing) -> "Ratio":
        """Of the good answers a second."""
        shares = [mine / theirs for mine, theirs in zip(one.rates, other.rates, strict=True)]
        return cls(f"{one.name} ÷ {other.name}", median(shares), min(shares), max(shares))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.lowest:.2f} to {self.highest:.2f} over the rounds)"
