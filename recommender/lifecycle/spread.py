"""Between which numbers what customers will do is likely to lie."""

from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from recommender.lifecycle.histories import Floats, Statistics

BLOCK: Final = 4096
LEAST, MOST = 15, 4095
"""Purchases of which the chances are worked out: as many as leave `LEFT` to more."""
LEFT: Final = 1e-4
STEPS: Final = 48
"""Values at which a sum's distribution is worked out, and numbers of purchases that are told apart in it."""
REACH: Final = 3.5
"""How far those values go to both sides of a usual sum: up to 33 times as much."""
TINY: Final = 1e-12


class Counting(Protocol):
    """Knows how many purchases may come."""

    def expected(self, customers: Statistics, weeks: float) -> Floats:
        """Their mean, of each row."""

    def chances(self, customers: Statistics, weeks: float, most: int) -> Floats:
        """The chances of 0 to `most`, of each row."""


class Spread(NamedTuple):
    """Ends of an interval, one of each for every row."""

    low: Floats
    high: Floats


class Levels(NamedTuple):
    """Shares of the distribution that lie below the ends of an interval."""

    low: float
    high: float

    @classmethod
    def around(cls, coverage: float) -> "Levels":
        """The same share on both sides."""
        return cls((1 - coverage) / 2, (1 + coverage) / 2)


def spreads(
    model: Counting, customers: Statistics, weeks: float, levels: Levels, p: float, shape: Floats
) -> tuple[Spread, Spread]:
    """Intervals of the number of purchases, and of what they come to, in units of each customer's own scale.

    Given y purchases and a customer's scale s their sum is s times beta prime (p y, shape), because the sum of gammas
    of one rate is a gamma, whose rate is gamma. So everything but s is the same for all customers of one history.

    Args:
        model: how many purchases may come.
        customers: their histories.
        weeks: how far to look ahead.
        levels: of the ends.
        p: of the Gamma-Gamma model.
        shape: of the same, one for each row; see `GammaGamma.shape`.
    """
    number = Spread(np.zeros(len(customers)), np.zeros(len(customers)))
    value = Spread(np.zeros(len(customers)), np.zeros(len(customers)))
    order = np.argsort(model.expected(customers, weeks), kind="stable")  # rows of a block need as many chances
    for begin in range(0, len(order), BLOCK):
        rows = order[begin : begin + BLOCK]
        part = _rows(customers, rows)
        chances = _chances(model, part, weeks)
        below = np.cumsum(chances, axis=1)
        for side, level in enumerate(levels):
            number[side][rows] = (below < level).sum(axis=1).clip(max=chances.shape[1] - 1)
        value.low[rows], value.high[rows] = _sums(chances, p, shape[rows], levels)
    return number, value


def _rows(customers: Statistics, rows: NDArray[np.int64]) -> Statistics:
    return Statistics(
        customers.repeats[rows], customers.last[rows], customers.age[rows], customers.customers[rows], rows
    )


def _chances(model: Counting, customers: Statistics, weeks: float) -> Floats:
    most = LEAST
    while True:
        chances = model.chances(customers, weeks, most)
        if most >= MOST or float((1 - chances.sum(axis=1)).max()) < LEFT:
            return chances
        most = 2 * most + 1


def _sums(chances: Floats, p: float, shape: Floats, levels: Levels) -> tuple[Floats, Floats]:
    """Quantiles of a sum of values, whose number is random; 0 where nothing comes often enough."""
    counts, weights = _thinned(chances)
    none = chances[:, 0]
    usual = (weights @ counts) / np.maximum(1 - none, TINY)
    middle = p * usual / np.maximum(shape - 1, 0.1)  # the mean of beta prime, where there is one
    sums = middle[:, None] * np.exp(np.linspace(-REACH, REACH, STEPS))
    below = np.stack(
        [none + (weights * betainc(p * counts, shape[:, None], (at / (1 + at))[:, None])).sum(axis=1) for at in sums.T],
        axis=1,
    )
    low, high = (np.where(none >= level, 0.0, _quantile(below, sums, level)) for level in levels)
    return low, high


def _quantile(below: Floats, sums: Floats, level: float) -> Floats:
    """Where each row's distribution reaches a level, between the sums at which it is known."""
    rows, place = np.arange(len(sums)), (below < level).sum(axis=1).clip(1, sums.shape[1] - 1)
    before, after = below[rows, place - 1], below[rows, place]
    share = ((level - before) / np.maximum(after - before, TINY)).clip(0, 1)
    found: Floats = sums[rows, place - 1] ** (1 - share) * sums[rows, place] ** share
    return found


def _thinned(chances: Floats) -> tuple[Floats, Floats]:
    """Numbers of purchases from 1 on with their chances; many of them are gathered around fewer."""
    counts = np.arange(1, chances.shape[1], dtype=np.float64)
    if len(counts) <= STEPS:
        return counts, chances[:, 1:]
    edges = np.unique(np.rint(np.geomspace(1, len(counts) + 1, STEPS)).astype(int)) - 1
    weights = np.add.reduceat(chances[:, 1:], edges[:-1], axis=1)
    middles = np.add.reduceat(counts, edges[:-1]) / np.diff(edges)
    return middles, weights
