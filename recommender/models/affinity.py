"""How much a person is drawn to each item, from what they did."""

from collections.abc import Iterator, Sequence
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


def affinity_nearby(
    models: "Models", rows: IntArray, weights: FloatArray, size: int, among: NDArray[np.bool_] | None = None
) -> tuple[IntArray, FloatArray]:
    """As :func:`affinity`, but only of the items that it can draw to most: for catalogues too large to look at each.

    Args:
        models: what was fitted.
        rows: items that the person chose.
        weights: how much each counts.
        size: items that each source proposes.
        among: one flag for each of the artifact's items that may be proposed; None: all.

    Returns:
        Rows in rising order, and their scores.
    """
    parts = [(1.0, *part) for part in _bonded(models, rows, weights, size, among)]
    if models.taste is not None and models.taste.factor_share and models.factors is not None and len(rows):
        # Found by direction and ordered by inner product: what the length of a vector adds, popularity, is mostly told
        # by the bonds as well, and lists by inner product alone would have to be searched through by the quarter.
        vector, index = models.factors.fold_in(rows, weights), models.factor_index
        near = index.search(vector[None], size, among)[0][0] if index is not None else np.empty(0, np.int32)
        found = _union([*(part[1] for part in parts), near[near >= 0]])
        parts.append((models.taste.factor_share, found, _scaled(models.factors.vectors[found] @ vector)))
    found = _union([part[1] for part in parts])
    total = np.zeros(len(found), np.float32)
    for share, own, scores in parts:
        total[np.searchsorted(found, own)] += np.float32(share) * scores
    return found, _scaled(total * np.exp(SEASON * np.asarray(models.popularity.momentum[found])))


def _bonded(
    models: "Models", rows: IntArray, weights: FloatArray, size: int, among: NDArray[np.bool_] | None
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Of each item-item model the items most bound to `rows`, scaled."""
    bonds = (models.views, models.purchases) if models.taste is None else (models.taste.bonds,)
    for model in bonds:
        if model is not None and len(rows):
            found, scores = model.gathered(rows, weights)
            scores = _scaled(scores)
            kept = scores > 0 if among is None else (scores > 0) & among[found]
            found, scores = found[kept], scores[kept]
            if len(found) > size:
                best = np.sort(np.argpartition(-scores, size)[:size])
                found, scores = found[best], scores[best]
            yield found, scores


def _union(groups: Sequence[IntArray]) -> IntArray:
    return np.unique(np.concatenate([np.empty(0, np.int32), *groups])).astype(np.int32)


def _scaled(scores: FloatArray) -> FloatArray:
    highest = scores.max(initial=0.0)
    return np.maximum(scores, 0.0) / highest if highest > 0 else np.zeros_like(scores)
