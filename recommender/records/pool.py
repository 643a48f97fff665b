"""Codes that a shop uploads to be given away one by one, and what became of all codes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select

from recommender import money
from recommender.errors import InputError, NotFoundError
from recommender.records import giving
from recommender.records.database import Database, lock
from recommender.records.tables import COUPON_POOL, COUPONS, SHOPS
from recommender.retention import codes

CHUNK = 500
"""Codes written, or rows read, at once."""
LONGEST = 64


@dataclass(frozen=True)
class Uploaded:
    """What became of the codes of a file."""

    added: int
    duplicates: int
    """There already, in this or another campaign, or twice in the file."""


@dataclass(frozen=True)
class Counts:
    """A campaign's codes."""

    campaign_id: str
    free: int
    """Left in the pool."""
    given: int
    redeemed: int
    lapsed: int


@dataclass(frozen=True)
class Given:
    """One code and what became of it."""

    code: str
    campaign_id: str
    state: str
    """free, given, redeemed or lapsed."""
    visitor_id: str | None = None
    customer_id: str | None = None
    given_at: datetime | None = None
    ends_at: datetime | None = None
    order_id: str | None = None
    discount: Decimal | None = None
    currency: str | None = None


class Pool:
    """Uploaded codes, and the sight of all codes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upload(self, shop: str, campaign_id: str, uploaded: Iterable[str]) -> Uploaded:
        """Add codes to a campaign's pool, 500 in a transaction; those that the shop has already are counted.

        Raises:
            NotFoundError: no such shop.
            InputError: a code is too long or holds control characters; those before it were added.
        """
        self._known(shop)
        added = duplicates = 0
        rest = iter(uploaded)
        while chunk := list(islice(rest, CHUNK)):
            wanted = {codes.key(code): code.strip() for code in map(checked, chunk)}
            new = self._add(shop, campaign_id, wanted)
            added += new
            duplicates += len(chunk) - new
        return Uploaded(added, duplicates)

    def counts(self, shop: str, now: datetime, campaign_id: str | None = None) -> list[Counts]:
        """How many codes there are in each state, by campaign.

        Raises:
            NotFoundError: no such shop.
        """
        self._known(shop)
        with self._database.write() as connection:
            found: dict[str, dict[str, int]] = {}
            for campaign in _campaigns(connection, shop):
                lock(connection, giving.campaign_lock(shop, campaign))
                giving.lapse(connection, shop, campaign, now)
            for table, state in ((COUPON_POOL, None), (COUPONS, COUPONS.c.state)):
                own = [table.c.shop == shop, table.c.campaign_id.is_not(None)]
                own += [COUPON_POOL.c.given.is_(False)] if state is None else []
                columns = (table.c.campaign_id, *(() if state is None else (state,)))
                for *names, count in connection.execute(select(*columns, func.count()).where(*own).group_by(*columns)):
                    found.setdefault(names[0], {})[names[1] if len(names) > 1 else "free"] = count
        states = ("free", giving.GIVEN, giving.REDEEMED, giving.LAPSED)
        return [
            Counts(name, *(counted.get(state, 0) for state in states))
            for name, counted in sorted(found.items())
            if campaign_id in {None, name}
        ]

    def codes(self, shop: str, campaign_id: str | None = None) -> Iterator[Given]:
        """Every code: first what was given, in that order, then what is left in the pools.

        Raises:
            NotFoundError: no such shop.
        """
        self._known(shop)
        given = select(COUPONS).where(COUPONS.c.shop == shop, COUPONS.c.campaign_id.is_not(None))
        free = select(COUPON_POOL).where(COUPON_POOL.c.shop == shop, COUPON_POOL.c.given.is_(False))
        if campaign_id is not None:
            given = given.where(COUPONS.c.campaign_id == campaign_id)
            free = free.where(COUPON_POOL.c.campaign_id == campaign_id)
        with self._database.read() as connection:
            rows = connection.execution_options(yield_per=CHUNK)
            for row in rows.execute(given.order_by(COUPONS.c.coupon_id)):
                yield _given(row)
            for row in rows.execute(free.order_by(COUPON_POOL.c.campaign_id, COUPON_POOL.c.code_key)):
                yield Given(row.code, row.campaign_id, "free")

    def _known(self, shop: str) -> None:
        with self._database.read() as connection:
            if connection.scalar(select(SHOPS.c.name).where(SHOPS.c.name == shop)) is None:
                raise NotFoundError(f"no shop {shop!r}")

    def _add(self, shop: str, campaign_id: str, wanted: dict[str, str]) -> int:
        with self._database.write() as connection:
            lock(connection, f"pool|{shop}")
            there: set[str] = set()
            for table in (COUPON_POOL, COUPONS):
                known = select(table.c.code_key).where(table.c.shop == shop, table.c.code_key.in_([*wanted]))
                there.update(connection.scalars(known))
            new = [
                {"shop": shop, "campaign_id": campaign_id, "code_key": key, "code": code, "given": False}
                for key, code in wanted.items()
                if key not in there
            ]
            if new:
                connection.execute(insert(COUPON_POOL), new)
        return len(new)


def _campaigns(connection: Any, shop: str) -> list[str]:
    own = select(COUPONS.c.campaign_id).where(COUPONS.c.shop == shop, COUPONS.c.campaign_id.is_not(None))
    return sorted(connection.scalars(own.distinct()))


def checked(code: str) -> str:
    """The code without the spaces around it.

    Raises:
        InputError: it is empty, too long, or holds control characters.
    """
    found = code.strip()
    if not 1 <= len(codes.key(found)) <= LONGEST or len(found) > LONGEST or not found.isprintable():
        raise InputError("code", code, f"use 1 to {LONGEST} letters, digits and signs")
    return found


def _given(row: Any) -> Given:
    used = row.state == giving.REDEEMED
    return Given(
        row.code,
        row.campaign_id,
        row.state,
        row.visitor_id,
        row.customer_id,
        row.given_at,
        row.ends_at,
        row.order_id if used else None,
        money.from_minor(row.discount, row.currency) if used else None,
        row.currency if used else None,
    )
