"""What sells, what is rising, and since when each item has been there."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat, PositiveInt

from recommender.days import DAY
from recommender.models.arrays import FloatArray, IntArray, load_arrays, save_arrays
from recommender.models.interactions import Interactions, decay

Doubles = NDArray[np.float64]
Daily = tuple[IntArray, FloatArray]
"""Item rows and ages of interactions; see :func:`_daily`."""


class PopularityConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`PopularityModel.fit`."""

    half_life_days: PositiveFloat = 30
    """Age at which a purchase counts half for best sellers."""
    trending_days: PositiveInt = 7
    """How many of the last days are compared with the time before."""
    trending_significance: NonNegativeFloat = 3.0
    """How unlikely a rise must be to count: twice its log-likelihood ratio."""
    momentum_days: PositiveInt = 14
    """How many of the last days tell whether an item is in season."""
    momentum_shrinkage: PositiveFloat = 3.0
    """People who are counted on both sides, so that a few say little."""
    min_trending: PositiveInt = 3
    """People who must have shown interest in those days."""


class Counts(NamedTuple):
    """What is counted of a log for :meth:`PopularityModel.of`; one value an item, each person once an item and day."""

    sold: Doubles
    """Purchases, old ones counting less; any interest where the shop knows no purchase."""
    recent: Doubles
    """Interest in the last `trending_days`."""
    before: Doubles
    """And before them."""
    lately: Doubles
    """Interest in the last `momentum_days`."""
    earlier: Doubles
    """And before them."""
    first: Doubles
    """Unix seconds of the first interaction; inf: there is none."""
    purchases: IntArray
    """Rows of the log."""
    views: IntArray
    """Other rows of the log."""

    @classmethod
    def of(cls, interactions: Interactions, config: PopularityConfig) -> Self:
        """Count cleaned log rows."""
        items, purchased = len(interactions.items), interactions.purchased
        kept = purchased if purchased.any() else np.ones(len(interactions), bool)
        daily = _daily(interactions)
        first = np.full(items, np.inf)
        np.minimum.at(first, interactions.item_rows, interactions.timestamps)
        return cls(
            _sold(interactions.where(kept), config),
            *_parted(daily, items, config.trending_days),
            *_parted(daily, items, config.momentum_days),
            first,
            np.bincount(interactions.item_rows[purchased], minlength=items).astype(np.int32),
            np.bincount(interactions.item_rows[~purchased], minlength=items).astype(np.int32),
        )


@dataclass(frozen=True, eq=False)
class PopularityModel:
    """One value an item for each question; the same for every visitor."""

    best_sellers: FloatArray
    """People who bought the item, recent ones counting more; people who viewed it when the shop knows no purchase."""
    trending: FloatArray
    """How surely interest has risen; 0: not."""
    momentum: FloatArray
    """Logarithm of recent interest as a multiple of what was to be expected: above 0 in season, below 0 past it."""
    added_day: FloatArray
    """Days since 1970 when the item first came up; nan: unknown."""
    purchases: IntArray
    """Purchases of the item in all."""
    views: IntArray
    """Other interactions with the item in all."""

    def __len__(self) -> int:
        return len(self.best_sellers)

    @classmethod
    def fit(cls, interactions: Interactions, added_day: FloatArray, config: PopularityConfig) -> Self:
        """Count `interactions`.

        Args:
            interactions: cleaned log rows.
            added_day: what the catalogue says of when items came; nan: nothing.
            config: half-life and what counts as a rise.
        """
        return cls.of(Counts.of(interactions, config), added_day, config)

    @classmethod
    def of(cls, counts: Counts, added_day: FloatArray, config: PopularityConfig) -> Self:
        """The model of these counts; see :meth:`fit`."""
        return cls(
            best_sellers=counts.sold.astype(np.float32),
            trending=_trending(counts.recent, _expected(counts.recent, counts.before), config),
            momentum=_momentum(counts.lately, counts.earlier, config),
            added_day=_first_seen(counts.first, added_day),
            purchases=counts.purchases,
            views=counts.views,
        )

    def save(self, folder: Path) -> None:
        """Write the values below `folder`."""
        save_arrays(folder, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, *cls.__dataclass_fields__))


