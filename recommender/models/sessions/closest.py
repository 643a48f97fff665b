"""What the encoder proposes after each item alone: the items of the highest logits."""

from collections.abc import Callable
from typing import Any

import numpy as np

from recommender.models.arrays import FloatArray, IntArray, LongArray
from recommender.models.inverted import Taken
from recommender.models.strongest import EXACT, inverted

LIKELIEST = 1000
"""Of many items those of the highest bias are compared with every item all the same: they stand in lists far away."""
PROBED = 128
"""Inverted lists that are searched. At 64,000 items of a synthetic shop .986 of the 50 closest are found, .995 of the
first ten; without the likeliest by themselves it were .86 and .92."""
AT_ONCE = 10_000
"""Items whose closest are looked up in one go."""

Find = Callable[[FloatArray, int], LongArray]
"""(queries, how many) -> rows of the highest inner products, best first; -1 where there are no more."""


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

    def offers(rows: IntArray) -> FloatArray:
        return np.column_stack([sharpness * vectors[rows], bias[rows]]).astype(np.float32)

    order = np.argsort(-bias[known], kind="stable")
    find = _exactly(known, offers) if len(known) <= EXACT else _nearly(known[order], offers)
    for begin in range(0, len(known), AT_ONCE):
        rows = known[begin : begin + AT_ONCE]
        asked = np.column_stack([vectors[rows], np.ones(len(rows))]).astype(np.float32)
        found = find(asked, min(size + 1, len(known)))
        found = np.where(found == rows[:, None], -1, found)
        # What is left of each list without the item itself moves to its front; the order stays.
        others = np.take_along_axis(found, np.argsort(found < 0, axis=1, kind="stable"), axis=1)[:, :size]
        near[rows, : others.shape[1]] = others
    return near


def _exactly(known: IntArray, offers: Taken) -> Find:
    places = _all(known, offers)
    return lambda asked, size: _rows(known, places.search(asked, size)[1])


def _nearly(known: IntArray, offers: Taken) -> Find:
    """Of inverted lists and the likeliest items, with which `known` begins."""
    likeliest, others = known[:LIKELIEST], known[LIKELIEST:]
    index, few = inverted(len(others), others, offers), _all(likeliest, offers)
    index.nprobe = PROBED

    def find(asked: FloatArray, size: int) -> LongArray:
        scores, rows = index.search(asked, size)
        more, places = few.search(asked, size)
        best = np.argsort(-np.hstack([scores, more]), axis=1, kind="stable")[:, :size]
        return np.take_along_axis(np.hstack([rows, _rows(likeliest, places)]), best, axis=1)

    return find


def _all(known: IntArray, offers: Taken) -> Any:
    """An index that compares with all of them, which it knows by their places."""
    import faiss

    vectors = offers(known)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def _rows(known: IntArray, places: LongArray) -> LongArray:
    return np.where(places < 0, -1, known[places])
