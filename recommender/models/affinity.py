"""How much a person is drawn to each item, from what they did."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import ByteArray, FloatArray, IntArray
from recommender.models.interactions import PURCHASE, decay

if TYPE_CHECKING:
    from recommender.models.models import Models

EVENT_INTEREST = np.array([0.5, 1.0, 2.0, 2.0, 2.0], np.float32)
"""How much interest an event shows, by its code; see EVENT_CODES."""

SEASON = np.float32(0.6)
"""How far the present season bends a person's taste: the exponent of an item's momentum."""


def interest(events: ByteArray, ages_days: NDArray[np.floating], *, half_life_days: float) -> FloatArray:
    """Weights of interactions for :func:`affinity`: stronger events count more, old ones less."""
    codes = np.minimum(events, PURCHASE)
    return np.multiply(EVENT_INTEREST[codes], decay(ages_days.astype(np.float32), half_life_days), dtype=np.float32)


def affinity(models: "Models", rows: IntArray, weights: FloatArray) -> FloatArray:
    """What people of the same taste choose, lifted when in season; 0 where nobody knows anything, 1 at most.

    Where too few people chose several items to compare tastes, the items of the same sessions and orders stand in.
    """
    total = np.zeros(len(models.items), np.float32)
    if not len(rows):
        return total
    if models.taste is not None:
        total += _scaled(models.taste.score(rows, weights))
        if models.factors is not None and models.taste.factor_share:
            vector = models.factors.fold_in(rows, weights)
            total += np.float32(models.taste.factor_share) * _scaled(models.factors.score(vector))
    else:
        for model in (models.views, models.purchases):
            total += _scaled(model.score(rows, weights)) if model is not None else 0
    return _scaled(total * np.exp(SEASON * np.asarray(models.popularity.momentum)))


def _scaled(scores: FloatArray) -> FloatArray:
    highest = scores.max(initial=0.0)
    return np.maximum(scores, 0.0) / highest if highest > 0 else np.zeros_like(scores)
