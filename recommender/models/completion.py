"""What each item of a basket adds to the chances of others when all of the basket is known.

Counting pairs over-counts: five mugs of one series all vote for the sixth, and a best seller goes with everything. A
ridge regression for each item on those that it is bought with tells their shares apart, so that votes may be added
up, and some of them count against an item. It is EASE (Steck, 2019) with the few predictors that matter instead of
the whole catalogue, so it grows with the number of items and not with its cube.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat, PositiveInt

from recommender.models.arrays import FloatArray, IntArray
from recommender.models.neighbours import NeighbourModel, Neighbours

if TYPE_CHECKING:
    from recommender.models.cooccurrence import Baskets

Doubles = NDArray[np.float64]
NEGLIGIBLE = 1e-4
"""Shares smaller than this change no list."""


class CompletionConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :func:`fit_completion`."""

    predictors: PositiveInt = 100
    """Items among which each item's regression looks for its reasons."""
    regularization: PositiveFloat = 6.0
    """How strongly shares are held small: weighted orders that every item is counted to have on its own."""
    basket_exponent: NonNegativeFloat = 0.4
    """How strongly orders of many items are discounted."""
    target_exponent: NonNegativeFloat = 0.15
    """How strongly the popularity of what is proposed is discounted."""


def fit_completion(baskets: "Baskets", candidates: NeighbourModel, config: CompletionConfig) -> NeighbourModel:
    """Find for every item what it adds to others.

    Args:
        baskets: orders, lighter the older they are.
        candidates: which items to look among: each item's are the best of its list.
        config: how many of them, and how strongly shares are held small.

    Returns:
        For each item those that it speaks for or against, the highest share first; without support.
    """
    from scipy.sparse import csc_array

    sizes = np.maximum(baskets.sizes(), 1).astype(np.float64)
    strength = np.sqrt(baskets.weights * sizes**-config.basket_exponent)
    shape = (len(baskets.weights), baskets.items)
    orders = csc_array((strength[baskets.basket_rows], (baskets.basket_rows, baskets.item_rows)), shape=shape)
    discount = np.maximum(baskets.item_degrees(), 1).astype(np.float64) ** -config.target_exponent
    found = [
        (rows, (_shares(orders, rows, target, config.regularization) * discount[target]).astype(np.float32))
        for target in range(baskets.items)
        for rows in [candidates.neighbours(target).rows[: config.predictors]]
    ]
    return _turned([rows for rows, _ in found], [shares for _, shares in found])


def _shares(orders: Any, rows: IntArray, target: int, regularization: float) -> Doubles:
    """The ridge regression of one item on those in `rows`."""
    if not len(rows):
        return np.empty(0)
    reasons = orders[:, rows]
    together = (reasons.T @ reasons).toarray()
    wanted = (reasons.T @ orders[:, [target]]).toarray()[:, 0]
    together[np.diag_indices(len(rows))] += regularization
    shares: Doubles = np.linalg.solve(together, wanted)
    return shares


def _turned(rows: list[IntArray], shares: list[FloatArray]) -> NeighbourModel:
    """Lists by target as lists by source."""
    targets = np.repeat(np.arange(len(rows), dtype=np.int32), [len(found) for found in rows])
    sources = np.concatenate([np.empty(0, np.int32), *rows])
    values = np.concatenate([np.empty(0, np.float32), *shares])
    kept = np.abs(values) >= NEGLIGIBLE
    sources, targets, values = sources[kept], targets[kept], values[kept]
    order = np.lexsort((targets, -values, sources))
    cuts = np.searchsorted(sources[order], np.arange(1, len(rows)))
    places = np.split(order, cuts)
    return NeighbourModel.from_lists(
        [Neighbours(targets[place], values[place], np.zeros(len(place), np.int32)) for place in places]
    )
