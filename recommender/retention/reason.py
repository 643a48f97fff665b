"""Why a popup is not shown."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """One word for logs, answers and reports."""

    UNKNOWN_CAMPAIGN = "unknown_campaign"
    DISABLED = "disabled"
    SCHEDULE = "schedule"
    WHERE = "where"
    WHOM = "whom"
    CONSENT = "consent"
    CAP = "cap"
    COOLDOWN = "cooldown"
    DISMISSED = "dismissed"
    CONVERTED = "converted"
    HOLDOUT = "holdout"
    OFFER_HOLDOUT = "offer_holdout"
    DOES_NOT_PAY = "does_not_pay"
    BUDGET = "budget"
    MARGIN = "margin"
    STOCK = "stock"
    SOLD_OUT = "sold_out"
    FARMING = "farming"
    ENDED = "ended"
    EXPIRED = "expired"
    UNAVAILABLE = "unavailable"
    CURRENCY = "currency"
    MINIMUM = "minimum"

    @property
    def explanation(self) -> str:
        """A sentence for whoever asks why."""
        return EXPLANATIONS[self]


COMPARED: Final = frozenset({Reason.HOLDOUT, Reason.OFFER_HOLDOUT, Reason.DOES_NOT_PAY})
"""What nothing but a comparison says: the caps count it as if the popup had been shown, so that groups compare."""

EXPLANATIONS: Final[Mapping[Reason, str]] = {
    Reason.UNKNOWN_CAMPAIGN: "no campaign is called so",
    Reason.DISABLED: "the campaign is switched off",
    Reason.SCHEDULE: "it is not its time",
    Reason.WHERE: "it does not stand on this page",
    Reason.WHOM: "it is not for this visitor",
    Reason.CONSENT: "the visitor did not allow what it needs",
    Reason.CAP: "the visitor saw it often enough",
    Reason.COOLDOWN: "the visitor saw a popup a moment ago",
    Reason.DISMISSED: "the visitor closed it",
    Reason.CONVERTED: "the visitor took it already",
    Reason.HOLDOUT: "the visitor is among those who see none, for comparison",
    Reason.OFFER_HOLDOUT: "the visitor is among those who are made no offer, for comparison",
    Reason.DOES_NOT_PAY: "the offer is expected to cost more than it earns with this visitor",
    Reason.BUDGET: "what is left of the budget does not cover it",
    Reason.MARGIN: "it would leave less than the margin floor, or the cost of an item is unknown",
    Reason.STOCK: "an item that it needs is sold out",
    Reason.SOLD_OUT: "the pool has no code left",
    Reason.FARMING: "the campaign gave as many codes as it may within an hour",
    Reason.ENDED: "the visitor let a timed offer lapse; it does not come back as another one",
    Reason.EXPIRED: "the page asked too late",
    Reason.UNAVAILABLE: "the parts that decide cannot be reached",
    Reason.CURRENCY: "the cart is in another currency",
    Reason.MINIMUM: "the cart is worth too little",
}
