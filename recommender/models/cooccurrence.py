"""Counting items together: baskets of items, and the best pairs among them, block by block.

A basket is whatever puts items side by side: a session, a person or an order.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray, LongArray
from recommender.models.neighbours import Neighbours

if TYPE_CHECKING:
    from scipy.sparse import csr_array

BLOCK_CELLS = 4_000_000
"""Pairs that are held at once; bounds memory whatever the number of items."""

Doubles = NDArray[np.float64]
Score = Callable[[int, IntArray, Doubles, IntArray], Doubles]
"""(row, other rows, weighted count together, baskets together) -> scores."""


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


def top_pairs(baskets: Baskets, strength: Doubles, *, score: Score, k: int, min_support: int) -> list[Neighbours]:
    """For each item its `k` best neighbours by `score`, best first, ties by row.

    Args:
        baskets: what holds items together.
        strength: what each basket adds to the weighted count of its pairs.
        score: turns counts into scores; pairs with a score of 0 or less are dropped.
        k: neighbours to keep.
        min_support: baskets that must hold a pair.
    """
    return [
        _best(row, others, together, counts, score=score, k=k, min_support=min_support)
        for row, others, together, counts in _pairs(baskets, strength)
    ]


def _pairs(baskets: Baskets, strength: Doubles) -> Iterator[tuple[int, IntArray, Doubles, IntArray]]:
    from scipy.sparse import csr_array

    shape = (len(baskets.weights), baskets.items)
    ones = np.ones(len(baskets.item_rows), np.float64)
    # A complex number carries both sums through one product: the weighted count and the plain one.
    left = csr_array((strength[baskets.basket_rows] + 1j, (baskets.basket_rows, baskets.item_rows)), shape=shape)
    right = csr_array((ones, (baskets.basket_rows, baskets.item_rows)), shape=shape)
    transposed = left.T.tocsr()
    for begin, end in _blocks(transposed, baskets):
        product = (transposed[begin:end] @ right).tocsr()
        product.sort_indices()
        for place in range(end - begin):
            part = slice(product.indptr[place], product.indptr[place + 1])
            values = product.data[part]
            others, counts = product.indices[part].astype(np.int32), np.rint(values.imag).astype(np.int32)
            yield begin + place, others, values.real, counts


def _blocks(transposed: "csr_array[Any]", baskets: Baskets) -> Iterator[tuple[int, int]]:
    """Ranges of rows whose products stay below BLOCK_CELLS cells."""
    sizes = baskets.sizes()
    reach = np.minimum(
        np.add.reduceat(np.append(sizes[transposed.indices], 0), transposed.indptr[:-1])
        * (np.diff(transposed.indptr) > 0),
        baskets.items,
    )
    begin, cells = 0, 0
    for row, width in enumerate(reach.tolist()):
        if cells and cells + width > BLOCK_CELLS:
            yield begin, row
            begin, cells = row, 0
        cells += width
    if begin < len(reach):
        yield begin, len(reach)


def _best(
    row: int, others: IntArray, together: Doubles, counts: IntArray, *, score: Score, k: int, min_support: int
) -> Neighbours:
    kept = (others != row) & (counts >= min_support)
    others, together, counts = others[kept], together[kept], counts[kept]
    scores = score(row, others, together, counts).astype(np.float32)
    least = np.partition(scores, -k)[-k] if len(scores) > k else 0.0
    good = np.flatnonzero((scores > 0) & (scores >= least))
    best = good[np.lexsort((others[good], -scores[good]))[:k]]
    return Neighbours(others[best], scores[best], counts[best])
