"""What the lists of a large shop are looked up in: codes of 4 bits, and the vectors of the items that these put first.

A code says of every two dimensions of a vector which of 16 usual pairs they are like. Codes are compared in registers
(André, Kermarrec and Le Scouarnec, "Cache locality is not enough", 2015), several times as fast as vectors; of the best
the vectors decide. Where what is near stands together, only the codes of the nearest lists are compared. It is made for
very many queries at once, and never saved.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray, spread
from recommender.models.index import Metric, asked_for, prepared
from recommender.models.inverted import AT_ONCE, Taken, fill, lists, told
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
MORE_TIMES = (*TIMES, 12, 16, 24, 32)
"""How many times as many items may be compared again where all codes were, which costs more."""
LEARNED = 20_000
"""Vectors from which the usual parts are learned."""


@dataclass(frozen=True, eq=False)
class CodedIndex:
    """Codes of the items that have a vector, and these vectors in 16 bits."""

    index: Any
    """Codes, and the vectors by which their best are compared; of FAISS."""
    metric: Metric
    known: IntArray
    """Which items they are of."""
    recall: float

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Code `vectors`, one a row, and look at as many codes and vectors as it takes to find what is nearest."""
        known = told(vectors)
        width = -(-vectors.shape[1] // PART) * PART
        exam = Exam.of(vectors, known, metric)

        def taken(rows: IntArray) -> FloatArray:
            return widened(prepared(vectors[known[rows]], metric), width)

        def found(times: int) -> IntArray:
            return _named(codes.search(widened(exam.queries, width), NEAREST * times)[1], known)

        codes = _in_lists(len(known), width, taken, metric)
        times = settled(found, codes, exam, max(1, int(SHARE * codes.nlist)))
        if (recall := exam.recall(found(times))) < WANTED:
            codes = _in_a_row(len(known), width, taken)
            times = times_wanted(found(MORE_TIMES[-1]), exam, MORE_TIMES)
            recall = exam.recall(found(times))
        return cls(_refined(codes, len(known), taken, times), metric, known, recall)

    @property
    def enough(self) -> bool:
        """Whether it finds as much as is wanted of every index."""
        return self.recall >= WANTED

    def search(self, vectors: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """Rows and scores, best first, of the `k` best items; see :meth:`recommender.models.index.ItemIndex.search`."""
        queries = widened(prepared(vectors, self.metric), self.index.d)
        rows, scores = asked_for(self.index, queries, min(k, len(self.known)), None)
        return _named(rows, self.known), scores


def _in_lists(items: int, width: int, taken: Taken, metric: Metric) -> Any:
    import faiss

    codes = faiss.IndexIVFPQFastScan(
        faiss.IndexFlatIP(width), width, lists(items), width // PART, BITS, faiss.METRIC_INNER_PRODUCT
    )
    codes.by_residual = False  # what is compared is then the same in all lists
    codes.pq.cp.min_points_per_centroid = 1
    fill(codes, np.arange(items, dtype=np.int32), taken, metric, least=1 << BITS)
    return codes


def _in_a_row(items: int, width: int, taken: Taken) -> Any:
    import faiss

    codes = faiss.IndexPQFastScan(width, width // PART, BITS, faiss.METRIC_INNER_PRODUCT)
    codes.pq.cp.min_points_per_centroid = 1
    some = spread(np.arange(items, dtype=np.int32), LEARNED)
    codes.train(taken(np.resize(some, max(len(some), 1 << BITS))))
    _add(codes, items, taken)
    return codes


def _refined(codes: Any, items: int, taken: Taken, times: int) -> Any:
    import faiss

    vectors = faiss.IndexScalarQuantizer(codes.d, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    _add(vectors, items, taken)
    index = faiss.IndexRefine(codes, vectors)
    index.k_factor = times
    return index


def _add(index: Any, items: int, taken: Taken) -> None:
    for begin in range(0, items, AT_ONCE):
        index.add(taken(np.arange(begin, min(begin + AT_ONCE, items), dtype=np.int32)))


def _named(rows: NDArray[Any], known: IntArray) -> IntArray:
    """Items in the places `rows` of `known`; -1 stays."""
    return np.where(rows >= 0, known[rows], -1)
