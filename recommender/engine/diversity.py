"""Variety in a list by maximal marginal relevance (Carbonell & Goldstein 1998).

The next item is the one with the greatest `(1 - d) * relevance + d * (1 - likeness to the nearest item chosen)`: with
`d` their lambda turned round, and a constant added, so that values stay between 0 and 1. They fall from item to item.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from recommender.catalog.labels import NONE, Labels
from recommender.engine.filter import Mask
from recommender.engine.snapshot import Scores, Snapshot
from recommender.vocabulary import Rows

LABEL_WEIGHT = np.float32(0.5)
"""Where a description is missing: what the same category counts, and what the same brand."""


class Likeness:
    """How like some rows are to any other row, from 0 to 1: by content, or else by category and brand."""

    def __init__(self, snapshot: Snapshot, rows: Rows) -> None:
        self._snapshot = snapshot
        self._rows = rows

    def to(self, row: int) -> Scores:
        """The likeness of each of the rows to `row`."""
        vector = self._snapshot.content_vector(row)
        if vector is None:
            return self._filed(row)
        near = np.clip(self._vectors @ vector, 0, 1)
        return near if self._described.all() else np.where(self._described, near, self._filed(row))

    @cached_property
    def _vectors(self) -> Scores:
        return self._snapshot.content_vectors(self._rows)

    @cached_property
    def _described(self) -> Mask:
        described: Mask = np.any(self._vectors, axis=1)
        return described

    def _filed(self, row: int) -> Scores:
        table = self._snapshot.table
        return LABEL_WEIGHT * (_same(table.category, self._rows, row) + _same(table.brand, self._rows, row))


class Variety:
    """Orders candidates with an eye to what was chosen before.

    Args:
        snapshot: the shop.
        weight: how much unlikeness counts, from 0 to 1.
    """

    def __init__(self, snapshot: Snapshot, weight: float) -> None:
        self._snapshot = snapshot
        self._weight = np.float32(weight)
        self._chosen: list[int] = []

    def add(self, row: int) -> None:
        """The item in `row` was chosen."""
        self._chosen.append(row)

    def order(self, rows: Rows, relevance: Scores) -> Iterator[tuple[int, float]]:
        """Places of `rows`, each with its value, the best after what was chosen so far first.

        Args:
            rows: distinct candidates.
            relevance: of each, from 0 to 1.
        """
        likeness, nearest, known = Likeness(self._snapshot, rows), np.zeros(len(rows), np.float32), 0
        left = np.ones(len(rows), np.bool_)
        for _ in range(len(rows)):
            for row in self._chosen[known:]:
                np.maximum(nearest, likeness.to(row), out=nearest)
            known = len(self._chosen)
            values = (1 - self._weight) * relevance + self._weight * (1 - nearest)
            best = int(np.argmax(np.where(left, values, -1)))
            left[best] = False
            yield best, float(values[best])


def _same(labels: Labels, rows: Rows, row: int) -> Scores:
    code = labels.codes[row]
    return np.zeros(len(rows), np.float32) if code == NONE else (labels.codes[rows] == code).astype(np.float32)
