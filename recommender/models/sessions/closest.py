"""What the encoder proposes after each item alone: the items of the highest logits."""

from collections.abc import Callable

import numpy as np

from recommender.models.arrays import FloatArray, IntArray, LongArray
from recommender.models.strongest import EXACT, inverted

LIKELIEST = 1000
"""Of many items those of the highest bias are compared with every item all the same: they stand in lists far away."""
PROBED = 128
"""Inverted lists that are searched. At 64,000 items of a synthetic shop .986 of the 50 closest are found, .995 of the
first ten; without the likeliest by themselves it were .86 and .92."""
AT_ONCE = 10_000
"""Items whose closest are looked up in one go."""

Find = Callable[[FloatArray, int], LongArray]
"""(queries, how many) -> places of the highest inner products, best first; -1 where there are no more."""


def closest(vectors: FloatArray, bias: FloatArray, sharpness: float, size: int) -> IntArray:
    """Items by their `size` closest others, the closest first; -1 where there is no more, as for items never met.

    Args:
        vectors: items by dimensions, of length 1; zero where an item was never met.
        bias: how likely each item is after any other.
        sharpness: what a cosine counts beside the bias.
        size: items to keep for each item.
    """
    known = np.flatnonzero(np.any(vectors, axis=1)).astype(np.int32)
    near = np.full((len(vectors), size), -1, np.int32)
    if len(known) < 2:  # nothing is close to a single item
        return near
    offers = np.column_stack([sharpness * vectors[known], bias[known]]).astype(np.float32)
    find = _exactly(offers) if len(known) <= EXACT else _nearly(offers)
    for begin in range(0, len(known), AT_ONCE):
        rows = known[begin : begin + AT_ONCE]
        places = find(
            np.column_stack([vectors[rows], np.ones(len(rows))]).astype(np.float32), min(size + 1, len(known))
        )
        found = np.where((places < 0) | (known[places] == rows[:, None]), -1, known[places])
        # What is left of each list without the item itself moves to its front; the order stays.
        others = np.take_along_axis(found, np.argsort(found < 0, axis=1, kind="stable"), axis=1)[:, :size]
        near[rows, : others.shape[1]] = others
    return near


def _exactly(offers: FloatArray) -> Find:
    import faiss

    index = faiss.IndexFlatIP(offers.shape[1])
    index.add(offers)
    return lambda asked, size: np.asarray(index.search(asked, size)[1])


def _nearly(offers: FloatArray) -> Find:
    """Of inverted lists and the likeliest items, whose bias is the last column of `offers`."""
    import faiss

    order = np.argsort(-offers[:, -1], kind="stable")
    likeliest, others = order[:LIKELIEST], order[LIKELIEST:]
    index = inverted(offers[others])
    index.nprobe = PROBED
    few = faiss.IndexFlatIP(offers.shape[1])
    few.add(offers[likeliest])

    def find(asked: FloatArray, size: int) -> LongArray:
        scores, places = index.search(asked, size)
        more, which = few.search(asked, size)
        rows = np.hstack([np.where(places < 0, -1, others[places]), np.where(which < 0, -1, likeliest[which])])
        best = np.argsort(-np.hstack([scores, more]), axis=1, kind="stable")[:, :size]
        return np.take_along_axis(rows, best, axis=1)

    return find
