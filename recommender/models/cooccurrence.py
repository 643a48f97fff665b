"""Counting items together: baskets of items, and the best pairs among them, block by block.

A basket is whatever puts items side by side: a session, a person or an order.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray, LongArray, offsets
from recommender.models.blocks import BLOCKS
from recommender.models.compiling import compiled
from recommender.models.neighbours import Part

Doubles = NDArray[np.float64]
Score = Callable[[IntArray, IntArray, Doubles, IntArray], Doubles]
"""(rows, other rows, weighted counts together, baskets together) -> scores, one a pair."""


@dataclass(frozen=True, eq=False)
class Baskets:
    """Distinct items of each basket, and how much each basket counts."""

    basket_rows: IntArray
    item_rows: IntArray
    moments: LongArray
    """When the item was last, or first, put into the basket; unix seconds."""
    weights: FloatArray
    """One a basket."""
    items: int
    """Size of the vocabulary."""

    @classmethod
    def build(
        cls,
        basket_rows: IntArray,
        item_rows: IntArray,
        moments: LongArray,
        weights: FloatArray,
        *,
        items: int,
        first: bool = False,
    ) -> Self:
        """Gather interactions into baskets; a basket weighs as much as its heaviest interaction.

        Rows of basket -1 are left out; of an item that comes twice the latest is kept, or the `first`.
        """
        known = basket_rows >= 0
        names, baskets = np.unique(basket_rows[known], return_inverse=True)
        item, moment, weight = item_rows[known], moments[known], weights[known]
        heaviest = np.zeros(len(names), np.float32)
        np.maximum.at(heaviest, baskets, weight)
        order = np.lexsort((-moment if first else moment, item, baskets))
        baskets, item, moment = baskets[order], item[order], moment[order]
        last = np.ones(len(item), bool)
        last[:-1] = (baskets[1:] != baskets[:-1]) | (item[1:] != item[:-1])
        return cls(baskets[last].astype(np.int32), item[last], moment[last], heaviest, items)

    def sizes(self) -> IntArray:
        """Items in each basket."""
        return np.bincount(self.basket_rows, minlength=len(self.weights)).astype(np.int32)

    def item_degrees(self) -> IntArray:
        """Baskets that hold each item."""
        return np.bincount(self.item_rows, minlength=self.items).astype(np.int32)

    def latest(self, size: int) -> Self:
        """The same baskets cut to their latest `size` items."""
        sizes = self.sizes()
        if not len(sizes) or sizes.max() <= size:
            return self
        order = np.lexsort((self.item_rows, -self.moments, self.basket_rows))
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        place = np.arange(len(order)) - starts[self.basket_rows[order]]
        kept = np.sort(order[place < size])
        return type(self)(self.basket_rows[kept], self.item_rows[kept], self.moments[kept], self.weights, self.items)


def top_pairs(
    baskets: Baskets, strength: Doubles, *, score: Score, k: int, min_support: int, cells: int = BLOCKS.pairs
) -> Iterator[Part]:
    """For each item its `k` best neighbours by `score`, best first, ties by row; blocks of consecutive items.

    Args:
        baskets: what holds items together; rows by basket.
        strength: what each basket adds to the weighted count of its pairs.
        score: turns counts into scores; pairs with a score of 0 or less are dropped.
        k: neighbours to keep.
        min_support: baskets that must hold a pair.
        cells: pairs that are held at once; bounds memory whatever the number of items, and changes no result.
    """
    counting = Counting.of(baskets, strength)
    for begin, end in blocks(counting.reach, cells):
        yield counting.part(begin, end, score=score, k=k, min_support=min_support)


@dataclass(frozen=True, eq=False)
class Counting:
    """Baskets by item, ready for their pairs to be counted."""

    baskets: Baskets
    strength: Doubles
    """What each basket adds to the weighted count of its pairs."""
    holders: IntArray
    """Baskets item by item."""
    holder_starts: LongArray
    """Where the baskets of each item begin."""
    starts: LongArray
    """Where the items of each basket begin."""

    @classmethod
    def of(cls, baskets: Baskets, strength: Doubles) -> Self:
        """Put the baskets in the order of their items."""
        holders = baskets.basket_rows[np.argsort(baskets.item_rows, kind="stable")]
        return cls(baskets, strength, holders, offsets(baskets.item_degrees()), offsets(baskets.sizes()))

    @cached_property
    def reach(self) -> LongArray:
        """How many pairs each item can have at most."""
        sizes = np.append(0, np.cumsum(self.baskets.sizes()[self.holders], dtype=np.int64))
        reach = sizes[self.holder_starts[1:]] - sizes[self.holder_starts[:-1]]
        found: LongArray = np.minimum(reach, self.baskets.items)
        return found

    def part(self, begin: int, end: int, *, score: Score, k: int, min_support: int) -> Part:
        """The lists of the items from `begin` to `end`; see :func:`top_pairs`."""
        baskets = self.baskets
        lengths, others, together, counts = count_pairs(
            begin, end, self.holder_starts, self.holders, self.starts, baskets.item_rows, self.strength,
            min_support, baskets.items, int(self.reach[begin:end].sum()),
        )  # fmt: skip
        return best_pairs(begin, lengths, others, together, counts, score=score, k=k)


def best_pairs(
    begin: int, lengths: LongArray, others: IntArray, together: Doubles, counts: IntArray, *, score: Score, k: int
) -> Part:
    """The `k` best of counted pairs for each of the consecutive items from `begin` on."""
    rows = np.repeat(np.arange(begin, begin + len(lengths), dtype=np.int32), lengths)
    scores = score(rows, others, together, counts).astype(np.float32)
    kept, places = keep_best(offsets(lengths), scores, k)
    return kept, others[places], scores[places], counts[places]


def blocks(widths: LongArray, cells: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows that hold at most `cells` together, or are one row."""
    ends = np.cumsum(widths)
    begin = 0
    while begin < len(widths):
        done = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + cells, side="right")))
        yield begin, end
        begin = end


