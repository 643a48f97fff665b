"""Whether a gate pays: estimated doubly robust on visitors it was not learned from, offered something by chance."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.errors import InputError
from recommender.experiments.difference import ALPHA, Effect, Interval
from recommender.experiments.gate import Chances, gains

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Trial:
    """What the gate gained on its holdout, for each visitor."""

    over_never: Effect
    """Against offering to nobody."""
    over_always: Effect
    """Against offering to everybody."""
    offered: float
    """Share of visitors whom it would offer to."""
    visitors: int

    def intervals(self, alpha: float = ALPHA) -> tuple[Interval, Interval]:
        """Of both gains."""
        return self.over_never.interval(alpha), self.over_always.interval(alpha)

    def proven(self, alpha: float = ALPHA) -> bool:
        """Whether both intervals are above 0."""
        return min(interval.low for interval in self.intervals(alpha)) > 0


def trial(
    chances: Chances,
    offered: ArrayLike,
    bought: ArrayLike,
    *,
    margin: ArrayLike,
    discount: ArrayLike,
    propensity: ArrayLike,
) -> Trial:
    """Judge the gate by visitors whom it was not learned from.

    Args:
        chances: foretold of each.
        offered: whether chance gave the visitor the offer.
        bought: whether the visitor did then.
        margin: what an order earns before the discount, of each or of all.
        discount: what the offer takes off it.
        propensity: chance that the visitor was offered.
    """
    given, right = np.asarray(offered, bool), np.asarray(bought, np.float64)
    earns = np.broadcast_to(np.asarray(margin, np.float64), right.shape)
    left = earns - np.asarray(discount, np.float64)
    share = np.broadcast_to(np.asarray(propensity, np.float64), right.shape)
    if len(share) and not 0 < share.min() <= share.max() < 1:
        raise InputError("propensity", float(share.min()), "judge by visitors whom chance could give the offer or not")
    with_offer = chances.offered * left + given / share * (right - chances.offered) * left
    without = chances.without * earns + ~given / (1 - share) * (right - chances.without) * earns
    opened = gains(chances, margin, discount) > 0
    better = with_offer - without
    return Trial(
        _mean(np.where(opened, better, 0.0)),
        _mean(np.where(opened, 0.0, -better)),
        float(opened.mean()) if len(opened) else 0.0,
        len(opened),
    )


def _mean(values: Values) -> Effect:
    if len(values) < 2:
        return Effect(float("nan"), float("nan"))
    return Effect(float(values.mean()), float(values.std(ddof=1)) / sqrt(len(values)))
