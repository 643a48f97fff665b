"""Codes used and taken back, on an open transaction; each step can be repeated for the same order."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, update

from recommender import money
from recommender.records import budgets, cashback, giving, paying
from recommender.records.asking import BALANCE, Asked, Found, RolledBack, Valid
from recommender.records.checkout import costs_at_most, find, judge, unknown, with_key
from recommender.records.database import lock
from recommender.records.giving import GIVEN, LAPSED, REDEEMED
from recommender.records.tables import COUPONS
from recommender.retention import codes
from recommender.retention.checkout import Refused
from recommender.retention.discount import Benefit
from recommender.retention.offers import Budget, Offer

ZERO = Decimal()


def redeem(connection: Connection, shop: str, asked: Asked, now: datetime) -> Valid | Refused:
    """Use the code for an order; again for the same one, it is what it was."""
    found = find(connection, shop, asked)
    if found is None:
        return unknown(connection, shop, asked.code)
    row = found.row
    if row is not None and not found.balance and row.state == REDEEMED and row.order_id == asked.order_id:
        return _as_it_was(connection, shop, row, now)
    valid = judge(connection, shop, asked, found, now, at_last=True)
    if isinstance(valid, Refused):
        return valid
    if found.balance:
        paying.pay(connection, shop, asked, row, valid.benefit, now)
        return valid
    row = _written(connection, shop, asked, found, valid.benefit, now)
    return replace(valid, credited=paying.credited(connection, shop, asked, row, valid.benefit, now))


def roll_back(connection: Connection, shop: str, code: str, order_id: str, now: datetime) -> RolledBack | None:
    """Take an order's use of a code back; again, it is what it was. None when the order did not use it."""
    row = _used(connection, shop, code, order_id)
    if row is None:
        return None
    if row.kind == BALANCE:
        return paying.unpaid(connection, shop, row, order_id, now)
    lock(connection, giving.campaign_lock(shop, row.campaign_id))
    row = _used(connection, shop, code, order_id)
    if row is None:
        return None
    usable = row.state == GIVEN
    if row.state == REDEEMED:
        usable = row.kind != "shared" if row.ends_at is None else now < row.ends_at
        _freed(connection, shop, row, usable)
        if row.cashback:
            paying.uncredited(connection, shop, row, order_id, now)
    discount, credit = (money.from_minor(coins or 0, row.currency) for coins in (row.discount, row.cashback))
    return RolledBack(row.code, row.campaign_id, row.currency, discount, credit, usable)


def _written(connection: Connection, shop: str, asked: Asked, found: Found, reckoned: Benefit, now: datetime) -> Any:
    """The coupon's row, redeemed, its budget settled."""
    row, public, currency = found.row, found.public, reckoned.currency
    if row is None:
        assert public is not None
        day = public.day_starts or giving.utc_day(now)
        budget = {} if public.budget is None else giving.aside(public.budget, costs_at_most(reckoned), day)
        budget["offer"] = public.offer
        shared = ("shared", codes.key(asked.code))
        coupon_id = giving.give(connection, shop, public.campaign_id, *shared, person=asked.person, now=now, **budget)
        if public.budget is not None:
            budgets.take(connection, shop, public.campaign_id, currency, day, costs_at_most(reckoned))
    else:
        coupon_id = row.coupon_id
        if row.reserved is not None:
            unused = costs_at_most(reckoned) - money.from_minor(row.reserved, row.budget_currency)
            budgets.take(connection, shop, row.campaign_id, row.budget_currency, row.budget_day, unused)
    change = update(COUPONS).where(COUPONS.c.coupon_id == coupon_id)
    connection.execute(change.values(**_redemption(asked, row, reckoned, now)))
    return connection.execute(select(COUPONS).where(COUPONS.c.coupon_id == coupon_id)).one()


def _redemption(asked: Asked, row: Any | None, reckoned: Benefit, now: datetime) -> dict[str, Any]:
    person, currency = asked.person, reckoned.currency
    return {
        "state": REDEEMED,
        "order_id": asked.order_id,
        "redeemed_at": now,
        "currency": currency,
        "discount": money.to_minor(reckoned.discount, currency),
        "cashback": money.to_minor(reckoned.cashback, currency),
        "cost": money.to_minor(costs_at_most(reckoned), currency),
        "customer_id": person.customer_id if row is None else row.customer_id or person.customer_id,
        "visitor_id": person.visitor_id if row is None else row.visitor_id or person.visitor_id,
    }


def _as_it_was(connection: Connection, shop: str, row: Any, now: datetime) -> Valid:
    offer = Offer.stored(row.offer)
    discount, credit = (money.from_minor(coins, row.currency) for coins in (row.discount, row.cashback))
    gift = None if offer.gift is None else offer.gift.item_id
    reckoned = Benefit(row.currency, discount, credit, offer.free_shipping is not None, gift)
    credited = None
    if offer.cashback is not None and (row.customer_id or row.visitor_id):
        credited = cashback.account(connection, shop, cashback.owner_of(row), row.currency, now)
    return Valid(row.code, row.campaign_id, reckoned, row.ends_at, credited)


def _used(connection: Connection, shop: str, code: str, order_id: str) -> Any | None:
    rows = with_key(connection, shop, codes.key(code))
    return next((row for row in rows if row.kind == BALANCE or row.order_id == order_id), None)


def _freed(connection: Connection, shop: str, row: Any, usable: bool) -> None:
    """The coupon's row is given again, or lapsed; the budget follows."""
    values: dict[str, Any] = {"state": GIVEN if usable else LAPSED}
    if row.reserved is not None:
        cost, reserved = (money.from_minor(coins, row.budget_currency) for coins in (row.cost, row.reserved))
        more = reserved - cost if usable else -cost
        budget = Budget.stored(row.budget)
        if usable and not budgets.covers(connection, shop, row.campaign_id, budget, row.budget_day, more):
            more = ZERO  # what was left over is somebody else's now: no more is set aside than was used
            values["reserved"] = row.cost
        budgets.take(connection, shop, row.campaign_id, row.budget_currency, row.budget_day, more)
    connection.execute(update(COUPONS).where(COUPONS.c.coupon_id == row.coupon_id).values(**values))
