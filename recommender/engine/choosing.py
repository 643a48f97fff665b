"""The best of many candidates that may stand in a list; compiled, and no more is ordered than is looked at."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray
from recommender.models.compiling import compiled, sealed

FEW = 64
"""Blocked rows up to which each is compared."""
EVERYTHING = np.empty(0, np.bool_)
"""Stands for flags of candidates of which all are set."""
IN_PLACE = sealed(np.empty(0, np.int32))
"""Of equal scores the earlier one comes first."""
NO_KINDS = sealed(np.empty((0, 0), np.int32))
NO_CAPS = sealed(np.empty(0, np.int32))

Flags = NDArray[np.bool_]


class Bounds(NamedTuple):
    """What a list may hold."""

    available: Flags
    """One flag for each row of the table."""
    blocked: IntArray
    """Rows that may not be shown; in rising order where there are more than `FEW`."""
    groups: IntArray
    """Of which product each row of the table is a variant; -1: of none."""
    kinds: IntArray
    """By cap and row of the table: of which kind the item is; -1: of none."""
    most: IntArray
    """By cap: how many of a kind there may be."""


class Chosen(NamedTuple):
    """Places of candidates, the best first."""

    taken: IntArray
    spare: IntArray
    """Variants of products that are in the list already."""
    beyond: IntArray
    """Those that are too many of a kind, in any order; told where places stay empty."""
    first: int
    """The best one that may be shown at all; -1: none."""


@compiled
def ahead(one: int, other: int, scores: FloatArray, ties: IntArray) -> bool:
    """Whether the candidate at one place comes before the one at another."""
    if scores[one] != scores[other]:
        return bool(scores[one] > scores[other])
    return bool(ties[one] < ties[other]) if len(ties) else one < other


@compiled
def sift(heap: IntArray, size: int, place: int, scores: FloatArray, ties: IntArray) -> None:
    """Let what stands at `place` of a heap sink to where it belongs."""
    moved = heap[place]
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and ahead(heap[child + 1], heap[child], scores, ties):
            child += 1
        if not ahead(heap[child], moved, scores, ties):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = moved


@compiled
def holds(rows: IntArray, row: int) -> bool:
    """Whether `row` is among a few rows."""
    found = False
    for one in rows:
        found |= one == row
    return found


@compiled
def within(rows: IntArray, row: int) -> bool:
    """Whether `row` is among rows, which rise when they are many."""
    if len(rows) <= FEW:
        return holds(rows, row)
    place = np.searchsorted(rows, row)
    return bool(place < len(rows)) and bool(rows[place] == row)


@compiled
def full(bounds: Bounds, row: int, listed: IntArray) -> bool:
    """Whether the list has as many of some kind of this row as it may hold."""
    for cap in range(len(bounds.most)):
        kind, count = bounds.kinds[cap, row], 0
        if kind >= 0:
            for one in listed:
                count += bounds.kinds[cap, one] == kind
            if count >= bounds.most[cap]:
                return True
    return False


@compiled
def choose(
    rows: IntArray,
    scores: FloatArray,
    ties: IntArray,
    good: Flags,
    bounds: Bounds,
    passed: IntArray,
    held: IntArray,
    groups: IntArray,
    missing: int,
    collapse: bool,
) -> Chosen:
    """Choose at most `missing` candidates.

    Args:
        rows: distinct rows of the table.
        scores: of each.
        ties: what orders equal scores; empty: their places.
        good: one flag for each candidate: whether it is of the kind asked for; empty: all are.
        bounds: what else the list may hold.
        passed: rows that are in the list or were passed over.
        held: rows that are in the list, which count for the caps.
        groups: products that are in the list.
        missing: how many places are empty.
        collapse: whether one variant stands for its product.
    """
    heap = np.arange(len(rows)).astype(np.int32)
    size = len(heap)
    for place in range(size // 2 - 1, -1, -1):
        sift(heap, size, place, scores, ties)
    taken, spare = np.empty(missing, np.int32), np.empty(size, np.int32)
    beyond = np.empty(size if len(bounds.most) else 0, np.int32)
    kept_rows, kept_groups = np.empty(len(held) + missing, np.int32), np.empty(len(groups) + missing, np.int32)
    kept_rows[: len(held)], kept_groups[: len(groups)] = held, groups
    found, spares, over, first = 0, 0, 0, -1
    while size and found < missing:
        place = heap[0]
        size -= 1
        heap[0] = heap[size]
        sift(heap, size, 0, scores, ties)
        row = rows[place]
        if not bounds.available[row] or (len(good) and not good[place]) or within(bounds.blocked, row):
            continue
        first = place if first < 0 else first
        if full(bounds, row, kept_rows[: len(held) + found]):
            beyond[over] = place
            over += 1
            continue
        if holds(passed, row):
            continue
        group = bounds.groups[row]
        if collapse and group >= 0 and holds(kept_groups[: len(groups) + found], group):
            spare[spares] = place
            spares += 1
            continue
        taken[found], kept_rows[len(held) + found], kept_groups[len(groups) + found] = place, row, group
        found += 1
    return Chosen(taken[:found], spare[:spares], beyond[:over], first)


@compiled
def fittest(rows: IntArray, fit: FloatArray, least: float, good: Flags, bounds: Bounds, most: int) -> IntArray:
    """Places of the rows that fit best and may be shown, the best first; of equal ones the earlier.

    Args:
        rows: of the table.
        fit: of each; below 0 is as good as 0.
        least: from where a row fits at all.
        good: one flag for each of the rows; empty: all are set.
        bounds: which rows may be shown.
        most: how many are wanted; few.
    """
    kept, count = np.empty(most + 1, np.int32), 0
    for place in range(len(rows)):
        value = max(fit[place], np.float32(0))
        if fit[place] < least or (count == most and value <= max(fit[kept[count - 1]], np.float32(0))):
            continue
        if not bounds.available[rows[place]] or (len(good) and not good[place]) or within(bounds.blocked, rows[place]):
            continue
        at = count
        while at > 0 and max(fit[kept[at - 1]], np.float32(0)) < value:
            kept[at] = kept[at - 1]
            at -= 1
        kept[at] = place
        count = min(count + 1, most)
    return kept[:count]
