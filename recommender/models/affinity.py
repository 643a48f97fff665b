"""How much a person is drawn to each item, from what they did: item-item lists and vectors together."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import ByteArray, FloatArray, IntArray
from recommender.models.interactions import PURCHASE, decay

if TYPE_CHECKING:
    from recommender.models.models import Models

EVENT_INTEREST = np.array([0.5, 1.0, 2.0, 2.0, 2.0], np.float32)
"""How much interest an event shows, by its code; see EVENT_CODES."""

VIEWS_SHARE, PURCHASES_SHARE, FACTORS_SHARE = np.float32(1.0), np.float32(0.3), np.float32(0.7)
"""What each model counts, every one scaled to 1 at most."""
SEASON = np.float32(0.6)
"""How far the present season bends a person's taste: the exponent of an item's momentum."""


def interest(events: ByteArray, ages_days: NDArray[np.floating], *, half_life_days: float = 90.0) -> FloatArray:
    """Weights of interactions for :func:`affinity`: stronger events count more, old ones less."""
    codes = np.minimum(events, PURCHASE)
    return np.multiply(EVENT_INTEREST[codes], decay(ages_days.astype(np.float32), half_life_days), dtype=np.float32)


def affinity(models: "Models", rows: IntArray, weights: FloatArray) -> FloatArray:
    """Blend what each model says, lifting what is in season; 0 where none knows anything, 1 at most."""
    total = np.zeros(len(models.items), np.float32)
    if not len(rows):
        return total
    if models.views is not None:
        total += VIEWS_SHARE * _scaled(models.views.score(rows, weights))
    if models.purchases is not None:
        total += PURCHASES_SHARE * _scaled(models.purchases.score(rows, weights))
    if models.factors is not None:
        total += FACTORS_SHARE * _scaled(models.factors.score(models.factors.fold_in(rows, weights)))
    return _scaled(total * np.exp(SEASON * np.asarray(models.popularity.momentum)))


def _scaled(scores: FloatArray) -> FloatArray:
    highest = scores.max(initial=0.0)
    return np.maximum(scores, 0.0) / highest if highest > 0 else np.zeros_like(scores)
