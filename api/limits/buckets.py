"""Buckets that fill with every call and drain by themselves: the generic cell rate algorithm (ITU-T I.371).

Every request passes here, so this spares what can be spared.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from math import inf

FEWEST_TIDIED = 10_000
"""From so many buckets on it is looked which of them have run dry."""
TOLD_FROM = 0.02
"""Buckets less full than this part are no other process's business: nearly everybody's always are."""
FULL = 1 + 1e-9
"""A bucket may be as full; the rest is rounding."""


@dataclass(frozen=True)
class Limit:
    """So much at once, and as much again within so many seconds."""

    name: str
    amount: int
    seconds: float = 60.0

    @cached_property
    def shown(self) -> bytes:
        """How much, as a header's value."""
        return b"%d" % self.amount


class Buckets:
    """One limit's buckets, of whomever they are; an empty one takes no room for long.

    Args:
        limit: how much each holds.
        shared: whether other processes are to be told.
    """

    def __init__(self, limit: Limit, *, shared: bool = False) -> None:
        self.limit = limit
        self.told_from = TOLD_FROM if shared else inf
        """How full a bucket must be for others to be told of it, as a part of what it holds."""
        self._seconds = limit.seconds
        self._step = limit.seconds / limit.amount
        self._dry: dict[Hashable, float] = {}
        """When each has run dry."""
        self._untold: dict[Hashable, float] = {}
        self._tidied_from = FEWEST_TIDIED

    def take(self, whose: Hashable, now: float, cost: int = 1) -> float:
        """Put a call into a bucket, if there is room; what costs more than a whole bucket takes all of it.

        Args:
            whose: which bucket.
            now: a clock that never goes back, in seconds.
            cost: how many calls it counts as.

        Returns:
            How full the bucket is with it, as a part of what it holds: above `FULL` it was not put in, and may come
            again when the rest has drained.
        """
        dry = self._dry.get(whose, now)
        added = self._step if cost == 1 else min(cost * self._step, self._seconds)
        dry = (dry if dry > now else now) + added
        used = (dry - now) / self._seconds
        if used > FULL:
            return used
        self._dry[whose] = dry
        if used > self.told_from:
            self._untold[whose] = self._untold.get(whose, 0.0) + added
        if len(self._dry) > self._tidied_from:
            self._tidy(now)
        return used

    def would_be(self, whose: Hashable, now: float) -> float:
        """How full the bucket would be with one more call, as `take` has it; nothing is put in."""
        return (max(self._dry.get(whose, now) - now, 0.0) + self._step) / self._seconds

    def untold(self) -> dict[Hashable, float]:
        """Seconds that went into buckets since this was asked for the last time, where others should know."""
        told, self._untold = self._untold, {}
        return told

    def hear(self, whose: Hashable, filled: float, now: float) -> None:
        """Take over how many seconds a bucket holds over all processes, this one included as far as it has told."""
        everywhere = now + filled + self._untold.get(whose, 0.0)
        self._dry[whose] = max(self._dry.get(whose, now), everywhere)

    def _tidy(self, now: float) -> None:
        self._dry = {whose: dry for whose, dry in self._dry.items() if dry > now}
        self._tidied_from = max(FEWEST_TIDIED, 2 * len(self._dry))
