"""What the lists of a large shop are looked up in: codes of 4 bits, and the vectors of the items that these put first.

A code says of every two dimensions of a vector which of 16 usual pairs they are like. Codes are compared in registers
(André, Kermarrec and Le Scouarnec, "Cache locality is not enough", 2015), several times as fast as vectors; of the best
the vectors decide. Where what is near stands together, only the codes of the nearest lists are compared. It is made for
very many queries at once, and never saved.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recommender.models.arrays import FloatArray, IntArray, spread
from recommender.models.index import Metric, asked_for, prepared
from recommender.models.inverted import AT_ONCE, fill, lists, told
from recommender.models.quantised import TIMES, settled, times_wanted, widened
from recommender.models.recall import NEAREST, WANTED, Exam

CODED_ITEMS = 100_000
"""Items from which it is faster than comparing vectors, were they as short as those of factors."""
BITS = 4
"""Of the code of a part: as many as registers compare."""
PART = 2
"""Dimensions of a part."""
SHARE = 0.2
"""Of the lists, those beyond which it is faster to compare all codes."""
LEARNED = 20_000
"""Vectors from which the usual parts are learned."""


@dataclass(frozen=True, eq=False)
class CodedIndex:
    """Codes of the items that have a vector, and these vectors."""

    index: Any
    """Codes, and the vectors by which their best are compared; of FAISS."""
    metric: Metric
    vectors: FloatArray
    """As they are compared; the index reads them here."""
    known: IntArray
    """Which items they are of."""
    recall: float

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Code `vectors`, one a row, and look at as many codes and vectors as it takes to find what is nearest."""
        import faiss

        known = told(vectors)
        own = widened(prepared(vectors[known], metric), -(-vectors.shape[1] // PART) * PART)
        rows = np.arange(len(own), dtype=np.int32)
        exam = Exam.of(own, rows, metric)
        codes = _in_lists(own, rows, metric)
        times = settled(codes, exam, max(1, int(SHARE * codes.nlist)))
        if (recall := _recall(codes, exam, times)) < WANTED:
            codes = _in_a_row(own, rows)
            times = times_wanted(codes.search(exam.queries, NEAREST * TIMES[-1])[1], exam)
            recall = _recall(codes, exam, times)
        index = faiss.IndexRefineFlat(codes, faiss.swig_ptr(own))
        index.k_factor = times
        return cls(index, metric, own, known, recall)

    @property
    def enough(self) -> bool:
        """Whether it finds as much as is wanted of every index."""
        return self.recall >= WANTED

    def search(self, vectors: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """Rows and scores, best first, of the `k` best items; see :meth:`recommender.models.index.ItemIndex.search`."""
        queries = widened(prepared(vectors, self.metric), self.index.d)
        rows, scores = asked_for(self.index, queries, min(k, len(self.known)), None)
        return np.where(rows >= 0, self.known[rows], -1), scores


def _in_lists(own: FloatArray, rows: IntArray, metric: Metric) -> Any:
    import faiss

    width = own.shape[1]
    codes = faiss.IndexIVFPQFastScan(
        faiss.IndexFlatIP(width), width, lists(len(own)), width // PART, BITS, faiss.METRIC_INNER_PRODUCT
    )
    codes.by_residual = False  # what is compared is then the same in all lists
    codes.pq.cp.min_points_per_centroid = 1
    fill(codes, rows, own.__getitem__, metric, least=1 << BITS)
    return codes


def _in_a_row(own: FloatArray, rows: IntArray) -> Any:
    import faiss

    width = own.shape[1]
    codes = faiss.IndexPQFastScan(width, width // PART, BITS, faiss.METRIC_INNER_PRODUCT)
    codes.pq.cp.min_points_per_centroid = 1
    some = spread(rows, LEARNED)
    codes.train(own[np.resize(some, max(len(some), 1 << BITS))])
    for begin in range(0, len(own), AT_ONCE):
        codes.add(own[begin : begin + AT_ONCE])
    return codes


def _recall(codes: Any, exam: Exam, times: int) -> float:
    return exam.recall(codes.search(exam.queries, NEAREST * times)[1])
