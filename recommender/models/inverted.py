"""An index for very many items: inverted lists (IVF), of which a query looks into the few that lie nearest.

Vectors are kept in 16 bits, half of what the exact index needs. How many lists are looked into is settled when the
index is built, by asking it for what the exact index finds.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray, spread
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

NEAREST = 100
"""Items by which recall is measured."""
WANTED = 0.995
"""Recall for which as many lists as needed are looked into."""
ASKED = 200
"""Queries by which it is measured."""
FIRST_PROBES = 8
POINTS = 40
"""Vectors that each list's centre is learned from."""
ROUNDS = 10
"""Rounds of k-means."""
SLACK = 1e-5
"""Items whose scores differ by less are equally near: which of them is found says nothing."""


@dataclass(frozen=True, eq=False)
class InvertedIndex:
    """Inverted lists over 16-bit vectors; items without a vector are not in it."""

    index: Any
    metric: Metric
    size: int
    """Items in all, with those without a vector."""
    recall: float

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Index `vectors`, one a row, and look into as many lists as it takes to find what is nearest."""
        known = np.flatnonzero(np.any(vectors, axis=1)).astype(np.int32)
        index = _filled(vectors, known, metric)
        queries = _queries(vectors, known, metric)
        lowest = _lowest(vectors, queries, metric)
        index.nprobe = min(FIRST_PROBES, index.nlist)
        while True:
            recall = _recall(index, vectors, queries, lowest, metric)
            if recall >= WANTED or index.nprobe >= index.nlist:
                return cls(index, metric, len(vectors), recall)
            index.nprobe = min(2 * index.nprobe, index.nlist)

    def __len__(self) -> int:
        return self.size

    @property
    def share(self) -> float:
        """Of all lists how many a query looks into."""
        return float(self.index.nprobe / self.index.nlist)

    def search(self, vectors: FloatArray, k: int, among: Flags | None = None) -> tuple[IntArray, FloatArray]:
        """See :meth:`recommender.models.index.ItemIndex.search`."""
        import faiss

        asked = None
        k = min(k, int(self.index.ntotal))
        if among is not None:
            allowed = int(np.count_nonzero(among))
            # So many more lists that as many items are compared as without the flags.
            probes = min(self.index.nprobe * len(among) // max(allowed, 1), self.index.nlist)
            k, asked = min(k, allowed), searching(faiss.SearchParametersIVF, among, nprobe=probes)
        return asked_for(self.index, prepared(vectors, self.metric), k, asked)

    def save(self, folder: Path) -> None:
        """See :meth:`recommender.models.index.ItemIndex.save`."""
        write_faiss(folder, self.index)
        describe(folder, "inverted", self.metric, size=self.size, recall=self.recall)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        found = described(folder)
        try:
            return cls(read_faiss(folder), found["metric"], int(found["size"]), float(found["recall"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"index.json in {folder} cannot be read: {error}") from None


def _filled(vectors: FloatArray, known: IntArray, metric: Metric) -> Any:
    import faiss

    dimensions, lists = int(vectors.shape[1]), max(1, int(2 * np.sqrt(len(known))))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimensions),
        dimensions,
        lists,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    index.cp.niter, index.cp.spherical = ROUNDS, metric is Metric.COSINE
    index.cp.min_points_per_centroid = 1
    index.train(prepared(vectors[spread(known, POINTS * lists)], metric))
    for begin in range(0, len(known), 100_000):
        part = known[begin : begin + 100_000]
        index.add_with_ids(prepared(vectors[part], metric), part)
    return index


def _queries(vectors: FloatArray, known: IntArray, metric: Metric) -> FloatArray:
    """What will be asked: for cosine items themselves, for inner products people, who are sums of a few items."""
    own = prepared(vectors[spread(known, ASKED)], metric)
    if metric is Metric.COSINE:
        return own
    others = np.random.default_rng(len(known)).integers(0, len(own), (len(own), 4))
    found: FloatArray = own + own[others].sum(axis=1)
    return found


def _lowest(vectors: FloatArray, queries: FloatArray, metric: Metric) -> FloatArray:
    """Score of the last of the nearest items of each query."""
    best = np.full((len(queries), NEAREST), -np.inf, np.float32)
    for begin in range(0, len(vectors), 50_000):
        scores = queries @ prepared(vectors[begin : begin + 50_000], metric).T
        best = -np.partition(-np.hstack([best, scores]), NEAREST - 1, axis=1)[:, :NEAREST]
    lowest: FloatArray = best.min(axis=1)
    return lowest


def _recall(index: Any, vectors: FloatArray, queries: FloatArray, lowest: FloatArray, metric: Metric) -> float:
    _, rows = index.search(queries, NEAREST)
    hits = 0
    for query, found, least in zip(queries, rows, lowest, strict=True):
        there = prepared(vectors[found[found >= 0]], metric)
        hits += int(np.count_nonzero(there @ query >= least - SLACK * max(1.0, abs(float(least)))))
    return round(hits / (NEAREST * len(queries)), 4)
