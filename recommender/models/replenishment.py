"""After how many days an item is usually bought again: by its buyers, by those of its category, by the whole shop's.

Pauses between purchases spread over orders of magnitude, so their logarithms are averaged. An item with few pauses
leans on its category, and a category on the shop, as if a few pauses of the usual length had been seen there, too
(shrinkage towards the group mean; Efron & Morris 1975).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat, model_validator

from recommender.days import DAY
from recommender.models.arrays import FloatArray, IntArray, load_arrays, save_arrays
from recommender.models.interactions import Interactions

Values = NDArray[np.float64]


class ReplenishmentConfig(BaseModel, extra="forbid", frozen=True):
    """What is usual, and when it is time. What begins with a share takes effect without another training."""

    usual_pauses: NonNegativeFloat = 5
    """For how many pauses of its own the usual pause of an item's category counts, and of a category the shop's."""
    item_pauses: PositiveFloat = 1
    """For how many pauses of a customer the item's usual pause counts."""
    due_share: PositiveFloat = 0.9
    """From this share of the pause on it is time ..."""
    late_share: PositiveFloat = 1.5
    """... from this one on it is late ..."""
    gone_share: PositiveFloat = 3.0
    """... and from this one on the habit is given up."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.due_share < self.late_share < self.gone_share:
            given = f"{self.due_share}, {self.late_share}, {self.gone_share}"
            raise ValueError(f"due_share, late_share, gone_share: {given} must rise")
        return self


@dataclass(frozen=True, eq=False)
class ReplenishmentModel:
    """Usual pauses."""

    days: FloatArray
    """Of each item; in items that nobody bought twice their category's, or the shop's."""

    @classmethod
    def fit(cls, interactions: Interactions, categories: IntArray, config: ReplenishmentConfig) -> Self | None:
        """Learn from who bought the same item on several days; None where nobody did.

        Args:
            interactions: of the whole log; purchases of known people are looked at.
            categories: a number for each item's category; below 0: unknown.
            config: how much is leant on others.
        """
        items, pauses = _pauses(interactions)
        size = len(interactions.items)
        sums = np.bincount(items, pauses, size).astype(np.float64)
        return cls.of(np.bincount(items, minlength=size), sums, categories, config)

    @classmethod
    def of(
        cls, counts: NDArray[np.integer], sums: Values, categories: IntArray, config: ReplenishmentConfig
    ) -> Self | None:
        """The model of so many pauses of each item, and of the sums of their logarithms; see :meth:`fit`."""
        if not counts.sum():
            return None
        shop = float(sums.sum() / counts.sum())
        kinds = np.where(categories < 0, categories.max(initial=-1) + 1, categories)
        size = int(kinds.max()) + 1
        kind_sums = np.bincount(kinds, sums, size).astype(np.float64)
        of_kind = _shrunk(np.bincount(kinds, counts, size), kind_sums, np.full(size, shop), config.usual_pauses)
        logs = _shrunk(counts, sums, of_kind[kinds], config.usual_pauses)
        return cls(np.exp(logs).astype(np.float32))

    def pause(self, row: int, times: int, first: float, last: float, config: ReplenishmentConfig) -> float:
        """After how many days a customer buys an item again.

        Args:
            row: the item.
            times: on how many occasions they bought it; at least two.
            first: Unix seconds of the first.
            last: of the last; at least a day later.
            config: how much the item's usual pause counts.
        """
        own = np.log((last - first) / DAY / (times - 1))
        weight = times - 1
        usual = np.log(self.days[row])
        return float(np.exp((weight * own + config.item_pauses * usual) / (weight + config.item_pauses)))

    def save(self, folder: Path) -> None:
        """Write everything below `folder`."""
        save_arrays(folder, days=self.days)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, "days"))


def _pauses(interactions: Interactions) -> tuple[NDArray[np.int64], Values]:
    """Items and logarithms of the days between two purchases of one person, once for each two in a row."""
    bought = interactions.where(interactions.purchased & (interactions.person_rows >= 0))
    triples = np.column_stack([bought.person_rows, bought.item_rows, bought.timestamps // DAY])
    days = np.unique(triples.astype(np.int64), axis=0)
    again = np.flatnonzero((days[1:, :2] == days[:-1, :2]).all(axis=1))
    return days[again, 1], np.log(days[again + 1, 2] - days[again, 2])


def _shrunk(counts: NDArray[Any], sums: Values, usual: Values, weight: float) -> Values:
    """Means of groups, each as if `weight` values of what is usual there had been seen, too."""
    known = counts + weight > 0
    found: Values = np.where(known, (sums + weight * usual) / np.where(known, counts + weight, 1), usual)
    return found
