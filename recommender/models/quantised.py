"""An index for more items than fit into memory: inverted lists of short codes (IVF-PQ), whose best are compared again.

A code says of each part of a vector which of 256 usual ones it is like (product quantisation: Jégou, Douze and
Schmid, 2011). It takes a twelfth of a vector in 16 bits, or a sixth, and tells roughly what is near; of that the
vectors decide, which stay in their file. They lie there list by list, so that what is near to a query is on few pages.
How many lists are looked into, and how many items are compared again, is settled when the index is built, by asking it
for what the exact index finds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray, load_array, load_arrays, save_arrays
from recommender.models.index import Flags, Metric, describe, described, prepared, read_faiss, write_faiss
from recommender.models.inverted import FIRST_PROBES, ROUNDS, fill, lists, looked_up, placed, told
from recommender.models.recall import NEAREST, WANTED, Exam

PARTS = (32, 64)
"""Parts of a vector at most, a byte each, or more where these do not do; of short vectors a part is two dimensions."""
USUAL: Final = 256
"""Usual values of a part: as many as a byte tells apart."""
TIMES = (2, 3, 4, 6, 8)
"""How many times as many items as are asked for may be compared again."""
GAIN = 0.0005
"""What twice as many lists must find more to be worth it: where they find less, the codes do not tell enough."""
AT_ONCE = 100_000
"""Vectors that are copied in one go; bounds memory."""
LOWEST = np.finfo(np.float32).min
Halves = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class QuantisedIndex:
    """Inverted lists of codes; items without a vector are not in it."""

    index: Any
    metric: Metric
    vectors: Halves
    """In 16 bits, as they are compared, in the order of the lists."""
    places: IntArray
    """Row of each item's vector; -1: it has none."""
    lists: IntArray
    """In which list each item stands."""
    times: int
    """Of how many times as many items as are asked for the vectors are compared."""
    recall: float

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Index `vectors`, one a row, which may be mapped, and look at as much as it takes to find what is nearest."""
        known = told(vectors)
        exam = Exam.of(vectors, known, metric)
        for parts in sorted({min(parts, -(-vectors.shape[1] // 2)) for parts in PARTS}):
            index = _filled(vectors, known, metric, parts)
            queries = widened(exam.queries, index.d)
            times = settled(partial(_rough, index, queries), index, exam, index.nlist)
            in_lists = placed(index, len(vectors))
            order = known[np.argsort(in_lists[known], kind="stable")]
            built = cls(
                index, metric, _halved(vectors, order, metric), _places(order, len(vectors)), in_lists, times, 0.0
            )
            built = replace(built, recall=exam.recall(built.search(exam.queries, NEAREST)[0]))
            if built.enough:
                break
        return built

    def __len__(self) -> int:
        return len(self.places)

    @property
    def enough(self) -> bool:
        """Whether it finds as much as is wanted of every index, but for what 16 bits may change."""
        return self.recall >= WANTED - GAIN

    def search(self, vectors: FloatArray, k: int, among: Flags | None = None) -> tuple[IntArray, FloatArray]:
        """See :meth:`recommender.models.index.ItemIndex.search`."""
        queries = prepared(vectors, self.metric)
        rough, _ = looked_up(self.index, widened(queries, self.index.d), k * self.times, among, self.lists)
        k = min(k, rough.shape[1])
        rows, scores = np.full((len(rough), k), -1, np.int32), np.full((len(rough), k), LOWEST, np.float32)
        for place, query in enumerate(queries):
            found = rough[place][rough[place] >= 0]
            true = self.vectors[self.places[found]].astype(np.float32) @ query
            best = np.argsort(-true, kind="stable")[:k]
            rows[place, : len(best)], scores[place, : len(best)] = found[best], true[best]
        return rows, scores

    def save(self, folder: Path) -> None:
        """See :meth:`recommender.models.index.ItemIndex.save`."""
        write_faiss(folder, self.index)
        save_arrays(folder, vectors=self.vectors, places=self.places, lists=self.lists)
        describe(folder, "quantised", self.metric, times=self.times, recall=self.recall)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        found = described(folder)
        try:
            times, recall = int(found["times"]), float(found["recall"])
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"index.json in {folder} cannot be read: {error}") from None
        vectors, (places, in_lists) = (
            load_array(folder, "vectors", scattered=True),
            load_arrays(folder, "places", "lists"),
        )
        return cls(read_faiss(folder), found["metric"], vectors, places, in_lists, times, recall)


def _filled(vectors: FloatArray, known: IntArray, metric: Metric, parts: int) -> Any:
    import faiss

    width = -(-int(vectors.shape[1]) // parts) * parts
    index = faiss.IndexIVFPQ(
        faiss.IndexFlatIP(width), width, lists(len(known)), parts, int(np.log2(USUAL)), faiss.METRIC_INNER_PRODUCT
    )
    index.pq.cp.niter, index.pq.cp.min_points_per_centroid = ROUNDS, 1
    fill(index, known, partial(_taken, vectors, metric, width), metric, least=USUAL)
    return index


def _taken(vectors: FloatArray, metric: Metric, width: int, rows: IntArray) -> FloatArray:
    return widened(prepared(vectors[rows], metric), width)


def widened(vectors: FloatArray, width: int) -> FloatArray:
    """With zeros behind, so that all parts are equally long."""
    if vectors.shape[1] == width:
        return vectors
    return np.pad(vectors, ((0, 0), (0, width - vectors.shape[1])))


def _halved(vectors: FloatArray, order: IntArray, metric: Metric) -> Halves:
    """Copies of some rows, in their order."""
    halves = np.empty((len(order), vectors.shape[1]), np.float16)
    for begin in range(0, len(order), AT_ONCE):
        halves[begin : begin + AT_ONCE] = prepared(vectors[order[begin : begin + AT_ONCE]], metric)
    return halves


def _places(order: IntArray, items: int) -> IntArray:
    """Where each item stands in an order of some of them; -1: nowhere."""
    places = np.full(items, -1, np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    return places


def settled(found: Callable[[int], IntArray], index: Any, exam: Exam, most: int) -> int:
    """Look into so many lists, and return how many times as many items to compare again, that enough is found.

    Args:
        found: asks the index for so many times as many items as count, of each query of the exam.
        index: lists of codes, of FAISS.
        exam: what is asked.
        most: lists that may be looked into.
    """
    before, index.nprobe = 0.0, min(FIRST_PROBES, most)
    while True:
        rows = found(TIMES[-1])
        recall = exam.recall(rows)
        if recall >= WANTED or index.nprobe >= most or recall < before + GAIN:
            return times_wanted(rows, exam)
        before, index.nprobe = recall, min(2 * index.nprobe, most)


def _rough(index: Any, queries: FloatArray, times: int) -> IntArray:
    rows: IntArray = index.search(queries, NEAREST * times)[1]
    return rows


def times_wanted(rows: IntArray, exam: Exam, allowed: Sequence[int] = TIMES) -> int:
    """Of how many times as many items as are asked for enough are near, as many as may be compared if it never is.

    Args:
        rows: what was found by codes, the best first, of each query.
        exam: what was asked.
        allowed: what it may be, ascending.
    """
    return next((times for times in allowed if exam.recall(rows[:, : NEAREST * times]) >= WANTED), allowed[-1])
