"""Coupons as rows: given to a person for a while, and taken back when nobody used them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, insert, or_, select, update

from recommender import money
from recommender.records import budgets
from recommender.records.tables import COUPON_POOL, COUPONS, SHOPS
from recommender.retention import codes
from recommender.retention.offers import Budget, Code, Offer

GIVEN, REDEEMED, LAPSED = "given", "redeemed", "lapsed"


@dataclass(frozen=True)
class Person:
    """Who it is: an account, a browser, or both."""

    customer_id: str | None = None
    visitor_id: str | None = None

    @property
    def names(self) -> list[str]:
        """What :func:`recommender.records.database.lock` calls them."""
        named = (("customer", self.customer_id), ("visitor", self.visitor_id))
        return [f"{kind}|{id_}" for kind, id_ in named if id_ is not None]


NOBODY = Person()


def campaign_lock(shop: str, campaign_id: str) -> str:
    """What is locked while a campaign gives or takes back."""
    return f"campaign|{shop}|{campaign_id}"


def of(person: Person) -> ColumnElement[bool]:
    """Coupons of a customer, else of a browser nobody had logged in on."""
    in_browser = false() if person.visitor_id is None else COUPONS.c.visitor_id == person.visitor_id
    if person.customer_id is None:
        return in_browser
    return or_(COUPONS.c.customer_id == person.customer_id, and_(in_browser, COUPONS.c.customer_id.is_(None)))


def rows(connection: Connection, shop: str, campaign_id: str, person: Person) -> list[Any]:
    """What the person was given by the campaign, the latest first."""
    own = select(COUPONS).where(COUPONS.c.shop == shop, COUPONS.c.campaign_id == campaign_id, of(person))
    return [*connection.execute(own.order_by(COUPONS.c.coupon_id.desc()))]


def living(row: Any, now: datetime) -> bool:
    """Whether it can still be used."""
    return row.state == GIVEN and (row.ends_at is None or now < row.ends_at)


def lapse(connection: Connection, shop: str, campaign_id: str, now: datetime) -> None:
    """Take back what was reserved and not redeemed in time; its budget can be given again, its code cannot."""
    held = or_(COUPONS.c.held_until.is_(None), COUPONS.c.held_until <= now)
    over = (COUPONS.c.state == GIVEN, COUPONS.c.reserved_until <= now, held)
    query = select(COUPONS).where(COUPONS.c.shop == shop, COUPONS.c.campaign_id == campaign_id, *over)
    for row in connection.execute(query).all():
        if row.reserved is not None:
            back = -money.from_minor(row.reserved, row.budget_currency)
            budgets.take(connection, shop, campaign_id, row.budget_currency, row.budget_day, back)
        connection.execute(update(COUPONS).where(COUPONS.c.coupon_id == row.coupon_id).values(state=LAPSED))


def next_in_pool(connection: Connection, shop: str, campaign_id: str) -> Any | None:
    """A code of the pool that nobody was given."""
    free = select(COUPON_POOL).where(
        COUPON_POOL.c.shop == shop, COUPON_POOL.c.campaign_id == campaign_id, COUPON_POOL.c.given.is_(False)
    )
    return connection.execute(free.order_by(COUPON_POOL.c.code_key).limit(1)).one_or_none()


def give(
    connection: Connection,
    shop: str,
    campaign_id: str | None,
    kind: str,
    code: str,
    *,
    person: Person,
    now: datetime,
    offer: Offer | None = None,
    **more: Any,
) -> int:
    """Write a given coupon and return its number; one of a pool is marked as given."""
    row = {
        "shop": shop,
        "campaign_id": campaign_id,
        "kind": kind,
        "code": code,
        "code_key": codes.key(code),
        "unique_key": None if kind == "shared" else codes.key(code),
        "visitor_id": person.visitor_id,
        "customer_id": person.customer_id,
        "offer": None if offer is None else json.dumps(offer.model_dump(mode="json")),
        "timed": offer is not None and offer.minutes is not None,
        "state": GIVEN,
        "given_at": now,
        **more,
    }
    if kind == "pool":
        used = (COUPON_POOL.c.shop == shop, COUPON_POOL.c.code_key == codes.key(code))
        connection.execute(update(COUPON_POOL).where(*used).values(given=True))
    return int(connection.scalar(insert(COUPONS).values(row).returning(COUPONS.c.coupon_id)) or 0)


def new_code(connection: Connection, shop: str, prefix: str, seed: str) -> str:
    """A generated code that the shop does not have yet."""
    signing_key = connection.scalar(select(SHOPS.c.signing_key).where(SHOPS.c.name == shop)) or ""
    attempt = 0
    while True:
        code = codes.generated(signing_key, prefix, f"{seed}|{attempt}")
        taken = select(COUPONS.c.coupon_id).where(COUPONS.c.shop == shop, COUPONS.c.code_key == codes.key(code))
        pooled = select(COUPON_POOL.c.code).where(COUPON_POOL.c.shop == shop, COUPON_POOL.c.code_key == codes.key(code))
        if connection.scalar(taken) is None and connection.scalar(pooled) is None:
            return code
        attempt += 1


def code_for(connection: Connection, shop: str, campaign_id: str, taken_by: Code, seed: str) -> tuple[str, str] | None:
    """Kind and text of the code to give; None when the pool has none left."""
    if taken_by.shared is not None:
        return "shared", taken_by.shared
    if taken_by.generated is not None:
        return "generated", new_code(connection, shop, taken_by.generated.prefix, f"{campaign_id}|{seed}")
    row = next_in_pool(connection, shop, campaign_id)
    return None if row is None else ("pool", row.code)


def aside(budget: Budget, amount: Decimal, day: datetime) -> dict[str, Any]:
    """What a row says of the budget that it was set aside from."""
    return {
        "reserved": money.to_minor(amount, budget.currency),
        "budget": budget.model_dump_json(),
        "budget_currency": budget.currency,
        "budget_day": day,
    }


def utc_day(now: datetime) -> datetime:
    """The first moment of the day, where no shop's day is known."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def reserved(row: Any) -> Decimal | None:
    """What the budget set aside for it; None where there is no budget."""
    return None if row.reserved is None else money.from_minor(row.reserved, row.budget_currency)
