"""Lists of the nearest items: searched for once, in training, so that nobody waits for a search.

A list holds what the index finds for the item's own vector. An index is asked only for what has no list: items that
came later, vectors of people, and lists of which a filter leaves too little.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray, load_arrays, save_arrays
from recommender.models.coded import CODED_ITEMS, CodedIndex
from recommender.models.compiling import sealed
from recommender.models.index import FaissIndex, ItemIndex
from recommender.models.inverted import InvertedIndex, told
from recommender.models.threads import every_core

Steps = NDArray[np.uint16]

NEAREST = 100
"""Items of a list."""
MOST_CELLS = 64_000_000
"""Cells of all lists together, 6 bytes each: beyond 640,000 items each keeps fewer."""
FEWEST = 40
"""A list keeps so many in any shop."""
STEPS = 65_535
"""Likeness is kept in steps, from 0 to 1: closer to it than 16-bit floats are."""
THOROUGH = 0.2
"""Share of inverted lists from which looking into them all is no more work."""
AT_ONCE = 4096
"""Items that an index is asked for in one go; bounds memory. Of fewer than about 2,000 short vectors FAISS compares
each by itself, which takes three times as long as products of matrices."""


class Searched(Protocol):
    """What is asked for lists: an index, of those that are kept or for this alone."""

    @property
    def recall(self) -> float:
        """See :attr:`ItemIndex.recall`."""

    def search(self, vectors: FloatArray, k: int) -> tuple[IntArray, FloatArray]:
        """See :meth:`ItemIndex.search`."""


@dataclass(frozen=True, eq=False)
class NearestModel:
    """One list an item, the nearest first."""

    rows: IntArray
    """Items by places; -1 behind the end of a list."""
    steps: Steps
    """How near each is: squared cosine, in steps."""
    recall: float = 1.0
    """Share of the nearest items that the lists hold, as measured when what was asked for them was built."""

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def fit(cls, vectors: FloatArray, index: ItemIndex, heard: Callable[[float], None] | None = None) -> Self:
        """Look up every item's own vector in an index by cosine.

        Args:
            vectors: one an item; those of no length have empty lists.
            index: of the same items.
            heard: called with the share of them that is done.
        """
        known = told(vectors)
        asked = thorough(index, vectors)
        size = min(NEAREST, max(FEWEST, MOST_CELLS // max(len(vectors), 1)))
        rows, steps = np.full((len(vectors), size), -1, np.int32), np.zeros((len(vectors), size), np.uint16)
        with every_core():
            for begin in range(0, len(known), AT_ONCE):
                some = known[begin : begin + AT_ONCE]
                rows[some], steps[some] = _lists(vectors[some], some, asked, size)
                if heard is not None:
                    heard((begin + len(some)) / len(known))
        return cls(rows, steps, asked.recall)

    def near(self, row: int) -> tuple[IntArray, FloatArray]:
        """The items nearest to the one in `row`, and their likeness from 0 to 1."""
        steps = self.steps[row]
        size = int(np.count_nonzero(steps))
        return self.rows[row, :size], steps[:size] * np.float32(1 / STEPS)

    @cached_property
    def sealed(self) -> tuple[IntArray, Steps]:
        """Both arrays, for compiled code."""
        return sealed(self.rows), sealed(self.steps)

    def save(self, folder: Path) -> None:
        """Write the lists below `folder`."""
        save_arrays(folder, rows=self.rows, steps=self.steps)
        (folder / "nearest.json").write_text(json.dumps({"recall": self.recall}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        rows, steps = load_arrays(folder, "rows", "steps")
        return cls(rows, steps, float(json.loads((folder / "nearest.json").read_text())["recall"]))


def thorough(index: ItemIndex, vectors: FloatArray) -> Searched:
    """What is asked for the lists: codes of many items; else the index or, where that looks into much, all vectors.

    For many queries at once products of matrices are several times as fast as walks through lists, and codes as that.
    """
    if len(told(vectors)) >= CODED_ITEMS and (coded := CodedIndex.build(vectors, index.metric)).enough:
        return coded
    if isinstance(index, InvertedIndex) and index.share > THOROUGH:
        return FaissIndex.build(vectors, index.metric)
    return index


def _lists(vectors: FloatArray, own: IntArray, index: Searched, size: int) -> tuple[IntArray, Steps]:
    """Lists of the items in the rows `own`, which are left out of their lists."""
    found, scores = index.search(vectors, size + 1)
    likeness = np.where((found >= 0) & (found != own[:, None]), np.clip(scores, 0, 1), 0) ** 2
    steps = np.rint(likeness * STEPS).astype(np.uint16)
    # What is left out goes to the end; what is there keeps the index's order.
    order = np.argsort(steps == 0, axis=1, kind="stable")[:, :size]
    steps = np.take_along_axis(steps, order, axis=1)
    rows = np.where(steps > 0, np.take_along_axis(found, order, axis=1), -1).astype(np.int32)
    missing = ((0, 0), (0, size - steps.shape[1]))
    return np.pad(rows, missing, constant_values=-1), np.pad(steps, missing)
