"""What an import did, in numbers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True)
class ImportSummary:
    """What became of every row of one file."""

    file: str
    format: str
    rows: int = 0
    """Rows read: events or items, before anything was left out."""
    written: int = 0
    """Events that are new in the log, or items that are new or changed in the catalogue."""
    known: int = 0
    """Events that the log had already, or items that did not change."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Rows refused, by the field at fault."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Good rows that say nothing about a product or a person, by reason."""
    noted: Mapping[str, int] = field(default_factory=dict)
    """Rows that were taken and are unusual, by what is unusual."""
    rejects_file: str | None = None
    unchanged: bool = False
    """The very same file was imported before; it was not read again."""

    def again(self, file: str) -> Self:
        """The summary of importing the very same file once more."""
        return replace(self, file=file, written=0, known=self.written + self.known, unchanged=True)

    def document(self) -> dict[str, Any]:
        """The summary as JSON values."""
        return asdict(self)


def total(summaries: Iterable[ImportSummary]) -> dict[str, Any]:
    """The sums over several files, as JSON values."""
    summaries = list(summaries)
    counted = {name: sum(getattr(summary, name) for summary in summaries) for name in ("rows", "written", "known")}
    kinds = ("rejected", "skipped", "noted")
    reasons = {name: _merged(getattr(summary, name) for summary in summaries) for name in kinds}
    return {**counted, **reasons}


def _merged(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    merged: Counter[str] = Counter()
    for count in counts:
        merged.update(count)
    return dict(merged)
