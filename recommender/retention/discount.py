"""What an offer comes to for a cart: pure, and rounded so that nobody gets more than was promised."""

from dataclasses import dataclass, replace
from decimal import Decimal

from recommender import money
from recommender.retention.cart import Cart
from recommender.retention.offers import Offer, Tier
from recommender.retention.reason import Reason

ZERO = Decimal()


@dataclass(frozen=True)
class Benefit:
    """What somebody gets."""

    currency: str
    discount: Decimal = ZERO
    """Off this order."""
    cashback: Decimal = ZERO
    """Credited for the next one."""
    free_shipping: bool = False
    gift: str | None = None
    """The item on top."""
    cost: Decimal = ZERO
    """What it costs the shop, as a budget counts it."""


@dataclass(frozen=True)
class NextTier:
    """How much more it takes to get more off."""

    missing: Decimal
    percent: Decimal


def benefit(offer: Offer, cart: Cart, *, gift_worth: Decimal | None = None, taken: Decimal = ZERO) -> Benefit | Reason:
    """What the offer comes to, or why it does not hold for this cart.

    Args:
        offer: what was promised.
        cart: what is bought, with costs where the offer has a margin floor.
        gift_worth: what the gift costs the shop, where the offer does not say.
        taken: what other codes take off already.
    """
    if offer.currency not in {None, cart.currency}:
        return Reason.CURRENCY
    total = cart.total
    if total < (offer.minimum or ZERO):
        return Reason.MINIMUM
    if offer.tiers is not None and _tier(offer.tiers, total) is None:
        return Reason.MINIMUM
    found = _most(offer, _reckoned(offer, cart, gift_worth, taken))
    return found if _leaves_margin(offer, cart, found.cost + taken) else Reason.MARGIN


def most_cost(offer: Offer, currency: str, *, gift_worth: Decimal | None = None) -> Decimal | None:
    """What it can cost at most, whatever is in the cart: what a budget sets aside. None where nothing bounds it."""
    bounds = [bound for bound in (offer.amount, offer.most) if bound is not None]
    if offer.free_shipping is not None:
        bounds.append(offer.free_shipping.worth)
    if offer.gift is not None:
        bounds.append(offer.gift.worth or gift_worth or ZERO)
    return money.raised(min(bounds), currency) if bounds else None


def next_tier(offer: Offer, cart: Cart) -> NextTier | None:
    """The next step of a progressive discount; None on the last one, and for other offers."""
    if offer.currency not in {None, cart.currency}:
        return None
    total = cart.total
    for tier in offer.tiers or ():
        if total <= tier.above:
            # Strictly above: one coin more than what is missing.
            return NextTier(tier.above - total + money.coin(cart.currency), tier.percent)
    return None


def _tier(tiers: tuple[Tier, ...], total: Decimal) -> Tier | None:
    return next((tier for tier in reversed(tiers) if total > tier.above), None)


def _reckoned(offer: Offer, cart: Cart, gift_worth: Decimal | None, taken: Decimal) -> Benefit:
    currency, total = cart.currency, cart.total
    left = max(total - taken, ZERO)
    if offer.cashback is not None:
        credit = money.share(left, offer.cashback.percent, currency)
        return Benefit(currency, cashback=credit, cost=credit)
    if offer.free_shipping is not None:
        return Benefit(currency, free_shipping=True, cost=offer.free_shipping.worth)
    if offer.gift is not None:
        return Benefit(currency, gift=offer.gift.item_id, cost=offer.gift.worth or gift_worth or ZERO)
    discount = min(_off(offer, total, currency), left)
    return Benefit(currency, discount=discount, cost=discount)


def _off(offer: Offer, total: Decimal, currency: str) -> Decimal:
    if offer.amount is not None:
        return offer.amount
    tier = None if offer.tiers is None else _tier(offer.tiers, total)
    percent = offer.percent if tier is None else tier.percent
    return ZERO if percent is None else money.share(total, percent, currency)


def _most(offer: Offer, found: Benefit) -> Benefit:
    def bounded(amount: Decimal) -> Decimal:
        return money.floored(amount if offer.most is None else min(amount, offer.most), found.currency)

    cost = found.cost if offer.most is None else min(found.cost, bounded(found.cost))
    return replace(found, discount=bounded(found.discount), cashback=bounded(found.cashback), cost=cost)


def _leaves_margin(offer: Offer, cart: Cart, given: Decimal) -> bool:
    """What is paid, less the cost, is at least the floor's share of what is paid."""
    if offer.margin_floor is None:
        return True
    cost = cart.cost
    return cost is not None and (cart.total - given) * (1 - offer.margin_floor) >= cost
