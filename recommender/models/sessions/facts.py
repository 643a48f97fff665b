"""What is known of each item by itself: how much it is met, whether ever more, and whether people come back to it."""

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray
from recommender.models.interactions import decay
from recommender.models.sessions.features import Facts
from recommender.models.sessions.steps import Sessions

RECENT_DAYS = 30.0
TREND_DAYS = 7.0
"""Half lives of what an item's popularity counts, and of what its trend compares with that."""
DOUBT = 5.0
"""Sessions by which shares are pulled towards the average."""


def facts(sessions: Sessions, prices: FloatArray, categories: IntArray) -> Facts:
    """Gather the facts; `prices` and `categories` are those of the vocabulary."""
    owners, items = sessions.owners(), sessions.item_rows
    ages = sessions.ages_days[owners]
    recent = _counted(items, decay(ages, RECENT_DAYS), sessions.items)
    newest = _counted(items, decay(ages, TREND_DAYS), sessions.items)
    age = np.zeros(sessions.items, np.float32)
    np.maximum.at(age, items, ages)
    expected = recent * newest.sum() / max(float(recent.sum()), 1e-9)
    return Facts(
        popularity=np.log1p(recent).astype(np.float32),
        trend=np.log((newest + 1) / (expected + 1)).astype(np.float32),
        repeat_rate=_repeat_rate(sessions, owners),
        age=age,
        prices=prices.astype(np.float32),
        categories=categories.astype(np.int32),
    )


def _counted(items: IntArray, weights: FloatArray, size: int) -> NDArray[np.float64]:
    return np.bincount(items, weights, minlength=size).astype(np.float64)


def _repeat_rate(sessions: Sessions, owners: IntArray) -> FloatArray:
    """Share of the sessions with an item that met it again."""
    pairs, times = np.unique(owners.astype(np.int64) * sessions.items + sessions.item_rows, return_counts=True)
    met = np.bincount(pairs % sessions.items, minlength=sessions.items)
    again = np.bincount(pairs % sessions.items, times > 1, minlength=sessions.items)
    average = again.sum() / max(met.sum(), 1)
    shares: FloatArray = ((again + DOUBT * average) / (met + DOUBT)).astype(np.float32)
    return shares