def _daily(interactions: Interactions) -> Daily:
    """Item rows and ages with each person counted once an item and day: a crowd, not one busy hand."""
    days = interactions.timestamps // DAY
    nobody = -1 - np.arange(len(days))
    who = np.where(interactions.person_rows >= 0, interactions.person_rows, nobody)
    order = np.lexsort((interactions.ages_days, interactions.item_rows, who, days))
    keys = np.stack([days[order], who[order], interactions.item_rows[order]])
    first = np.ones(len(order), bool)
    first[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    kept = order[first]
    return interactions.item_rows[kept], interactions.ages_days[kept]


def _sold(interactions: Interactions, config: PopularityConfig) -> Doubles:
    rows, ages = _daily(interactions)
    weights = decay(ages, config.half_life_days)
    return np.bincount(rows, weights, minlength=len(interactions.items)).astype(np.float64)


def _parted(daily: Daily, items: int, days: int) -> tuple[Doubles, Doubles]:
    """People interested in each item in the last `days`, and before."""
    rows, ages = daily
    latest = ages < days
    recent = np.bincount(rows[latest], minlength=items).astype(np.float64)
    before = np.bincount(rows[~latest], minlength=items).astype(np.float64)
    return recent, before


def _expected(recent: Doubles, before: Doubles) -> Doubles:
    """How many people were to be expected from the time before.

    The time before is scaled to the traffic of the recent days: a busy week lifts no item by itself.
    """
    return (before + 0.5) * recent.sum() / before.sum() if before.sum() else recent


def _trending(recent: Doubles, expected: Doubles, config: PopularityConfig) -> FloatArray:
    surprise = rise(recent, expected)
    kept = (surprise >= config.trending_significance) & (recent >= config.min_trending)
    return np.where(kept, surprise, 0.0).astype(np.float32)


def _momentum(recent: Doubles, before: Doubles, config: PopularityConfig) -> FloatArray:
    expected, noise = _expected(recent, before), recent.sum() / max(before.sum(), 1)  # traffic as a multiple
    trust = min(1 / config.momentum_shrinkage, unevenness(recent, expected, noise))
    return np.log((trust * recent + 1) / (trust * expected + 1)).astype(np.float32)


def unevenness(recent: Doubles, expected: Doubles, noise: float) -> float:
    """How far items really differ from what was expected of them; 0 where chance explains it all.

    Counts are Poisson around what was expected times a factor of the item's own, gamma around 1. The variance of that
    factor, by moments, is what counts differ more than chance explains; in the posterior mean (r + k) / (e + k) of the
    factor its inverse is k (Robbins 1956).

    Args:
        recent: counts.
        expected: what they are compared with.
        noise: variance of each expectation as a multiple of it, since it was counted as well.
    """
    surplus = float(((recent - expected) ** 2 - recent - noise * expected).sum())
    return max(surplus, 0.0) / max(float((expected**2).sum()), 1e-12)


def rise(seen: Doubles, expected: Doubles) -> Doubles:
    """Twice the log-likelihood ratio of a Poisson count that is above what was expected; 0 when it is not."""
    above = seen > expected
    ratio = np.where(above, seen, 1.0) / np.where(above, np.maximum(expected, 1e-12), 1.0)
    return np.where(above, 2.0 * (seen * np.log(ratio) - (seen - expected)), 0.0)


def _first_seen(first: Doubles, added_day: FloatArray) -> FloatArray:
    seen = np.where(np.isfinite(first), np.floor(first / DAY), np.nan)
    return np.where(np.isnan(added_day), seen, added_day).astype(np.float32)
