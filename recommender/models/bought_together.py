"""Items bought in the same order more often than chance explains."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat, PositiveInt

from recommender.models.arrays import IntArray
from recommender.models.blocks import BLOCKS, Blocks
from recommender.models.neighbours import NeighbourModel

if TYPE_CHECKING:
    from recommender.models.cooccurrence import Baskets, Score

Doubles = NDArray[np.float64]


class BoughtTogetherConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :func:`fit_bought_together`."""

    neighbours: PositiveInt = 100
    """How many companions an item keeps."""
    min_likelihood_ratio: NonNegativeFloat = 6.63
    """Log-likelihood ratio below which a pair may be chance (6.63: one in a hundred)."""
    lift: NonNegativeFloat = 0.4
    """1 ranks by lift, 0 by how often the pair is bought; between them neither rarities nor best sellers win."""
    shrinkage: NonNegativeFloat = 5.0
    """Orders that every item is counted to have beside its own, so that a rare pair needs evidence."""
    basket_exponent: NonNegativeFloat = 0.7
    """How strongly orders of many items are discounted."""
    min_support: PositiveInt = 2
    """Orders that must hold both items."""
    max_basket: PositiveInt = 200
    """Longer orders are a wholesaler's list, not a combination; only this many of their items count."""
    half_life_days: PositiveFloat = 180
    """Age at which an order counts half."""


def fit_bought_together(baskets: "Baskets", config: BoughtTogetherConfig, blocks: Blocks = BLOCKS) -> NeighbourModel:
    """Find what is bought together: pairs that pass the gate, ranked by tempered, shrunk lift; block by block."""
    from recommender.models.cooccurrence import top_pairs

    baskets = baskets.latest(config.max_basket)
    strength = baskets.weights * np.maximum(baskets.sizes(), 1).astype(np.float64) ** -config.basket_exponent
    return NeighbourModel.from_parts(
        top_pairs(
            baskets,
            strength,
            score=gated(baskets.item_degrees(), len(baskets.weights), config),
            k=config.neighbours,
            min_support=config.min_support,
            cells=blocks.pairs,
        )
    )


def gated(degrees: IntArray, orders: int, config: BoughtTogetherConfig) -> "Score":
    """What a pair is worth; 0 where it may be chance.

    Args:
        degrees: orders that hold each item.
        orders: all orders.
        config: what may be chance, and how pairs are ranked.
    """
    degree = degrees.astype(np.float64)
    # The item's own popularity changes no order within its list, but lets the lists of a cart be added up.
    source, target = (degree + config.shrinkage) ** -0.5, (degree + config.shrinkage) ** -config.lift

    def score(rows: IntArray, others: IntArray, together: Doubles, counts: IntArray) -> Doubles:
        ratio = likelihood_ratio(counts.astype(np.float64), degree[rows], degree[others], orders)
        more = counts > degree[rows] * degree[others] / max(orders, 1)
        gate = (ratio >= config.min_likelihood_ratio) & more
        return np.where(gate, source[rows] * together * target[others], 0.0)

    return score


def likelihood_ratio(both: Doubles, first: Doubles | float, second: Doubles, orders: int) -> Doubles:
    """Dunning's log-likelihood ratio of two items being in the same orders.

    Args:
        both: orders with both items.
        first: orders with the first item.
        second: orders with the second item.
        orders: all orders.
    """
    only_first, only_second = first - both, second - both
    neither = orders - first - second + both
    rows = _entropy(both + only_first, only_second + neither)
    columns = _entropy(both + only_second, only_first + neither)
    cells = _entropy(both, only_first, only_second, neither)
    ratio: Doubles = np.maximum(2.0 * (rows + columns - cells), 0.0)
    return ratio


def _entropy(*counts: Doubles) -> Doubles:
    return _plogp(sum(counts, np.zeros(()))) - sum((_plogp(count) for count in counts), np.zeros(()))


def _plogp(count: Doubles) -> Doubles:
    return np.where(count > 0, count * np.log(np.maximum(count, 1e-300)), 0.0)
