"""An index for very many items: inverted lists (IVF), of which a query looks into the few that lie nearest.

Vectors are kept in 16 bits, half of what the exact index needs. How many lists are looked into is settled when the
index is built, by asking it for what the exact index finds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray, load_array, save_arrays, spread
from recommender.models.index import (
    Flags,
    Metric,
    asked_for,
    describe,
    described,
    prepared,
    read_faiss,
    searching,
    write_faiss,
)
from recommender.models.recall import NEAREST, WANTED, Exam

FIRST_PROBES = 8
RARE = 16
"""Where at most one of so many items may be found, it is worth finding out which lists hold any."""
ELSEWHERE = 2
"""How many times as many items are compared then: a query may lie far from all that it may find."""
POINTS = 40
"""Vectors that each list's centre is learned from."""
ROUNDS = 10
"""Rounds of k-means; they take most of the time, and lists need no settled centres."""
AT_ONCE = 100_000
"""Items that are put into lists in one go; bounds memory."""
Taken = Callable[[IntArray], FloatArray]
"""Makes the vectors of some rows, as an index takes them."""


@dataclass(frozen=True, eq=False)
class InvertedIndex:
    """Inverted lists over 16-bit vectors; items without a vector are not in it."""

    index: Any
    metric: Metric
    size: int
    """Items in all, with those without a vector."""
    recall: float
    lists: IntArray | None = None
    """In which list each item stands; None in indexes that were built before this was kept."""

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Index `vectors`, one a row, and look into as many lists as it takes to find what is nearest."""
        known = told(vectors)
        index = _filled(vectors, known, metric)
        exam = Exam.of(vectors, known, metric)
        index.nprobe = min(FIRST_PROBES, index.nlist)
        while True:
            recall = exam.recall(index.search(exam.queries, NEAREST)[1])
            if recall >= WANTED or index.nprobe >= index.nlist:
                return cls(index, metric, len(vectors), recall, placed(index, len(vectors)))
            index.nprobe = min(2 * index.nprobe, index.nlist)

    def __len__(self) -> int:
        return self.size

    @property
    def share(self) -> float:
        """Of all lists how many a query looks into."""
        return float(self.index.nprobe / self.index.nlist)

    def search(self, vectors: FloatArray, k: int, among: Flags | None = None) -> tuple[IntArray, FloatArray]:
        """See :meth:`recommender.models.index.ItemIndex.search`."""
        return looked_up(self.index, prepared(vectors, self.metric), k, among, self.lists)

    def save(self, folder: Path) -> None:
        """See :meth:`recommender.models.index.ItemIndex.save`."""
        write_faiss(folder, self.index)
        keep(folder, self.lists)
        describe(folder, "inverted", self.metric, size=self.size, recall=self.recall)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        found = described(folder)
        try:
            return cls(read_faiss(folder), found["metric"], int(found["size"]), float(found["recall"]), kept(folder))
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"index.json in {folder} cannot be read: {error}") from None


def told(vectors: FloatArray) -> IntArray:
    """Rows of the items that have a vector."""
    return np.flatnonzero(np.any(vectors, axis=1)).astype(np.int32)


def lists(items: int) -> int:
    """Into how many lists so many items are put."""
    return max(1, int(2 * np.sqrt(items)))


def fill(index: Any, known: IntArray, taken: Taken, metric: Metric, least: int = 1) -> None:
    """Learn an empty index of lists from some of the items, and put all of them in, some at a time.

    Args:
        index: of FAISS.
        known: rows of the items.
        taken: their vectors, some at a time.
        metric: what near means.
        least: vectors that the index must learn from; where there are fewer, they are told again.
    """
    index.cp.niter, index.cp.spherical = ROUNDS, metric is Metric.COSINE
    index.cp.min_points_per_centroid = 1
    some = spread(known, POINTS * index.nlist)
    index.train(taken(np.resize(some, max(len(some), least))))
    for begin in range(0, len(known), AT_ONCE):
        part = known[begin : begin + AT_ONCE]
        index.add_with_ids(taken(part), part)


def placed(index: Any, items: int) -> IntArray:
    """In which of the lists of an index of FAISS each of the items stands; -1: in none."""
    import faiss

    lists = np.full(items, -1, np.int32)
    for place in range(index.nlist):
        if size := index.invlists.list_size(place):
            lists[faiss.rev_swig_ptr(index.invlists.get_ids(place), size)] = place
    return lists


def keep(folder: Path, lists: IntArray | None) -> None:
    """Write what :func:`placed` told below `folder`."""
    if lists is not None:
        save_arrays(folder, lists=lists)


def kept(folder: Path) -> IntArray | None:
    """Open what :func:`keep` wrote."""
    return load_array(folder, "lists") if (folder / "lists.npy").exists() else None


def looked_up(
    index: Any, queries: FloatArray, k: int, among: Flags | None, lists: IntArray | None = None
) -> tuple[IntArray, FloatArray]:
    """Rows and scores of the `k` nearest items of `among` in inverted lists of FAISS.

    Args:
        index: of FAISS.
        queries: as the index takes them.
        k: how many.
        among: one flag for each item that may be found; None: all.
        lists: see :func:`placed`; of few items only the lists that hold any of them are then looked into.
    """
    k = min(k, int(index.ntotal))
    if among is None:
        return asked_for(index, queries, k, None)
    allowed = int(np.count_nonzero(among))
    return asked_for(index, queries, min(k, allowed), _narrowed(index, among, allowed, lists))


def _narrowed(index: Any, among: Flags, allowed: int, lists: IntArray | None) -> Any:
    """Parameters of a search that looks into so many more lists that as many items are compared as without flags."""
    import faiss

    if lists is None or RARE * allowed > len(among):
        probes = min(index.nprobe * len(among) // max(allowed, 1), index.nlist)
        return searching(faiss.SearchParametersIVF, among, nprobe=probes)
    holding = np.zeros(index.nlist + 1, np.bool_)
    holding[lists[np.flatnonzero(among)]] = True  # several times as fast as by flags
    holding = holding[:-1]  # the last one was for items in no list
    held = int(np.count_nonzero(holding))
    probes = ELSEWHERE * index.nprobe * index.ntotal * held // (index.nlist * max(allowed, 1))
    only = searching(faiss.SearchParameters, holding)
    return searching(faiss.SearchParametersIVF, among, nprobe=max(1, min(probes, held)), quantizer_params=only)


def _filled(vectors: FloatArray, known: IntArray, metric: Metric) -> Any:
    import faiss

    dimensions = int(vectors.shape[1])
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimensions),
        dimensions,
        lists(len(known)),
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    fill(index, known, partial(_taken, vectors, metric), metric)
    return index


def _taken(vectors: FloatArray, metric: Metric, rows: IntArray) -> FloatArray:
    return prepared(vectors[rows], metric)
