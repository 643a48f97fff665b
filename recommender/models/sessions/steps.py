"""Sessions: who looked at what after what, as arrays."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from recommender.models.arrays import ByteArray, FloatArray, IntArray, LongArray, offsets
from recommender.models.interactions import PURCHASE, Interactions

MAX_STEPS = 200
"""Only the latest steps of a longer session count."""


@dataclass(frozen=True, eq=False)
class Sessions:
    """Sessions of two steps and more, end to end, in the order in which they ended."""

    starts: LongArray
    """Where each session begins, and where the last one ends."""
    item_rows: IntArray
    """Items in the order of the steps."""
    events: ByteArray
    """The strongest event of each step; see EVENT_CODES."""
    ages_days: FloatArray
    """Of each session, from the end of the data back to its last step."""
    items: int
    """Size of the vocabulary."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def build(cls, interactions: Interactions) -> Self:
        """Gather the sessions in which somebody browsed.

        What raises the interest in the very item that was just looked at (view, then cart, then purchase) is one step;
        looking at it again is another one.
        """
        order = np.lexsort((interactions.timestamps, interactions.session_rows))
        order = order[interactions.session_rows[order] >= 0]
        sessions, items = interactions.session_rows[order], interactions.item_rows[order]
        events, ages = interactions.events[order], interactions.ages_days[order]
        begins = np.ones(len(order), bool)
        begins[1:] = (sessions[1:] != sessions[:-1]) | (items[1:] != items[:-1]) | (events[1:] <= events[:-1])
        first = np.flatnonzero(begins)
        if not len(first):
            return cls.empty(len(interactions.items))
        strongest = np.maximum.reduceat(events, first)
        last = np.append(first[1:], len(order)) - 1
        return cls._laid_out(sessions[first], items[first], strongest, ages[last], len(interactions.items))

    @classmethod
    def empty(cls, items: int) -> Self:
        """No sessions."""
        none = np.empty(0, np.int32)
        return cls(np.zeros(1, np.int64), none, none.astype(np.uint8), none.astype(np.float32), items)

    @classmethod
    def _laid_out(
        cls, sessions: IntArray, items: IntArray, events: ByteArray, ages: FloatArray, vocabulary: int
    ) -> Self:
        names, group, counts = np.unique(sessions, return_inverse=True, return_counts=True)
        end = np.cumsum(counts)
        browsed = np.bincount(group, events != PURCHASE, len(names)) > 0
        left = end[group] - np.arange(len(group))
        kept = (left <= MAX_STEPS) & browsed[group] & (counts[group] > 1)
        youngest = np.zeros(len(names), np.float32)
        youngest[group[::-1]] = ages[::-1]
        youngest[group] = ages
        place = np.lexsort((np.arange(len(names)), -youngest))
        rank = np.empty(len(names), np.int64)
        rank[place] = np.arange(len(names))
        order = np.flatnonzero(kept)
        order = order[np.argsort(rank[group[order]], kind="stable")]
        found, lengths = np.unique(rank[group[order]], return_counts=True)
        return cls(
            offsets(lengths),
            items[order].astype(np.int32),
            events[order].astype(np.uint8),
            youngest[place[found]].astype(np.float32),
            vocabulary,
        )

    def part(self, begin: int, end: int) -> Self:
        """The sessions from place `begin` to `end`; ages count from the last of them."""
        steps = slice(self.starts[begin], self.starts[end])
        ages = self.ages_days[begin:end]
        return type(self)(
            self.starts[begin : end + 1] - self.starts[begin],
            self.item_rows[steps],
            self.events[steps],
            ages - ages.min(initial=np.inf) if len(ages) else ages,
            self.items,
        )

    def owners(self) -> IntArray:
        """Session of each step."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.starts))


@dataclass(frozen=True, eq=False)
class Prefixes:
    """Everything that was followed by another step: where it lies among the steps of the sessions, and what came."""

    begins: LongArray
    ends: LongArray
    targets: IntArray
    sessions: IntArray

    def __len__(self) -> int:
        return len(self.targets)

    @classmethod
    def of(cls, sessions: Sessions) -> Self:
        """Every prefix of every session."""
        owners = sessions.owners()
        places = np.arange(len(owners), dtype=np.int64)
        begins = sessions.starts[:-1][owners]
        later = places > begins
        return cls(begins[later], places[later], sessions.item_rows[later], owners[later])

    def drawn(self, size: int, seed: int) -> Self:
        """At most `size` of them, drawn at random, in their order."""
        if len(self) <= size:
            return self
        return self.at(np.sort(np.random.default_rng(seed).choice(len(self), size, replace=False)))

    def latest(self, size: int) -> Self:
        """The last `size` of them."""
        return self if len(self) <= size else self.at(np.arange(len(self) - size, len(self)))

    def at(self, places: LongArray) -> Self:
        """Those at `places`."""
        return type(self)(self.begins[places], self.ends[places], self.targets[places], self.sessions[places])
