"""A policy that chooses an item for a position: its chances, and what it would have earned by another one's log.

People look at places differently, and a policy that knows it puts different items there. So a chance is one of (item,
position), given the position, and so is a propensity.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.errors import InputError
from recommender.experiments.estimators import FLOOR, Evaluation, Logged, evaluate
from recommender.experiments.expectations import Expectations
from recommender.experiments.overlap import EFFECTIVE, Refusal

Values = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ItemPolicy:
    """Chooses by position alone."""

    chances: Values
    """Positions by items; each line adds up to 1."""

    def __post_init__(self) -> None:
        if self.chances.min() < 0 or not np.allclose(self.chances.sum(axis=1), 1):
            raise InputError(
                "chances", self.chances.sum(axis=1).tolist(), "give each position chances that add up to 1"
            )

    @classmethod
    def uniform(cls, positions: int, items: int) -> Self:
        """Every item as often."""
        return cls(np.full((positions, items), 1 / items))

    @classmethod
    def empirical(cls, items: Rows, positions: Rows, *, shape: tuple[int, int]) -> Self:
        """As a log has chosen.

        Args:
            items: chosen, by row.
            positions: where, from 0.
            shape: how many positions and items there are; a position never met gets every item as often.
        """
        counts = np.zeros(shape)
        np.add.at(counts, (positions, items), 1.0)
        counts[counts.sum(axis=1) == 0] = 1.0
        return cls(counts / counts.sum(axis=1, keepdims=True))

    def chance(self, items: Rows, positions: Rows) -> Values:
        """Of each choice."""
        values: Values = self.chances[positions, items]
        return values


@dataclass(frozen=True, eq=False)
class ItemLog:
    """What was shown where, with what chance, and what came of it; one line an item shown."""

    items: Rows
    positions: Rows
    """From 0."""
    propensities: Values
    """Chance of the item, given the position."""
    rewards: Values
    groups: Rows | None = None
    """Lines of one request or visitor, which the bootstrap draws together."""


def evaluate_items(
    log: ItemLog, policy: ItemPolicy, *, seed: int, floor: float = FLOOR, least: float = EFFECTIVE
) -> Evaluation | Refusal:
    """What a policy would have earned for each item shown at the positions of the log, or why that cannot be told.

    Args:
        log: of another policy.
        policy: taken as given: where it was counted from a log, its own uncertainty is not in the intervals.
        seed: of folds and bootstrap.
        floor: of propensities.
        least: effective lines that are needed.
    """
    positions, items = policy.chances.shape
    cells = log.positions * items + log.items
    model = Expectations.fit(log.rewards, cells, size=positions * items, seed=seed)
    choices = log.positions[:, None] * items + np.arange(items)[None, :]
    logged = Logged(
        log.rewards,
        log.propensities,
        policy.chance(log.items, log.positions),
        model.of_logged(cells),
        model.of_policy(choices, policy.chances[log.positions]),
        log.groups,
    )
    return evaluate(logged, seed=seed, floor=floor, least=least)
