"""What a reward is expected to be in each cell, such as an item at a position: a mean drawn towards that of all.

Each line's expectation comes from the other folds, because a model that has seen a line would explain it away.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Rows = NDArray[np.int64]

STRENGTH = 100.0
"""Lines that the mean of all counts for in every cell."""
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Expectations:
    """Learned fold by fold."""

    tables: Values
    """Folds by cells: learned from all lines but those of the fold."""
    folds: Rows
    """Of each line."""

    @classmethod
    def fit(
        cls,
        rewards: Values,
        cells: Rows,
        *,
        size: int,
        seed: int,
        strength: float = STRENGTH,
        folds: Rows | None = None,
    ) -> "Expectations":
        """Learn from a log.

        Args:
            rewards: of its lines.
            cells: of its lines.
            size: how many cells there are.
            seed: of the folds.
            strength: lines that the mean of all counts for.
            folds: of the lines, where some belong together; see :func:`drawn_folds`.
        """
        folds = drawn_folds(len(rewards), seed) if folds is None else folds
        tables = [_means(rewards[folds != fold], cells[folds != fold], size, strength) for fold in range(FOLDS)]
        return cls(np.array(tables), folds)

    def of_logged(self, cells: Rows) -> Values:
        """Of the cell that each line is in."""
        return self.of(self.folds, cells)

    def of(self, folds: Rows, cells: Rows) -> Values:
        """Of cells, as they look to lines of these folds."""
        values: Values = self.tables[folds, cells]
        return values

    def of_policy(self, choices: Rows, chances: Values) -> Values:
        """Of what a policy would choose in each line's place.

        Args:
            choices: lines by choices: the cell that each choice would put the line in.
            chances: likewise, of the policy.
        """
        values: Values = (self.tables[self.folds[:, None], choices] * chances).sum(axis=1)
        return values


def drawn_folds(count: int, seed: int) -> Rows:
    """A fold for each of so many lines, or of groups of lines."""
    return np.random.default_rng(seed).permutation(count) % FOLDS


def _means(rewards: Values, cells: Rows, size: int, strength: float) -> Values:
    overall = rewards.mean() if len(rewards) else 0.0
    sums, counts = np.bincount(cells, rewards, size), np.bincount(cells, minlength=size)
    values: Values = (sums + strength * overall) / (counts + strength)
    return values
