"""Offers only where they pay: (p1 - p0) · margin - p1 · discount above 0, once a holdout has shown it.

What the gate would have earned is estimated on visitors whom it was not learned from and whom chance gave the offer or
not, doubly robust. It stays off, and the campaign as it is, until the interval of its gain is above 0 both against
offering to nobody and against offering to everybody. A campaign that pays for nobody is not the gate's to end: its
experiment shows the loss.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommender.errors import InputError
from recommender.experiments.difference import ALPHA, Effect, Interval
from recommender.experiments.uplift import Chances

Values = NDArray[np.float64]


class GateReason(StrEnum):
    """Why an offer was made or not."""

    PAYS = "pays"
    DOES_NOT_PAY = "does_not_pay"
    UNPROVEN = "unproven"

    @property
    def explanation(self) -> str:
        """A sentence for whoever asks why."""
        return EXPLANATIONS[self]


EXPLANATIONS = {
    GateReason.PAYS: "the offer is expected to earn more than it costs with this visitor",
    GateReason.DOES_NOT_PAY: "the offer is expected to cost more than it earns with this visitor",
    GateReason.UNPROVEN: "the gate is off until its holdout shows that it earns more; the campaign offers to everybody",
}


class Decision(NamedTuple):
    """For one visitor."""

    offer: bool
    reason: GateReason
    expected: float
    """Gain in money from the offer; also told where the gate is off."""


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


@dataclass(frozen=True)
class Gate:
    """On or off."""

    on: bool = False

    def decide(self, without: float, offered: float, margin: float, discount: float) -> Decision:
        """For one visitor.

        Args:
            without: chance of buying without the offer, p0.
            offered: with it, p1.
            margin: what an order earns before the discount.
            discount: what the offer takes off it.
        """
        expected = (offered - without) * margin - offered * discount
        if not self.on:
            return Decision(True, GateReason.UNPROVEN, expected)
        return Decision(expected > 0, GateReason.PAYS if expected > 0 else GateReason.DOES_NOT_PAY, expected)


def gains(chances: Chances, margin: ArrayLike, discount: ArrayLike) -> Values:
    """Expected gain in money from the offer, of many visitors at once."""
    found: Values = (chances.offered - chances.without) * np.asarray(margin) - chances.offered * np.asarray(discount)
    return found


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
