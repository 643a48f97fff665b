"""The strongest inner products of every item with every other: exact block by block, by inverted lists when many."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from recommender.models.arrays import FloatArray, IntArray, spread
from recommender.models.blocks import BLOCKS, Blocks

EXACT = 60_000
"""Items up to which each is compared with every other."""
PROBED = 32
"""Inverted lists that are searched, of about four square roots of the items."""
POINTS = 40
"""Vectors that each list's centre is learned from."""
ROUNDS = 10
"""Rounds of k-means; they take most of the time, and lists need no settled centres."""
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
    index = inverted(right)
    for begin in range(0, len(left), AT_ONCE):
        block = left[begin : begin + AT_ONCE]
        found = np.full((len(block), size + 1), -1, np.int32)
        scores = np.zeros((len(block), size + 1), np.float32)
        asked = np.flatnonzero(np.any(block, axis=1))
        if len(asked):
            scores[asked], found[asked] = index.search(block[asked], size + 1)
        found[found == begin + np.arange(len(block))[:, None]] = -1
        yield begin, found, scores


def inverted(vectors: FloatArray) -> Any:
    """An index of inverted lists over `vectors`, by inner product; for many vectors only."""
    import faiss

    lists = int(4 * np.sqrt(len(vectors)))
    quantizer = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFFlat(quantizer, vectors.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    known = np.flatnonzero(np.any(vectors, axis=1))
    index.cp.niter = ROUNDS
    index.train(vectors[spread(known, POINTS * lists)])
    index.add(vectors)
    index.nprobe = PROBED
    return index
