"""A code at checkout, on an open transaction: found and locked with its campaign, and judged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from recommender import money
from recommender.records import budgets, giving, paying
from recommender.records.asking import Asked, Found, Public, Valid
from recommender.records.catalog import costs, documents
from recommender.records.database import lock
from recommender.records.giving import LAPSED, NOBODY, REDEEMED, Person
from recommender.records.tables import COUPONS, SHOPS
from recommender.retention import codes
from recommender.retention.checkout import Promise, Refusal, Refused, judged
from recommender.retention.discount import Benefit

ZERO = Decimal()
_MISTYPED = "the code is mistyped: its letters do not belong together"
_DEADLINE = "it has a deadline for each who was shown it; send the customer_id or visitor_id of one"


def find(connection: Connection, shop: str, asked: Asked) -> Found | None:
    """The code, locked with its campaign, and what the order's other codes are."""
    found = _one(connection, shop, asked.code, asked)
    if found is not None and found.campaign_id is not None:
        lock(connection, giving.campaign_lock(shop, found.campaign_id))
        found = _one(connection, shop, asked.code, asked)  # as it is now that nobody else changes it
    if found is None:
        return None
    own = codes.key(asked.code)
    named = [_one(connection, shop, code, asked) for code in asked.with_codes if codes.key(code) != own]
    others = [one for one in named if one is not None and not one.balance]
    reckoned = [_reckoned(connection, shop, asked, replace(one.promise(), ends_at=None)) for one in others]
    taken = sum((one.discount for one in reckoned if isinstance(one, Benefit)), ZERO)
    return replace(found, others=[one.promise().offer for one in others], taken=taken)


def unknown(connection: Connection, shop: str, code: str) -> Refused:
    """Why a code was not found."""
    signing_key = connection.scalar(select(SHOPS.c.signing_key).where(SHOPS.c.name == shop)) or ""
    return Refused.because(Refusal.UNKNOWN, _MISTYPED if codes.mistyped(signing_key, code) else "")


def judge(
    connection: Connection, shop: str, asked: Asked, found: Found, now: datetime, *, at_last: bool = False
) -> Valid | Refused:
    """Whether the code holds, and what it comes to."""
    if found.balance:
        return paying.payable(connection, shop, asked, found, now)
    refused = _refused(connection, shop, asked, found)
    if refused is not None:
        return refused
    promise = found.promise()
    reckoned = _reckoned(
        connection, shop, asked, promise, now, others=found.others, taken=found.taken, paying=at_last
    )  # fmt: skip
    if isinstance(reckoned, Refused):
        return reckoned
    public = found.public
    if public is not None and not _covers(connection, shop, public, reckoned, now):
        return Refused.because(Refusal.BUDGET)
    code = codes.key(asked.code) if found.row is None else found.row.code
    return Valid(code, found.campaign_id, reckoned, promise.ends_at)


def _one(connection: Connection, shop: str, code: str, asked: Asked) -> Found | None:
    key = codes.key(code)
    rows = with_key(connection, shop, key)
    if rows and rows[0].kind != "shared":
        return Found(rows[0])
    row = _own(rows, asked)
    if row is not None:
        return Found(row)
    public = asked.public(key)
    return None if public is None else Found(public=public)


def with_key(connection: Connection, shop: str, key: str) -> Sequence[Any]:
    """Coupons of a code, the latest first; several when it is shared."""
    query = select(COUPONS).where(COUPONS.c.shop == shop, COUPONS.c.code_key == key)
    return connection.execute(query.order_by(COUPONS.c.coupon_id.desc())).all()


def _own(rows: Sequence[Any], asked: Asked) -> Any | None:
    """Of a shared code, what this order used, or this person was given."""
    customer_id, visitor_id = asked.person.customer_id, asked.person.visitor_id
    open_ = [row for row in rows if not (row.state == LAPSED and row.ends_at is None)]  # not one rolled back
    of_order = (row for row in open_ if asked.order_id is not None and row.order_id == asked.order_id)
    of_customer = (row for row in open_ if customer_id is not None and row.customer_id == customer_id)
    in_browser = (
        row
        for row in open_
        if visitor_id is not None and row.visitor_id == visitor_id and None in {row.customer_id, customer_id}
    )
    return next(of_order, None) or next(of_customer, None) or next(in_browser, None)


def _reckoned(
    connection: Connection,
    shop: str,
    asked: Asked,
    promise: Promise,
    now: datetime = datetime.min,
    **more: Any,
) -> Benefit | Refused:
    """What it comes to, with what the catalogue knows of costs."""
    offer, cart = promise.offer, asked.cart
    if offer.margin_floor is not None:
        cart = cart.with_costs(costs(connection, shop, [line.item_id for line in cart.lines]))
    worth = None if offer.gift is None else _worth(connection, shop, offer.gift.item_id)
    return judged(promise, cart, now, gift_worth=worth, **more)


def _worth(connection: Connection, shop: str, item_id: str) -> Decimal | None:
    item = documents(connection, shop, [item_id]).get(item_id, {})
    known = next((item[name] for name in ("cost", "sale_price", "price") if name in item), None)
    return None if known is None else Decimal(known)


def _refused(connection: Connection, shop: str, asked: Asked, found: Found) -> Refused | None:
    row, person = found.row, asked.person
    if row is not None:
        others = None not in {row.customer_id, person.customer_id} and row.customer_id != person.customer_id
        state = {REDEEMED: Refusal.REDEEMED, LAPSED: Refusal.EXPIRED}.get(row.state, Refusal.OWNER if others else None)
        if state is not None:
            return Refused.because(state)
    elif found.public is not None and found.public.offer.minutes is not None:
        return Refused.because(Refusal.UNKNOWN, _DEADLINE)
    used = found.campaign_id is not None and _used_one(connection, shop, found.campaign_id, person)
    return Refused.because(Refusal.ONCE) if used else None


def _used_one(connection: Connection, shop: str, campaign_id: str, person: Person) -> bool:
    if person == NOBODY:
        return False
    rows = giving.rows(connection, shop, campaign_id, person)
    return any(row.state == REDEEMED for row in rows)


def _covers(connection: Connection, shop: str, public: Public, reckoned: Benefit, now: datetime) -> bool:
    if public.budget is None:
        return True
    giving.lapse(connection, shop, public.campaign_id, now)
    day = public.day_starts or giving.utc_day(now)
    return budgets.covers(connection, shop, public.campaign_id, public.budget, day, costs_at_most(reckoned))


def costs_at_most(reckoned: Benefit) -> Decimal:
    """What a budget counts, in whole coins."""
    return money.raised(reckoned.cost, reckoned.currency)
