"""Content vectors: items that are described alike lie close, whether or not anybody saw them."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, NonNegativeInt, PositiveInt

from recommender.models.arrays import FloatArray, IntArray, LongArray, load_arrays, offsets, save_arrays, spread, unit
from recommender.models.decomposition import main_directions
from recommender.models.tokens import bucket, features

Document = Mapping[str, Any]


class ContentConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`ContentModel.fit`."""

    dimensions: PositiveInt = 192
    """Length of the vectors, if the catalogue is varied enough."""
    buckets: PositiveInt = 32_768
    """Words and n-grams are hashed into this many places."""
    max_documents: PositiveInt = 250_000
    """Items of a larger catalogue from which is learned what goes together in descriptions; all are described by it."""
    seed: NonNegativeInt = 7
    """Of the decomposition."""


@dataclass(frozen=True, eq=False)
class ContentModel:
    """Vectors of the catalogue's items, and how to make one for an item that is new."""

    vectors: FloatArray
    """Items by dimensions, of length 1; zero where an item says nothing of itself."""
    idf: FloatArray
    """How telling each bucket is."""
    components: FloatArray
    """Buckets in use by dimensions."""

    def __len__(self) -> int:
        return len(self.vectors)

    @classmethod
    def fit(cls, documents: Sequence[Document], config: ContentConfig) -> Self:
        """Learn from `documents`, one for each item in vocabulary order; an empty one is an unknown item."""
        import scipy.sparse as sp

        indptr, columns, counts = _counted(documents, config.buckets)
        frequency = np.bincount(columns, minlength=config.buckets)
        idf = np.log((1 + len(documents)) / (1 + frequency)).astype(np.float32) + 1
        idf[frequency == 0] = 0.0
        rows = _weighted(indptr, columns, counts, idf)
        matrix = sp.csr_array((rows, columns, indptr), shape=(len(documents), config.buckets))
        used = matrix[:, np.flatnonzero(idf)]
        told = used if len(documents) <= config.max_documents else used[spread(_known(indptr), config.max_documents)]
        components = main_directions(told, config.dimensions, config.seed).T.astype(np.float32)
        return cls(unit(np.asarray(used @ components, np.float32)), idf, components)

    @cached_property
    def _places(self) -> LongArray:
        """Row of each bucket in use among the components."""
        return np.cumsum(np.asarray(self.idf) > 0) - 1

    def encode(self, documents: Sequence[Document]) -> FloatArray:
        """Vectors of items that may be newer than the model."""
        indptr, columns, counts = _counted(documents, len(self.idf))
        values = _weighted(indptr, columns, counts, self.idf)
        vectors = np.zeros((len(documents), self.components.shape[1]), np.float32)
        for row in range(len(documents)):
            part = slice(indptr[row], indptr[row + 1])
            known = values[part] > 0
            vectors[row] = values[part][known] @ self.components[self._places[columns[part][known]]]
        return unit(vectors)

    def save(self, folder: Path) -> None:
        """Write the vectors below `folder`."""
        save_arrays(folder, vectors=self.vectors, idf=self.idf, components=self.components)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, "vectors", "idf", "components"))


def _counted(documents: Sequence[Document], buckets: int) -> tuple[LongArray, IntArray, FloatArray]:
    columns, counts, sizes = array("i"), array("f"), array("q")
    for document in documents:
        found: dict[int, float] = {}
        for feature, weight in features(document):
            place = bucket(feature, buckets)
            found[place] = found.get(place, 0.0) + weight
        columns.extend(found)
        counts.extend(found.values())
        sizes.append(len(found))
    return offsets(np.array(sizes, np.int64)), np.array(columns, np.int32), np.array(counts, np.float32)


def _known(indptr: LongArray) -> LongArray:
    """Rows of the items that say anything."""
    return np.flatnonzero(np.diff(indptr))


def _weighted(indptr: LongArray, columns: IntArray, counts: FloatArray, idf: FloatArray) -> FloatArray:
    """Counts times idf, each item's scaled to length 1."""
    values = counts * idf[columns]
    owner = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    lengths = np.sqrt(np.bincount(owner, values.astype(np.float64) ** 2, minlength=len(indptr) - 1))
    return (values / np.maximum(lengths, 1e-12)[owner]).astype(np.float32)
