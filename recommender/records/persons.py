"""What popups and coupons know of a person: told to them, and erased, when they ask."""

import secrets
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Column, Connection, delete, select, update

from recommender import money
from recommender.records import budgets, giving
from recommender.records.cashback import Cashback, Owner
from recommender.records.database import Database, lock
from recommender.records.tables import CASHBACK, COUPON_CALLS, COUPONS, ERASURES, POPUPS, PRICES

Kind = Literal["visitor", "customer"]


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
        lapsed = (COUPONS.c.shop == shop, COUPONS.c.given_at < before)
        with self._database.write() as connection:
            gone = [
                delete(POPUPS).where(POPUPS.c.shop == shop, POPUPS.c.decided_at < before),
                delete(COUPONS).where(*lapsed, COUPONS.c.state == giving.LAPSED),
                delete(COUPON_CALLS).where(COUPON_CALLS.c.shop == shop, COUPON_CALLS.c.at < technical),
                delete(PRICES).where(PRICES.c.shop == shop, PRICES.c.until < technical),
                delete(ERASURES).where(ERASURES.c.shop == shop, ERASURES.c.rewritten_at < technical),
            ]
            nobody = update(COUPONS).where(*lapsed, COUPONS.c.state == giving.REDEEMED)
            connection.execute(nobody.values(visitor_id=None, customer_id=None))
            return sum(connection.execute(one).rowcount for one in gone)


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
