"""Who belongs to a random group: a salted hash of the visitor, so that nobody has to remember it.

`tests/recommender/assignment_cases.json` holds for this module and for the snippet's `assignment.js` alike.
"""

from collections.abc import Mapping
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple

from recommender.errors import InputError

HOLDOUT, SHOWN = "holdout", "shown"
"""The two groups of a layer with a holdout."""
BUCKETS = 2**53
"""As many as a float tells apart exactly."""


def draw(shop: str, visitor_id: str, layer: str) -> float:
    """A number in [0, 1) that is always the same for one visitor in one layer, and unrelated between layers."""
    digest = sha256(f"{shop}\n{layer}\n{visitor_id}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / BUCKETS


def held_out(shop: str, visitor_id: str, layer: str, share: float) -> bool:
    """Whether the visitor is in the layer's holdout; raising `share` only ever adds visitors."""
    return draw(shop, visitor_id, layer) < share


class Layer(NamedTuple):
    """A random group that a decision was made in."""

    experiment: str
    variant: str
    """HOLDOUT or SHOWN."""
    propensity: float

    @classmethod
    def of(cls, experiment: str, share: float, *, out: bool) -> "Layer":
        """The group of somebody who is among the `share` that is left out, or not."""
        return cls(experiment, HOLDOUT if out else SHOWN, round(share if out else 1 - share, 9))


def variant(shop: str, visitor_id: str, layer: str, weights: Mapping[str, float]) -> str:
    """The variant that the visitor sees in a layer, always the same as long as the weights are.

    Args:
        shop: the shop's name.
        visitor_id: the browser.
        layer: what is decided; another layer decides independently.
        weights: how often each variant is drawn, relative to the others; each takes its part of [0, 1) in this order.

    Raises:
        InputError: no weight is above zero, or one is below.
    """
    total = sum(weights.values())
    if total <= 0 or min(weights.values()) < 0:
        raise InputError(
            "variants", dict(weights), "give every variant a weight from 0 up, and one of them more than 0"
        )
    place = draw(shop, visitor_id, layer) * total
    ends = zip(weights, accumulate(weights.values()), strict=True)
    return next((name for name, end in ends if place < end), max(weights, key=lambda name: weights[name]))
