"""What lies nearest to one item, whole or from a beginning that was blended ahead of all requests; compiled throughout.

A blend is the same for everybody, and outlasts changes of prices and stock. What may be shown, and which variant of a
product stands in a list, is asked each time.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommender.engine.blending import Alike, Near, Told, blend_similar
from recommender.engine.choosing import NO_CAPS, NO_KINDS, Bounds, Flags, ahead, choose
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.compiling import compiled, sealed
from recommender.models.neighbours import Lists

BEGINNING = 24
"""Items that are kept of a list: twice as many as most lists show."""

Sources = NDArray[np.uint8]
Nearest = tuple[IntArray, FloatArray, Sources]
"""Rows, the best first, their scores, and which source speaks most for each."""


class Beginnings(NamedTuple):
    """The beginnings of lists."""

    slots: IntArray
    """By row of an item: which list is its own; -1: none."""
    sizes: IntArray
    """Of each list; as long as there is room: it may go on."""
    rows: IntArray
    """By list and place."""
    scores: FloatArray
    sources: Sources

    def of(self, row: int) -> Nearest | None:
        """The beginning of an item's list; None where it is not kept."""
        slot = self.slots.item(row) if row < len(self.slots) else -1
        if slot < 0:
            return None
        size = self.sizes.item(slot)
        return self.rows[slot, :size], self.scores[slot, :size], self.sources[slot, :size]

    @classmethod
    def empty(cls, items: int, lists: int, length: int = BEGINNING) -> Self:
        """Room for so many lists of this length."""
        return cls(
            np.full(items, -1, np.int32),
            np.zeros(lists, np.int32),
            np.full((lists, length), -1, np.int32),
            np.zeros((lists, length), np.float32),
            np.zeros((lists, length), np.uint8),
        )


NO_BEGINNINGS = Beginnings(*(sealed(part) for part in Beginnings.empty(0, 0)))


@dataclass(eq=False)
class Kin:
    """The beginnings that a snapshot has; none until they are made."""

    beginnings: Beginnings = NO_BEGINNINGS


@compiled
def begin(
    order: IntArray,
    start: int,
    end: int,
    alike: Alike,
    nothing: Told,
    out: Beginnings,
) -> None:
    """Write the lists of the items from place `start` to `end` of `order`; for the rest see :func:`closest`."""
    anything, alone = np.ones(len(alike.described), np.bool_), np.full(len(alike.described), -1, np.int32)
    for slot in range(start, end):
        seeds = order[slot : slot + 1]
        rows, scores, sources, _, _ = blend_similar(seeds, alike, nothing)
        (rows, scores, sources), _ = picked(rows, scores, sources, seeds, anything, alone, out.rows.shape[1])
        out.rows[slot, : len(rows)], out.scores[slot, : len(rows)] = rows, scores
        out.sources[slot, : len(rows)] = sources
        out.slots[seeds[0]], out.sizes[slot] = slot, len(rows)


@compiled
def closest(
    seeds: IntArray,
    alike: Alike,
    told: Told,
    beginnings: Beginnings,
    available: Flags,
    groups: IntArray,
    limit: int,
) -> tuple[Nearest, float]:
    """The `limit` items nearest to a seed that may be shown; fewer where there are no more, or no more are kept.

    Beside them the highest score: another variant of a product in the list may have it.

    Args:
        seeds: one row.
        alike: what says which items are alike.
        told: what else is said of the seed.
        beginnings: what `alike` says of some seeds, blended before.
        available: one flag for each row of the table: whether it may be shown.
        groups: of which product each row of the table is a variant; -1: of none.
        limit: how many are wanted.
    """
    seed = seeds[0]
    slot = beginnings.slots[seed] if seed < len(beginnings.slots) else -1
    rows, scores, sources, _, _ = blend_similar(seeds, unlisted(alike) if slot >= 0 else alike, told)
    if slot >= 0:
        rows, scores, sources = continued(beginnings, slot, rows, scores, sources)
    return picked(rows, scores, sources, seeds, available, groups, limit)


@compiled
def picked(
    rows: IntArray,
    scores: FloatArray,
    sources: Sources,
    seeds: IntArray,
    available: Flags,
    groups: IntArray,
    limit: int,
) -> tuple[Nearest, float]:
    """The best of these rows that may be shown, one variant of a product; beside them the highest score of all."""
    bounds, nothing, everything = Bounds(available, seeds, groups, NO_KINDS, NO_CAPS), seeds[:0], available[:0]
    chosen = choose(rows, scores, rows, everything, bounds, nothing, nothing, groups[seeds], limit, True)
    places, highest = chosen.taken, scores[chosen.first] if chosen.first >= 0 else np.float32(0)
    return (rows[places], scores[places], sources[places]), float(highest)


@compiled
def unlisted(alike: Alike) -> Alike:
    """The same without any lists."""
    return Alike(
        no_lists(alike.views), no_lists(alike.purchases), alike.strong,
        Near(alike.factors.rows[:0], alike.factors.steps[:0]), Near(alike.content.rows[:0], alike.content.steps[:0]),
        alike.familiarity, alike.described, alike.weights, alike.disbelief,
    )  # fmt: skip


@compiled
def no_lists(lists: Lists) -> Lists:
    """None of these lists."""
    return Lists(lists.starts[:1], lists.rows[:0], lists.scores[:0], lists.support[:0])


@compiled
def continued(beginnings: Beginnings, slot: int, rows: IntArray, scores: FloatArray, sources: Sources) -> Nearest:
    """A beginning together with other rows, of which those fall out that come after all that is kept of the list."""
    size, length = beginnings.sizes[slot], beginnings.rows.shape[1]
    kept = np.empty(size + len(rows), np.int32)
    values, said = np.empty(size + len(rows), np.float32), np.empty(size + len(rows), np.uint8)
    kept[:size], values[:size] = beginnings.rows[slot, :size], beginnings.scores[slot, :size]
    said[:size] = beginnings.sources[slot, :size]
    count = size
    for place in range(len(rows)):
        kept[count], values[count], said[count] = rows[place], scores[place], sources[place]
        if size < length or ahead(count, size - 1, values, kept):
            count += 1
    return kept[:count], values[:count], said[:count]
