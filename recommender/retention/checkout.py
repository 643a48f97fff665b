"""Whether a code holds at checkout, and what it comes to: pure, from what was promised and what is bought."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from recommender.retention.cart import Cart
from recommender.retention.discount import Benefit, benefit
from recommender.retention.offers import Offer
from recommender.retention.reason import Reason

HOLD = timedelta(minutes=15)
"""Who validated a code before its deadline may pay so long."""


class Refusal(StrEnum):
    """Why a code does not hold."""

    UNKNOWN = "unknown"
    """The shop has no such code, or has not given it to anybody."""
    EXPIRED = "expired"
    """Its time is over."""
    REDEEMED = "redeemed"
    """It was used."""
    ONCE = "once"
    """This customer used a code of the same campaign."""
    OWNER = "owner"
    """It is another customer's."""
    STACKING = "stacking"
    """It cannot be used together with the others."""
    CURRENCY = "currency"
    """The cart is in another currency."""
    MINIMUM = "minimum"
    """The cart is worth too little."""
    MARGIN = "margin"
    """It would leave less than the margin floor."""
    BUDGET = "budget"
    """The campaign's budget is used up."""
    EMPTY = "empty"
    """The balance holds nothing that could be spent."""


_DETAILS = {
    Refusal.UNKNOWN: "no such code was given to anybody",
    Refusal.EXPIRED: "the offer has ended",
    Refusal.REDEEMED: "the code was used with another order",
    Refusal.ONCE: "this customer used a code of the same campaign already",
    Refusal.OWNER: "the code belongs to another customer",
    Refusal.STACKING: "the code cannot be used together with the other codes",
    Refusal.MARGIN: "the items leave too little margin for this discount, or their cost is unknown",
    Refusal.BUDGET: "the campaign's budget is used up",
    Refusal.EMPTY: "there is no cashback that could be spent on this order",
}


@dataclass(frozen=True)
class Refused:
    """A code that does not hold."""

    reason: Refusal
    detail: str

    @classmethod
    def because(cls, reason: Refusal, detail: str = "") -> "Refused":
        """With the usual sentence."""
        return cls(reason, detail or _DETAILS[reason])


@dataclass(frozen=True)
class Promise:
    """What a code stands for."""

    offer: Offer
    ends_at: datetime | None = None
    held_until: datetime | None = None
    """Who validated it in time may redeem it until then."""
    reserved: Decimal | None = None
    """What the budget set aside for it."""
    currency: str | None = None
    """The budget's."""


def judged(
    promise: Promise,
    cart: Cart,
    now: datetime,
    *,
    others: Iterable[Offer] = (),
    taken: Decimal = Decimal(),
    gift_worth: Decimal | None = None,
    paying: bool = False,
) -> Benefit | Refused:
    """What a promise comes to for a cart.

    Args:
        promise: what was promised.
        cart: what is bought, with costs where there is a margin floor.
        now: the moment at checkout.
        others: offers of the other codes that are used with it.
        taken: what these take off.
        gift_worth: what the gift costs the shop, where the offer does not say.
        paying: it is redeemed, not only asked for.
    """
    if _over(promise, now, paying=paying):
        return Refused.because(Refusal.EXPIRED)
    offer, stacked = promise.offer, [*others]
    if stacked and not all(one.stackable for one in (offer, *stacked)):
        return Refused.because(Refusal.STACKING)
    if promise.currency not in {None, cart.currency}:
        return Refused.because(Refusal.CURRENCY, _currency(promise.currency, cart))
    found = benefit(offer, cart, gift_worth=gift_worth, taken=taken)
    if isinstance(found, Reason):
        return Refused.because(Refusal(found.value), _detail(found, offer, cart))
    # What was set aside was reckoned when it was promised; an item given may have become dearer since.
    return found if promise.reserved is None else _within(found, promise.reserved)


def _over(promise: Promise, now: datetime, *, paying: bool) -> bool:
    if promise.ends_at is None or now < promise.ends_at:
        return False
    return not (paying and promise.held_until is not None and now < promise.held_until)


def _within(found: Benefit, reserved: Decimal) -> Benefit:
    return replace(
        found,
        discount=min(found.discount, reserved),
        cashback=min(found.cashback, reserved),
        cost=min(found.cost, reserved),
    )


def _detail(reason: Reason, offer: Offer, cart: Cart) -> str:
    if reason is Reason.CURRENCY:
        return _currency(offer.currency, cart)
    if reason is Reason.MINIMUM:
        return f"the cart must be worth {_least(offer)} {cart.currency}; it is worth {cart.total}"
    return ""


def _currency(wanted: str | None, cart: Cart) -> str:
    return f"the code is for carts in {wanted}, not {cart.currency}"


def _least(offer: Offer) -> str:
    above = offer.tiers[0].above if offer.tiers else None
    least = "" if offer.minimum is None else f"at least {offer.minimum}"
    if above is None or (offer.minimum is not None and offer.minimum > above):
        return least
    return f"more than {above}"
