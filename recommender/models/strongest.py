"""The strongest inner products of every item with every other: exact block by block, by inverted lists when many."""

from collections.abc import Iterator

import numpy as np

from recommender.models.arrays import FloatArray, IntArray

EXACT = 60_000
"""Items up to which each is compared with every other."""
BLOCK_CELLS = 32_000_000
"""Products held at once."""
PROBED = 32
"""Inverted lists that are searched, of about four square roots of the items."""


def strongest(left: FloatArray, right: FloatArray, size: int) -> Iterator[tuple[int, IntArray, FloatArray]]:
    """For consecutive blocks of items: the first item, and rows and products of the best others; -1 fills the rest.

    Args:
        left: items by dimensions.
        right: likewise; the product of item i with item j is `left[i] @ right[j]`.
        size: others to keep for each item.
    """
    find = _exactly if len(left) <= EXACT else _nearly
    yield from find(left, right, min(size, max(len(left) - 1, 0)))


def _exactly(left: FloatArray, right: FloatArray, size: int) -> Iterator[tuple[int, IntArray, FloatArray]]:
    height = max(1, BLOCK_CELLS // max(len(right), 1))
    for begin in range(0, len(left), height):
        products = left[begin : begin + height] @ right.T
        own = np.arange(len(products))
        products[own, begin + own] = -np.inf
        best = np.argpartition(-products, max(size - 1, 0), axis=1)[:, :size].astype(np.int32)
        yield begin, best, np.take_along_axis(products, best.astype(np.int64), axis=1)


def _nearly(left: FloatArray, right: FloatArray, size: int) -> Iterator[tuple[int, IntArray, FloatArray]]:
    import faiss

    lists = int(4 * np.sqrt(len(right)))
    quantizer = faiss.IndexFlatIP(right.shape[1])
    index = faiss.IndexIVFFlat(quantizer, right.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    known = np.flatnonzero(np.any(right, axis=1))
    drawn = known[np.linspace(0, len(known) - 1, min(len(known), 40 * lists)).astype(np.int64)]
    index.train(right[drawn])
    index.add(right)
    index.nprobe = PROBED
    for begin in range(0, len(left), 10_000):
        block = left[begin : begin + 10_000]
        scores, rows = index.search(block, size + 1)
        own = rows == begin + np.arange(len(block))[:, None]
        rows[own | (rows < 0)] = -1
        yield begin, rows.astype(np.int32), scores.astype(np.float32)
