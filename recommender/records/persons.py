"""What popups and coupons know of a person: told to them, and erased, when they ask."""

import secrets
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    Table,
    Update,
    and_,
    delete,
    or_,
    select,
    tuple_,
    update,
)

from recommender import money
from recommender.records import budgets, giving
from recommender.records.cashback import Cashback, Owner
from recommender.records.database import Database, lock
from recommender.records.tables import CASHBACK, COUPON_CALLS, COUPONS, ERASED_EVENTS, ERASURES, POPUPS, PRICES

Kind = Literal["visitor", "customer"]

PORTION = 5000
"""Rows dropped in one transaction: meanwhile SQLite has no other writer, and PostgreSQL keeps silent."""


class Persons:
    """A visitor's or a customer's popups, codes and cashback."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def export(self, shop: str, kind: Kind, id_: str, now: datetime) -> dict[str, Any]:
        """Everything, as JSON values."""
        accounts = Cashback(self._database).accounts(shop, Owner(kind, id_), now)
        with self._database.read() as connection:
            popups = select(POPUPS).where(POPUPS.c.shop == shop, _column(POPUPS, kind) == id_)
            coupons = select(COUPONS).where(
                COUPONS.c.shop == shop, _column(COUPONS, kind) == id_, COUPONS.c.campaign_id.is_not(None)
            )
            return {
                "popups": [_popup(row) for row in connection.execute(popups.order_by(POPUPS.c.decided_at))],
                "coupons": [_coupon(row) for row in connection.execute(coupons.order_by(COUPONS.c.coupon_id))],
                "cashback": [
                    {
                        "currency": one.currency,
                        "balance": str(one.balance),
                        "code": one.code,
                        "entries": [_entry(entry) for entry in one.entries],
                    }
                    for one in accounts
                ],
            }

    def erase(self, shop: str, kind: Kind, id_: str, pseudonym: str | None = None) -> None:
        """Delete decisions and unused codes, whose budget comes back; what was paid with stays, without its person."""
        with self._database.write() as connection:
            connection.execute(delete(POPUPS).where(POPUPS.c.shop == shop, _column(POPUPS, kind) == id_))
            _erase_coupons(connection, shop, kind, id_)
            lock(connection, f"ledger|{shop}|{kind}|{id_}")
            owned = (CASHBACK.c.shop == shop, CASHBACK.c.owner_kind == kind, CASHBACK.c.owner == id_)
            nobody = {"owner_kind": "erased", "owner": pseudonym or secrets.token_hex(16)}
            connection.execute(update(CASHBACK).where(*owned).values(nobody))
        self._database.settle()

    def drop(self, shop: str, before: datetime, technical: datetime) -> int:
        """Delete what has been kept long enough; returns how many rows.

        Decisions on popups and codes that nobody used go `before` a moment, redeemed ones stay as nobody's. Answers to
        repeated calls, prices that ended and tombstones are `technical`.
        """
        old = COUPONS.c.given_at < before
        known = or_(COUPONS.c.visitor_id.is_not(None), COUPONS.c.customer_id.is_not(None))
        gone = [
            (POPUPS, POPUPS.c.decided_at < before),
            (COUPONS, and_(old, COUPONS.c.state == giving.LAPSED)),
            (COUPON_CALLS, COUPON_CALLS.c.at < technical),
            (PRICES, PRICES.c.until < technical),
            (ERASURES, ERASURES.c.rewritten_at < technical),
            (ERASED_EVENTS, ERASED_EVENTS.c.gone_at < technical),
        ]
        nobody = update(COUPONS).values(visitor_id=None, customer_id=None)
        self._gradually(nobody, COUPONS, and_(COUPONS.c.shop == shop, old, COUPONS.c.state == giving.REDEEMED, known))
        return sum(self._gradually(delete(table), table, and_(table.c.shop == shop, which)) for table, which in gone)

    def _gradually(self, change: "Delete | Update", table: Table, which: ColumnElement[bool]) -> int:
        """Change rows until none is left that is meant; returns how many were."""
        some = select(*table.primary_key.columns).where(which).limit(PORTION)
        portion = change.where(tuple_(*table.primary_key.columns).in_(some))
        changed = 0
        while True:
            with self._database.write() as connection:
                count = connection.execute(portion).rowcount
            changed += count
            if count < PORTION:
                return changed


def _erase_coupons(connection: Connection, shop: str, kind: Kind, id_: str) -> None:
    own = (COUPONS.c.shop == shop, _column(COUPONS, kind) == id_)
    campaigns = connection.scalars(select(COUPONS.c.campaign_id).where(*own, COUPONS.c.campaign_id.is_not(None)))
    for campaign_id in sorted({*campaigns}):
        lock(connection, giving.campaign_lock(shop, campaign_id))
    other = COUPONS.c.visitor_id if kind == "customer" else COUPONS.c.customer_id
    unused = (*own, COUPONS.c.state != giving.REDEEMED, other.is_(None))
    for row in connection.execute(select(COUPONS).where(*unused)).all():
        if row.state == giving.GIVEN and row.reserved is not None:
            back = -money.from_minor(row.reserved, row.budget_currency)
            budgets.take(connection, shop, row.campaign_id, row.budget_currency, row.budget_day, back)
    connection.execute(delete(COUPONS).where(*unused))
    connection.execute(update(COUPONS).where(*own).values({f"{kind}_id": None}))


def _column(table: Any, kind: Kind) -> Column[str]:
    column: Column[str] = table.c[f"{kind}_id"]
    return column


def _popup(row: Any) -> dict[str, Any]:
    return {
        "campaign_id": row.campaign_id,
        "at": row.decided_at,
        "shown": row.shown,
        "reason": row.reason,
        "dismissed_at": row.dismissed_at,
    }


def _coupon(row: Any) -> dict[str, Any]:
    used = row.state == giving.REDEEMED
    return {
        "campaign_id": row.campaign_id,
        "code": row.code,
        "state": row.state,
        "given_at": row.given_at,
        "ends_at": row.ends_at,
        "order_id": row.order_id if used else None,
        "discount": str(money.from_minor(row.discount, row.currency)) if used else None,
        "currency": row.currency if used else None,
    }


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "amount": str(entry.amount),
        "at": entry.at,
        "order_id": entry.order_id,
        "campaign_id": entry.campaign_id,
        "expires_at": entry.expires_at,
    }
