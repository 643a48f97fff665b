"""Offers only where they pay: (p1 - p0) · margin - p1 · discount above 0, once a holdout has shown it.

It stays off, and the campaign as it is, until :mod:`.gate_trial` has shown that it earns more than offering to nobody
and than offering to everybody. A campaign that pays for nobody is not the gate's to end: its experiment shows the loss.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]


class GateReason(StrEnum):
    """Why an offer was made or not."""

    PAYS = "pays"
    DOES_NOT_PAY = "does_not_pay"
    UNPROVEN = "unproven"
    OUTSIDE = "outside"

    @property
    def explanation(self) -> str:
        """A sentence for whoever asks why."""
        return EXPLANATIONS[self]


EXPLANATIONS = {
    GateReason.PAYS: "the offer is expected to earn more than it costs with this visitor",
    GateReason.DOES_NOT_PAY: "the offer is expected to cost more than it earns with this visitor",
    GateReason.OUTSIDE: "the visitor is among those who stay outside the gate, so that it goes on being judged",
    GateReason.UNPROVEN: "the gate is off until its holdout shows that it earns more; the campaign offers to everybody",
}


class Chances(NamedTuple):
    """Of buying."""

    without: Values
    offered: Values


class Decision(NamedTuple):
    """For one visitor."""

    offer: bool
    reason: GateReason
    expected: float
    """Gain in money from the offer; also told where the gate is off."""


@dataclass(frozen=True)
class Gate:
    """On or off."""

    on: bool = False

    def decide(
        self, without: float, offered: float, margin: float, discount: float, *, outside: bool = False
    ) -> Decision:
        """For one visitor.

        Args:
            without: chance of buying without the offer, p0.
            offered: with it, p1.
            margin: what an order earns before the discount.
            discount: what the offer takes off it.
            outside: whether the visitor is among those whom it does not decide about.
        """
        expected = (offered - without) * margin - offered * discount
        if self.on and outside:
            return Decision(True, GateReason.OUTSIDE, expected)
        if not self.on:
            return Decision(True, GateReason.UNPROVEN, expected)
        return Decision(expected > 0, GateReason.PAYS if expected > 0 else GateReason.DOES_NOT_PAY, expected)


def gains(chances: Chances, margin: ArrayLike, discount: ArrayLike) -> Values:
    """Expected gain in money from the offer, of many visitors at once."""
    found: Values = (chances.offered - chances.without) * np.asarray(margin) - chances.offered * np.asarray(discount)
    return found
