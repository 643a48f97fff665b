"""Why a popup is not shown."""

from enum import StrEnum


class Reason(StrEnum):
    """One word for logs, answers and reports, and a sentence for whoever asks why."""

    explanation: str

    def __new__(cls, word: str, explanation: str) -> "Reason":
        """A reason that is equal to its word."""
        member = str.__new__(cls, word)
        member._value_, member.explanation = word, explanation
        return member

    UNKNOWN_CAMPAIGN = "unknown_campaign", "no campaign is called so"
    DISABLED = "disabled", "the campaign is switched off"
    SCHEDULE = "schedule", "it is not its time"
    WHERE = "where", "it does not stand on this page"
    WHOM = "whom", "it is not for this visitor"
    CONSENT = "consent", "the visitor did not allow what it needs"
    CAP = "cap", "the visitor saw it often enough"
    COOLDOWN = "cooldown", "the visitor saw a popup a moment ago"
    DISMISSED = "dismissed", "the visitor closed it"
    CONVERTED = "converted", "the visitor took it already"
    HOLDOUT = "holdout", "the visitor is among those who see none, for comparison"
    BUDGET = "budget", "what is left of the budget does not cover it"
    MARGIN = "margin", "it would leave less than the margin floor, or the cost of an item is unknown"
    STOCK = "stock", "an item that it needs is sold out"
    SOLD_OUT = "sold_out", "the pool has no code left"
    FARMING = "farming", "the campaign gave as many codes as it may within an hour"
    ENDED = "ended", "the visitor let a timed offer lapse; it does not come back as another one"
    EXPIRED = "expired", "the page asked too late"
    UNAVAILABLE = "unavailable", "the parts that decide cannot be reached"
    CURRENCY = "currency", "the cart is in another currency"
    MINIMUM = "minimum", "the cart is worth too little"
