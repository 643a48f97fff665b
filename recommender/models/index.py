"""Indexes of item vectors: which items lie nearest to a vector."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray, load_array, save_arrays, unit


class Metric(StrEnum):
    """What "near" means."""

    INNER_PRODUCT = "inner_product"
    COSINE = "cosine"


class ItemIndex(Protocol):
    """Finds the items whose vectors score highest against a query."""

    @property
    def metric(self) -> Metric:
        """What the scores are."""

    def __len__(self) -> int: ...

    def search(self, vectors: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """Rows and scores, best first, of the `k` best items for each query vector.

        Fewer than `k` columns come back when the index holds fewer items.
        """

    def save(self, folder: Path) -> None:
        """Write the index below `folder`."""


@dataclass(frozen=True, eq=False)
class ExactIndex:
    """Compares with every item in numpy; what other indexes must agree with."""

    vectors: FloatArray
    metric: Metric

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Index `vectors`, one a row."""
        return cls(_prepared(vectors, metric), metric)

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, vectors: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """See :meth:`ItemIndex.search`; ties go to the lower row."""
        scores = _prepared(vectors, self.metric) @ self.vectors.T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return best.astype(np.int32), np.take_along_axis(scores, best, axis=1).astype(np.float32)

    def save(self, folder: Path) -> None:
        """See :meth:`ItemIndex.save`."""
        save_arrays(folder, vectors=self.vectors)
        _describe(folder, "exact", self.metric)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(load_array(folder, "vectors"), _description(folder)[1])


@dataclass(frozen=True, eq=False)
class FaissIndex:
    """A flat FAISS index: exact as well, and several times faster for many items."""

    index: Any
    metric: Metric

    @classmethod
    def build(cls, vectors: FloatArray, metric: Metric) -> Self:
        """Index `vectors`, one a row."""
        import faiss

        index = faiss.IndexFlatIP(int(vectors.shape[1]))
        index.add(_prepared(vectors, metric))
        return cls(index, metric)

    def __len__(self) -> int:
        return int(self.index.ntotal)

    def search(self, vectors: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """See :meth:`ItemIndex.search`."""
        scores, rows = self.index.search(_prepared(vectors, self.metric), min(k, len(self)))
        return rows.astype(np.int32), scores

    def save(self, folder: Path) -> None:
        """See :meth:`ItemIndex.save`."""
        import faiss

        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(self.index, str(folder / "index.faiss"))
        _describe(folder, "faiss", self.metric)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        import faiss

        try:
            index = faiss.read_index(str(folder / "index.faiss"), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise ArtifactError(f"index.faiss in {folder} cannot be opened: {error}") from None
        return cls(index, _description(folder)[1])


def load_index(folder: Path) -> ItemIndex:
    """Open an index of whatever kind was saved in `folder`."""
    kind, _ = _description(folder)
    if kind == "faiss":
        return FaissIndex.load(folder)
    return ExactIndex.load(folder)


def _prepared(vectors: FloatArray, metric: Metric) -> FloatArray:
    vectors = np.ascontiguousarray(vectors, np.float32)
    if metric is Metric.INNER_PRODUCT:
        return vectors
    return unit(vectors)


def _describe(folder: Path, kind: str, metric: Metric) -> None:
    (folder / "index.json").write_text(json.dumps({"kind": kind, "metric": metric.value}))


def _description(folder: Path) -> tuple[str, Metric]:
    try:
        description = json.loads((folder / "index.json").read_text())
        return str(description["kind"]), Metric(description["metric"])
    except (OSError, ValueError, KeyError) as error:
        raise ArtifactError(f"index.json in {folder} cannot be read: {error}") from None
