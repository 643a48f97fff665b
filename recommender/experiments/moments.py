"""What a variant's visitors come down to: their number, the means of their columns, and how these vary together.

Fifty million events become one small matrix a variant, parts of a log are added up, and everything that the other
modules compute starts from there. Kept are deviations from the means, because sums of squares lose all their digits
where a mean is large against its spread (Chan, Golub & LeVeque 1983).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.errors import InputError

Values = NDArray[np.float64]

BLOCK = 16_384
"""Visitors at a time: as many as stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Of the visitors of one variant."""

    columns: tuple[str, ...]
    """What is known of each visitor, such as `orders`, `revenue` and `revenue_before`."""
    visitors: int
    means: Values
    """Of the columns, over visitors."""
    scatter: Values
    """Sums over visitors of the products of two columns' deviations from their means."""

    @classmethod
    def of(cls, columns: Mapping[str, ArrayLike], times: ArrayLike | None = None) -> "Moments":
        """Of columns with a value for each visitor.

        Args:
            columns: of equal length.
            times: how often each line counts, whole numbers; once, when left out.
        """
        names, given = tuple(columns), [np.asarray(values) for values in columns.values()]
        counts = None if times is None else np.asarray(times)
        whole = Moments(names, 0, np.zeros(len(names)), np.zeros((len(names), len(names))))
        for start in range(0, len(given[0]), BLOCK):
            part = slice(start, start + BLOCK)
            table = np.stack([values[part] for values in given]).astype(np.float64)
            whole += cls._of_block(names, table, None if counts is None else counts[part].astype(np.float64))
        return whole

    @classmethod
    def _of_block(cls, names: tuple[str, ...], table: Values, counts: Values | None) -> "Moments":
        visitors = table.shape[1] if counts is None else round(counts.sum())
        sums = table.sum(axis=1) if counts is None else table @ counts
        means = sums / max(1, visitors)
        table -= means[:, None]
        return Moments(names, visitors, means, (table if counts is None else table * counts) @ table.T)

    @classmethod
    def of_sums(cls, columns: Sequence[str], visitors: int, sums: ArrayLike, products: ArrayLike) -> Self:
        """Of what a database adds up.

        Args:
            columns: their names.
            visitors: how many lines were added up.
            sums: of each column.
            products: the sum of the product of each column with each.
        """
        means = np.asarray(sums, np.float64) / max(1, visitors)
        scatter = np.asarray(products, np.float64) - visitors * np.outer(means, means)
        np.fill_diagonal(scatter, np.maximum(scatter.diagonal(), 0.0))
        return cls(tuple(columns), visitors, means, scatter)

    def __add__(self, other: "Moments") -> "Moments":
        """Of the visitors of both."""
        if self.columns != other.columns:
            raise InputError("columns", other.columns, f"add moments of the same columns, here {self.columns}")
        visitors = self.visitors + other.visitors
        apart = other.means - self.means
        share = other.visitors / max(1, visitors)
        scatter = self.scatter + other.scatter + np.outer(apart, apart) * (self.visitors * share)
        return Moments(self.columns, visitors, self.means + apart * share, scatter)

    def mean(self, column: str) -> float:
        """Mean of a column over visitors."""
        return float(self.means[self.place(column)])

    def effective(self, column: str) -> float:
        """Visitors of equal amounts who would tell as much of the column (Kish 1965); of 0 and 1, those who have 1."""
        at = self.place(column)
        squares = self.scatter[at, at] + self.visitors * self.means[at] ** 2
        return float((self.visitors * self.means[at]) ** 2 / squares) if squares > 0 else 0.0

    def weights(self, shares: Mapping[str, float]) -> Values:
        """Columns times numbers, added up: as one row over all columns."""
        row = np.zeros(len(self.columns))
        for column, share in shares.items():
            row[self.place(column)] += share
        return row

    def covariance(self, one: Values, other: Values) -> float:
        """Between two rows of :meth:`weights`, from one visitor to the next; NaN below two visitors."""
        return float(one @ self.scatter @ other / (self.visitors - 1)) if self.visitors > 1 else float("nan")

    def place(self, column: str) -> int:
        """Where a column stands.

        Raises:
            InputError: no such column.
        """
        if column not in self.columns:
            raise InputError("column", column, f"use one of {', '.join(self.columns)}")
        return self.columns.index(column)

    def to_json(self) -> dict[str, Any]:
        """As JSON, from which :meth:`of_json` makes the same."""
        return {
            "columns": [*self.columns],
            "visitors": self.visitors,
            "means": self.means.tolist(),
            "scatter": self.scatter.tolist(),
        }

    @classmethod
    def of_json(cls, read: Mapping[str, Any]) -> Self:
        """What :meth:`to_json` wrote."""
        return cls(tuple(read["columns"]), read["visitors"], np.array(read["means"]), np.array(read["scatter"]))
