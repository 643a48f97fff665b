"""Indexes of item vectors: which items lie nearest to a vector; which kind suits how many items is said here."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray, load_array, save_arrays, unit

EXACT_ITEMS = 40_000
"""Items up to which every one is compared: beyond, that costs milliseconds; see ARCHITECTURE.md for the figures."""
INVERTED_ITEMS = 5_000_000
"""Items up to which the lists hold vectors, 2 GB in 192 dimensions: beyond, they hold short codes."""
Flags = NDArray[np.bool_]


class Metric(StrEnum):
    """What "near" means."""

    INNER_PRODUCT = "inner_product"
    COSINE = "cosine"


class ItemIndex(Protocol):
    """Finds the items whose vectors score highest against a query."""

    @property
    def metric(self) -> Metric:
        """What the scores are."""

    @property
    def recall(self) -> float:
        """Share of the 100 nearest items that it finds, as measured against the exact index when it was built."""

    def __len__(self) -> int: ...

    def search(self, vectors: FloatArray, k: int, among: Flags | None = None) -> tuple[IntArray, FloatArray]:
        """Rows and scores, best first, of the `k` best items for each query vector.

        Fewer than `k` columns come back when there are fewer items; of queries that find fewer than others the rest
        is filled with row -1 and the lowest score.

        Args:
            vectors: queries by dimensions.
            k: how many items.
            among: one flag for each item that may be found; None: all. Others are passed over while searching, so
                the list is as long as without them.
        """

    def save(self, folder: Path) -> None:
        """Write the index below `folder`."""


@dataclass(frozen=True, eq=False)
class ExactIndex:
    """Compares with every item in numpy; what other indexes must agree with."""

    vectors: FloatArray
    metric: Metric
    recall: float = 1.0

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Index `vectors`, one a row."""
        return cls(prepared(vectors, metric), metric)

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, vectors: FloatArray, k: int, among: Flags | None = None) -> tuple[IntArray, FloatArray]:
        """See :meth:`ItemIndex.search`; ties go to the lower row."""
        rows = None if among is None else np.flatnonzero(among)
        scores = prepared(vectors, self.metric) @ (self.vectors if rows is None else self.vectors[rows]).T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        found = best if rows is None else rows[best]
        return found.astype(np.int32), np.take_along_axis(scores, best, axis=1).astype(np.float32)

    def save(self, folder: Path) -> None:
        """See :meth:`ItemIndex.save`."""
        save_arrays(folder, vectors=self.vectors)
        describe(folder, "exact", self.metric)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(load_array(folder, "vectors"), description(folder)[1])


@dataclass(frozen=True, eq=False)
class FaissIndex:
    """A flat FAISS index: exact as well, and several times faster for many items."""

    index: Any
    metric: Metric
    recall: float = 1.0

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Index `vectors`, one a row."""
        import faiss

        index = faiss.IndexFlatIP(int(vectors.shape[1]))
        index.add(prepared(vectors, metric))
        return cls(index, metric)

    def __len__(self) -> int:
        return int(self.index.ntotal)

    def search(self, vectors: FloatArray, k: int, among: Flags | None = None) -> tuple[IntArray, FloatArray]:
        """See :meth:`ItemIndex.search`."""
        import faiss

        asked = None if among is None else searching(faiss.SearchParameters, among)
        k = min(k, len(self) if among is None else int(np.count_nonzero(among)))
        return asked_for(self.index, prepared(vectors, self.metric), k, asked)

    def save(self, folder: Path) -> None:
        """See :meth:`ItemIndex.save`."""
        write_faiss(folder, self.index)
        describe(folder, "faiss", self.metric)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(read_faiss(folder), description(folder)[1])


def build_index(vectors: FloatArray, metric: Metric) -> ItemIndex:
    """Index `vectors` in the way that suits their number: all of them compared, inverted lists of them or of codes.

    Where codes do not tell enough of what is near, the lists are of vectors, however many there are.
    """
    from recommender.models.inverted import InvertedIndex
    from recommender.models.quantised import QuantisedIndex

    known = int(np.count_nonzero(np.any(vectors, axis=1)))
    if known <= EXACT_ITEMS:
        return FaissIndex.build(vectors, metric)
    if known > INVERTED_ITEMS and (index := QuantisedIndex.build(vectors, metric)).enough:
        return index
    return InvertedIndex.build(vectors, metric)


def load_index(folder: Path) -> ItemIndex:
    """Open an index of whatever kind was saved in `folder`."""
    from recommender.models.inverted import InvertedIndex
    from recommender.models.quantised import QuantisedIndex

    kinds: dict[str, Callable[[Path], ItemIndex]] = {
        "faiss": FaissIndex.load,
        "inverted": InvertedIndex.load,
        "quantised": QuantisedIndex.load,
        "exact": ExactIndex.load,
    }
    kind, _ = description(folder)
    if kind not in kinds:
        raise ArtifactError(f"index.json in {folder} names the kind {kind!r}; known are {', '.join(sorted(kinds))}")
    return kinds[kind](folder)


def asked_for(index: Any, queries: FloatArray, k: int, parameters: Any) -> tuple[IntArray, FloatArray]:
    """Rows and scores of the `k` nearest in an index of FAISS, which takes no 0."""
    if not k:
        return np.empty((len(queries), 0), np.int32), np.empty((len(queries), 0), np.float32)
    scores, rows = index.search(queries, k, params=parameters)
    return rows.astype(np.int32), scores


def searching(kind: Any, among: Flags, **more: object) -> Any:
    """Parameters of a search, of FAISS's class `kind`, for the items of `among` only: one bit an item."""
    import faiss

    bits: Any = faiss.IDSelectorBitmap
    return kind(sel=bits(np.packbits(among, bitorder="little")), **more)


def write_faiss(folder: Path, index: Any) -> None:
    """Write `index` below `folder`."""
    import faiss

    folder.mkdir(parents=True, exist_ok=True)
    faiss.write_index(index, str(folder / "index.faiss"))


def read_faiss(folder: Path) -> Any:
    """Open what :func:`write_faiss` wrote by memory map; one thread answers a query.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    import faiss

    faiss.omp_set_num_threads(1)
    try:
        return faiss.read_index(str(folder / "index.faiss"), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise ArtifactError(f"index.faiss in {folder} cannot be opened: {error}") from None


def prepared(vectors: FloatArray, metric: Metric) -> FloatArray:
    """Vectors as they are compared by `metric`."""
    vectors = np.ascontiguousarray(vectors, np.float32)
    if metric is Metric.INNER_PRODUCT:
        return vectors
    return unit(vectors)


def describe(folder: Path, kind: str, metric: Metric, **more: object) -> None:
    """Say below `folder` what kind of index lies there."""
    (folder / "index.json").write_text(json.dumps({"kind": kind, "metric": metric.value, **more}))


def described(folder: Path) -> dict[str, Any]:
    """All that :func:`describe` said.

    Raises:
        ArtifactError: it cannot be read.
    """
    try:
        found: dict[str, Any] = json.loads((folder / "index.json").read_text())
        return {**found, "kind": str(found["kind"]), "metric": Metric(found["metric"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"index.json in {folder} cannot be read: {error}") from None


def description(folder: Path) -> tuple[str, Metric]:
    """Kind and metric of the index in `folder`; see :func:`described`."""
    found = described(folder)
    return found["kind"], found["metric"]
