"""Cashback at checkout, on an open transaction: credited by one order, paid with on the next, and taken back."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from recommender import money
from recommender.errors import InputError
from recommender.records import cashback
from recommender.records.asking import Asked, Found, RolledBack, Valid
from recommender.retention import ledger
from recommender.retention.checkout import Refusal, Refused
from recommender.retention.discount import Benefit
from recommender.retention.offers import Offer

ZERO = Decimal()


def credited(
    connection: Connection, shop: str, asked: Asked, row: Any, reckoned: Benefit, now: datetime
) -> cashback.Account | None:
    """The balance after the order's cashback was credited; None where the offer is none."""
    offer = Offer.stored(row.offer)
    if offer.cashback is None:
        return None
    owner = _creditor(row)
    entries = cashback.settled(connection, shop, owner, reckoned.currency, now)
    if reckoned.cashback > 0:
        new = ledger.credit(
            entries,
            reckoned.cashback,
            now=now,
            expires_at=now + timedelta(days=offer.cashback.expires_days),
            order_id=asked.order_id or "",
            campaign_id=row.campaign_id,
        )
        cashback.add(connection, shop, owner, reckoned.currency, entries, new)
        cashback.code_of(connection, shop, owner, reckoned.currency, now)
    return cashback.account(connection, shop, owner, reckoned.currency, now)


def _creditor(row: Any) -> cashback.Owner:
    if row.customer_id is None and row.visitor_id is None:
        raise InputError("customer_id", None, "cashback is credited to somebody; send customer_id or visitor_id")
    return cashback.owner_of(row)


def payable(connection: Connection, shop: str, asked: Asked, found: Found, now: datetime) -> Valid | Refused:
    """What a cashback balance can pay of the order."""
    row, cart = found.row, asked.cart
    assert row is not None
    owner = cashback.owner_of(row)
    if owner.kind == "customer" and asked.person.customer_id not in {None, owner.id}:
        return Refused.because(Refusal.OWNER)
    if row.currency != cart.currency:
        return Refused.because(Refusal.CURRENCY, f"the balance is in {row.currency}, not {cart.currency}")
    entries = cashback.settled(connection, shop, owner, row.currency, now)
    paid = ZERO if asked.order_id is None else ledger.spent(entries, asked.order_id)
    left = ledger.spendable(entries, now, asked.order_id)
    amount = money.floored(paid or min(left, max(cart.total - found.taken, ZERO)), row.currency)
    if amount == 0:
        return Refused.because(Refusal.EMPTY)
    return Valid(row.code, None, Benefit(row.currency, discount=amount), ledger.first_end(entries, now))


def pay(connection: Connection, shop: str, asked: Asked, row: Any, reckoned: Benefit, now: datetime) -> None:
    """Enter what an order is paid with; once."""
    owner, order_id = cashback.owner_of(row), asked.order_id or ""
    entries = cashback.settled(connection, shop, owner, row.currency, now)
    if ledger.spent(entries, order_id) == 0:
        new = ledger.spend(entries, reckoned.discount, now=now, order_id=order_id)
        cashback.add(connection, shop, owner, row.currency, entries, new)


def unpaid(connection: Connection, shop: str, row: Any, order_id: str, now: datetime) -> RolledBack | None:
    """Enter what comes back from an order; None when it was not paid so."""
    owner = cashback.owner_of(row)
    entries = cashback.settled(connection, shop, owner, row.currency, now)
    back = ledger.spent(entries, order_id)
    if back > 0:
        new = ledger.give_back(entries, now=now, order_id=order_id)
        cashback.add(connection, shop, owner, row.currency, entries, new)
    else:
        back = ledger.given_back(entries, order_id)
    return (
        RolledBack(row.code, None, row.currency, back, money.from_minor(0, row.currency), usable=True)
        if back > 0
        else None
    )


def uncredited(connection: Connection, shop: str, row: Any, order_id: str, now: datetime) -> None:
    """Enter that an order did not earn its cashback."""
    if row.customer_id is None and row.visitor_id is None:
        return  # erased
    owner = cashback.owner_of(row)
    entries = cashback.settled(connection, shop, owner, row.currency, now)
    new = ledger.take_back(entries, now=now, order_id=order_id, campaign_id=row.campaign_id)
    cashback.add(connection, shop, owner, row.currency, entries, new)
