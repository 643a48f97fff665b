"""The strongest inner products of every item with every other: exact block by block, by inverted lists when many."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from recommender.models.arrays import FloatArray, IntArray
from recommender.models.blocks import BLOCKS, Blocks
from recommender.models.index import Metric
from recommender.models.inverted import Taken, fill, told

EXACT = 60_000
"""Items up to which each is compared with every other."""
PROBED = 32
"""Inverted lists that are searched, of about four square roots of the items."""
AT_ONCE = 10_000
"""Items whose nearest are looked up in one go."""


def strongest(
    left: FloatArray, right: FloatArray, size: int, blocks: Blocks = BLOCKS
) -> Iterator[tuple[int, IntArray, FloatArray]]:
    """For consecutive blocks of items: the first item, and rows and products of the best others; -1 fills the rest.

    Args:
        left: items by dimensions.
        right: likewise; the product of item i with item j is `left[i] @ right[j]`.
        size: others to keep for each item.
        blocks: how many products are held at once.
    """
    size = min(size, max(len(left) - 1, 0))
    if len(left) > EXACT:
        yield from _nearly(left, right, size)
    else:
        yield from _exactly(left, right, size, max(1, blocks.products // max(len(right), 1)))


def _exactly(left: FloatArray, right: FloatArray, size: int, height: int) -> Iterator[tuple[int, IntArray, FloatArray]]:
    for begin in range(0, len(left), height):
        products = left[begin : begin + height] @ right.T
        own = np.arange(len(products))
        products[own, begin + own] = -np.inf
        best = np.argpartition(-products, max(size - 1, 0), axis=1)[:, :size].astype(np.int32)
        yield begin, best, np.take_along_axis(products, best.astype(np.int64), axis=1)


def _nearly(left: FloatArray, right: FloatArray, size: int) -> Iterator[tuple[int, IntArray, FloatArray]]:
    index = inverted(len(right), told(right), right.__getitem__)
    for begin in range(0, len(left), AT_ONCE):
        block = left[begin : begin + AT_ONCE]
        found = np.full((len(block), size + 1), -1, np.int32)
        scores = np.zeros((len(block), size + 1), np.float32)
        asked = np.flatnonzero(np.any(block, axis=1))
        if len(asked):
            scores[asked], found[asked] = index.search(block[asked], size + 1)
        found[found == begin + np.arange(len(block))[:, None]] = -1
        yield begin, found, scores


def inverted(items: int, known: IntArray, taken: Taken) -> Any:
    """An index of inverted lists by inner product; for many vectors only.

    Args:
        items: of how many the number of lists follows.
        known: rows of those that are to be found.
        taken: their vectors, some at a time: nobody has to hold all of them in this form.
    """
    import faiss

    dimensions = int(taken(known[:1]).shape[1])
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(dimensions), dimensions, int(4 * np.sqrt(items)), faiss.METRIC_INNER_PRODUCT
    )
    fill(index, known, taken, Metric.COSINE)  # products are compared, but lists are of directions
    index.nprobe = PROBED
    return index
