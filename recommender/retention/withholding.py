"""Whether a visitor meets a campaign with its offer or without, and by which draw. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recommender.assignment import Layer, held_out
from recommender.experiments.gate import Decision, GateReason
from recommender.models.gates import Gates
from recommender.retention.campaign import Campaign
from recommender.retention.facts import Facts
from recommender.retention.features import features
from recommender.retention.reason import Reason

OFFERS = "offers"
"""The experiment that measures offers as a whole."""
OUTSIDE = 0.2
"""Share of visitors whom a gate does not decide about: by them it goes on being learned and judged."""
TAKEN = frozenset({Reason.BUDGET, Reason.CURRENCY, Reason.SOLD_OUT, Reason.FARMING})
"""What only somebody can meet who is made the offer: it must not choose who is compared with those who are not."""
UNPROVEN = Decision(True, GateReason.UNPROVEN, 0.0)


@dataclass(frozen=True, slots=True)
class Terms:
    """How somebody meets a campaign."""

    withheld: Reason | None = None
    """Why its offer is kept back; None: it is made."""
    layers: tuple[Layer, ...] = ()
    """Groups that the visitor enters when nothing else speaks against the campaign."""
    gate: Decision | None = None
    """What the campaign's gate says; None: it has none, or the visitor is held out of offers."""
    known: Mapping[str, Any] = field(default_factory=dict)
    """What the log says for gates to learn from: the offer's digest, the visitor's features, and the gate."""

    def applied(self, campaign: Campaign) -> Campaign:
        """The campaign as the visitor meets it."""
        return campaign if self.withheld is None else campaign.bare

    def logged(self) -> dict[str, Any]:
        """What the decision's event says of all this; nothing outside of all groups."""
        return {"layers": [one._asdict() for one in self.layers], **self.known} if self.layers else {}


NO_TERMS = Terms()


def kept_from_offers(shop: str, visitor_id: str | None, share: float) -> bool:
    """Whether the visitor is held out of all offers; who may not be told apart is not."""
    return visitor_id is not None and held_out(shop, visitor_id, OFFERS, share)


def terms(
    campaign: Campaign, facts: Facts, shop: str, visitor_id: str | None, share: float, gates: Gates | None = None
) -> Terms:
    """How a visitor meets a campaign.

    Args:
        campaign: which.
        facts: what is known of the visitor.
        shop: the shop's name.
        visitor_id: the browser; None may not be told apart.
        share: of all visitors who are made no offer.
        gates: what training has learned of offers.
    """
    if campaign.offer is None or visitor_id is None:
        return NO_TERMS
    out = kept_from_offers(shop, visitor_id, share)
    layers = [Layer.of(OFFERS, share, out=out)]
    digest, told = campaign.offer.digest, features(facts)
    known: dict[str, Any] = {"offer": digest, "facts": told}
    withheld, said = Reason.OFFER_HOLDOUT if out else None, None
    if campaign.gate:
        gate = None if gates is None else gates.of(campaign.id, digest)
        on = gate is not None and gate.standing.on
        known["gate"] = {"on": on, "outside": OUTSIDE}
        if not out:
            outside = held_out(shop, visitor_id, f"gate:{campaign.id}", OUTSIDE)
            said = UNPROVEN if gate is None else gate.decide(told, outside=outside)
            known["gate"] |= {"reason": said.reason.value, "expected": round(said.expected, 6)}
            layers += [Layer.of(f"gate:{campaign.id}", OUTSIDE, out=outside)] if on else []
            withheld = None if said.offer else Reason.DOES_NOT_PAY
    return Terms(withheld, tuple(layers), said, known)
