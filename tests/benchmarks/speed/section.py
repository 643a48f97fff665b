"""What one part of a run has found."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks.speed.contest import Ratio, Standing

COLUMNS = {
    "rate": "answers/s",
    "p50": "p50, ms",
    "p90": "p90, ms",
    "p99": "p99, ms",
    "p99.9": "p99.9, ms",
    "cpu_ms": "CPU an answer, ms",
    "rss_mb": "RSS, MB",
    "pss_mb": "PSS, MB",
    "errors": "errors",
}


@dataclass
class Section:
    """A table with the ratios and facts that belong to it."""

    title: str
    load: str = ""
    """How calls were made: closed loop or open loop."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    profile: list[str] = field(default_factory=list)
    """Where the time went, line by line."""

    @classmethod
    def of(cls, title: str, load: str, standings: Sequence[Standing]) -> "Section":
        """A contest, the first contestant beside each of the others."""
        first, *others = standings
        return cls(title, load, [one.row() for one in standings], [Ratio.of(first, other) for other in others])

    def document(self) -> dict[str, Any]:
        """The section as JSON values."""
        return asdict(self)

    def markdown(self) -> str:
        """The section as text."""
        lines = [f"### {self.title}", *(["", f"{self.load}."] if self.load else [])]
        if self.rows:
            lines += ["", "| | " + " | ".join(COLUMNS.values()) + " |", "|---|" + "---:|" * len(COLUMNS)]
            lines += [
                f"| {row['name']} | " + " | ".join(_cell(row[name]) for name in COLUMNS) + " |" for row in self.rows
            ]
        if self.ratios or self.facts:
            lines.append("")
        lines += [f"- {ratio.name}: {ratio}" for ratio in self.ratios]
        lines += [f"- {name}: {_cell(value)}" for name, value in self.facts.items()]
        lines += ["", "```", *self.profile, "```"] if self.profile else []
        return "\n".join(lines) + "\n"


def beside(foretold: float, measured: float, unit: float) -> str:
    """What was foretold, and what was measured, in the same unit."""
    return f"{foretold / unit:,.3g} foretold, {measured / unit:,.3g} measured ({foretold / measured - 1:+.0%})"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
