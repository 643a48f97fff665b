"""How much an index finds of what is nearest, beside comparing with every item."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from recommender.models.arrays import FloatArray, IntArray, spread
from recommender.models.index import Metric, prepared

NEAREST: Final = 100
"""Items by which recall is measured."""
WANTED: Final = 0.995
"""Recall for which an index looks at as much as it takes."""
ASKED = 200
"""Queries by which it is measured."""
AT_ONCE = 50_000
"""Items that are compared in one go; bounds memory."""
SLACK = 1e-5
"""Items whose scores differ by less are equally near: which of them is found says nothing."""


@dataclass(frozen=True, eq=False)
class Exam:
    """Queries, and how near an item must be to be one of the nearest."""

    vectors: FloatArray
    metric: Metric
    queries: FloatArray
    """As they are compared."""
    lowest: FloatArray
    """Score of the last of the nearest items of each query."""

    @classmethod
    def of(cls, vectors: FloatArray, known: IntArray, metric: Metric) -> Self:
        """Ask for what lies nearest among `vectors`, of which those in the rows `known` are not zero."""
        return cls.asking(_queries(vectors, known, metric), vectors, metric)

    @classmethod
    def asking(cls, queries: FloatArray, vectors: FloatArray, metric: Metric) -> Self:
        """Ask for what lies nearest to `queries`, which are as they are compared, among `vectors`."""
        return cls(vectors, metric, queries, _lowest(vectors, queries, metric))

    def recall(self, rows: IntArray) -> float:
        """Share of the nearest items that is among `rows`: queries by what was found for each, -1 where nothing was."""
        hits = 0
        for query, found, least in zip(self.queries, rows, self.lowest, strict=True):
            there = prepared(self.vectors[found[found >= 0]], self.metric)
            near = np.count_nonzero(there @ query >= least - SLACK * max(1.0, abs(float(least))))
            hits += min(int(near), NEAREST)
        return round(hits / (NEAREST * len(self.queries)), 4)


def _queries(vectors: FloatArray, known: IntArray, metric: Metric) -> FloatArray:
    """What will be asked: for cosine items themselves, for inner products people, who are sums of a few items."""
    own = prepared(vectors[spread(known, ASKED)], metric)
    if metric is Metric.COSINE:
        return own
    others = np.random.default_rng(len(known)).integers(0, len(own), (len(own), 4))
    found: FloatArray = own + own[others].sum(axis=1)
    return found


def _lowest(vectors: FloatArray, queries: FloatArray, metric: Metric) -> FloatArray:
    best = np.full((len(queries), NEAREST), -np.inf, np.float32)
    for begin in range(0, len(vectors), AT_ONCE):
        scores = queries @ prepared(vectors[begin : begin + AT_ONCE], metric).T
        best = -np.partition(-np.hstack([best, scores]), NEAREST - 1, axis=1)[:, :NEAREST]
    lowest: FloatArray = best.min(axis=1)
    return lowest