@compiled
def count_pairs(
    begin: int,
    end: int,
    holder_starts: LongArray,
    holders: IntArray,
    starts: LongArray,
    item_rows: IntArray,
    strength: Doubles,
    min_support: int,
    items: int,
    most: int,
) -> tuple[LongArray, IntArray, Doubles, IntArray]:
    """Pairs of the items from `begin` to `end`, row after row in rising order of the other: how many, which, counts.

    Args:
        begin: first item.
        end: behind the last one.
        holder_starts: where the baskets of each item begin.
        holders: baskets item by item.
        starts: where the items of each basket begin.
        item_rows: items basket by basket.
        strength: what each basket adds.
        min_support: baskets that must hold a pair.
        items: size of the vocabulary.
        most: pairs at most.
    """
    sums, counts, met = np.zeros(items, np.float64), np.zeros(items, np.int32), np.empty(items, np.int32)
    lengths = np.zeros(end - begin, np.int64)
    others, together, support = np.empty(most, np.int32), np.empty(most, np.float64), np.empty(most, np.int32)
    size = 0
    for row in range(begin, end):
        found = 0
        for place in range(holder_starts[row], holder_starts[row + 1]):
            basket = holders[place]
            for cell in range(starts[basket], starts[basket + 1]):
                other = item_rows[cell]
                if counts[other] == 0:
                    met[found] = other
                    found += 1
                counts[other] += 1
                sums[other] += strength[basket]
        first = size
        for other in np.sort(met[:found]):
            if other != row and counts[other] >= min_support:
                others[size], together[size], support[size] = other, sums[other], counts[other]
                size += 1
            counts[other], sums[other] = 0, 0.0
        lengths[row - begin] = size - first
    return lengths, others[:size], together[:size], support[:size]


@compiled
def keep_best(starts: LongArray, scores: FloatArray, k: int) -> tuple[IntArray, LongArray]:
    """How many of each row's scores are above 0 and among its `k` highest, and their places, the highest first."""
    rows = len(starts) - 1
    lengths, places = np.zeros(rows, np.int32), np.empty(len(scores), np.int64)
    size = 0
    for row in range(rows):
        part = scores[starts[row] : starts[row + 1]]
        least = np.partition(part, len(part) - k)[len(part) - k] if len(part) > k else np.float32(0)
        good = np.flatnonzero((part > 0) & (part >= least))
        best = good[np.argsort(-part[good], kind="mergesort")][:k]
        places[size : size + len(best)] = starts[row] + best
        size += len(best)
        lengths[row] = len(best)
    return lengths, places[:size]
