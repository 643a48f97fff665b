"""Slices of a log: models are fitted before a moment and scored on what happened from it on.

    ──────────── fitted for the validation slice ───────────│ validation │
    ─────────────────── fitted for the test slice ──────────────────────│ test │ end

Whatever is chosen is chosen on the validation slice, so that the test slice stays a test.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from training.interactions import Prepared

SHARE_OF_LOG = 5
"""At least this many times the judged days must lie in the log."""
SHORTEST = timedelta(days=1)


class On(StrEnum):
    """Which days are judged."""

    VALIDATION = "validation"
    """Those before the last ones."""
    TEST = "test"
    """The last ones."""


class Slice(NamedTuple):
    """What is known of a shop, and the moment from which on it is to be predicted."""

    whole: Prepared
    """The time before and the judged days; nothing later."""
    cutoff: datetime

    @property
    def earlier(self) -> Prepared:
        """What models may be fitted on."""
        return self.whole.until(self.cutoff)


def cut(prepared: Prepared, days: int, on: On) -> Slice | None:
    """The slice of `days`, or of a fifth of a log that is shorter than five times that; None when it is no full day."""
    last = held_back(prepared.data_start, prepared.data_end, days) if len(prepared.interactions) else None
    if last is None:
        return None
    return Slice(prepared, last) if on is On.TEST else Slice(prepared.until(last), last - (prepared.data_end - last))


def held_back(start: datetime | None, end: datetime, days: int) -> datetime | None:
    """From when on the last days of a log are kept to judge by; None where that would be no full day."""
    span = end - start if start is not None else timedelta(0)
    judged = min(timedelta(days=days), span / SHARE_OF_LOG)
    return end - judged if judged >= SHORTEST else None
