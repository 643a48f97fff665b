"""Whether a visitor meets a campaign with its offer or without, and by which draw. Pure."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from recommender.assignment import held_out
from recommender.retention.campaign import Campaign
from recommender.retention.reason import Reason

OFFERS = "offers"
"""The experiment that measures offers as a whole."""
TAKEN = frozenset({Reason.BUDGET, Reason.CURRENCY, Reason.SOLD_OUT, Reason.FARMING})
"""What only somebody can meet who is made the offer: it must not choose who is compared with those who are not."""


class Layer(NamedTuple):
    """A random group that a decision was made in."""

    experiment: str
    variant: str
    """`holdout` or `shown`."""
    propensity: float

    @classmethod
    def of(cls, experiment: str, share: float, *, out: bool) -> "Layer":
        """The group of somebody who is among the `share` that is left out, or not."""
        return cls(experiment, "holdout" if out else "shown", round(share if out else 1 - share, 9))


@dataclass(frozen=True, slots=True)
class Terms:
    """How somebody meets a campaign."""

    withheld: Reason | None = None
    """Why its offer is kept back; None: it is made."""
    layers: tuple[Layer, ...] = ()
    """Groups that the visitor enters when nothing else speaks against the campaign."""

    def logged(self) -> dict[str, Any]:
        """What the decision's event says of the groups; nothing outside of all."""
        return {"layers": [one._asdict() for one in self.layers]} if self.layers else {}


NO_TERMS = Terms()


def kept_from_offers(shop: str, visitor_id: str | None, share: float) -> bool:
    """Whether the visitor is held out of all offers; who may not be told apart is not."""
    return visitor_id is not None and held_out(shop, visitor_id, OFFERS, share)


def terms(campaign: Campaign, shop: str, visitor_id: str | None, share: float) -> Terms:
    """How a visitor meets a campaign.

    Args:
        campaign: which.
        shop: the shop's name.
        visitor_id: the browser; None may not be told apart.
        share: of all visitors who are made no offer.
    """
    if campaign.offer is None or visitor_id is None:
        return NO_TERMS
    out = kept_from_offers(shop, visitor_id, share)
    return Terms(Reason.OFFER_HOLDOUT if out else None, (Layer.of(OFFERS, share, out=out),))
