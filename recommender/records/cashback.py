"""Everybody's cashback: a ledger for each owner and currency, to which entries are only ever added."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from recommender import money
from recommender.records import giving
from recommender.records.database import Database, lock
from recommender.records.tables import CASHBACK, COUPONS
from recommender.retention import ledger
from recommender.retention.ledger import Entry, EntryKind

PREFIX = "CB"
"""What the codes of balances begin with."""


@dataclass(frozen=True)
class Owner:
    """Whose money it is."""

    kind: Literal["customer", "visitor"]
    id: str

    @property
    def person(self) -> giving.Person:
        """As coupons name them."""
        return giving.Person(**{f"{self.kind}_id": self.id})


@dataclass(frozen=True)
class Account:
    """What somebody has in one currency."""

    currency: str
    balance: Decimal
    """The sum of the entries; below zero where an order was taken back after its cashback was spent."""
    code: str | None
    """Typed at checkout, it pays with the balance."""
    entries: tuple[Entry, ...]


class Cashback:
    """Ledgers by owner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accounts(self, shop: str, owner: Owner, now: datetime) -> tuple[Account, ...]:
        """The owner's ledgers as of now, by currency; what has ended is entered first."""
        with self._database.read() as connection:
            if not currencies(connection, shop, owner):
                return ()
        with self._database.write() as connection:
            return tuple(
                account(connection, shop, owner, currency, now) for currency in currencies(connection, shop, owner)
            )


def settled(connection: Connection, shop: str, owner: Owner, currency: str, now: datetime) -> list[Entry]:
    """The owner's ledger, locked until the transaction ends, with everything entered that has ended."""
    lock(connection, f"ledger|{shop}|{owner.kind}|{owner.id}")
    entries = _entries(connection, shop, owner, currency)
    return add(connection, shop, owner, currency, entries, ledger.expire(entries, now))


def add(
    connection: Connection, shop: str, owner: Owner, currency: str, entries: list[Entry], new: Iterable[Entry]
) -> list[Entry]:
    """Write new entries; the ledger with them is returned."""
    added = [*new]
    if added:
        connection.execute(insert(CASHBACK), [_row(shop, owner, currency, entry) for entry in added])
    return [*entries, *added]


def code_of(connection: Connection, shop: str, owner: Owner, currency: str, now: datetime) -> str:
    """The code that pays with the owner's balance; made when it is first asked for."""
    found = connection.scalar(_code_of(shop, owner, currency))
    if found is not None:
        return str(found)
    code = giving.new_code(connection, shop, PREFIX, f"balance|{owner.kind}|{owner.id}|{currency}")
    giving.give(connection, shop, None, "balance", code, person=owner.person, now=now, currency=currency)
    return code


def currencies(connection: Connection, shop: str, owner: Owner) -> list[str]:
    """In which the owner has a ledger."""
    own = select(CASHBACK.c.currency).where(*_owned(shop, owner)).distinct().order_by(CASHBACK.c.currency)
    return [*connection.scalars(own)]


def owner_of(row: Any) -> Owner:
    """Whose balance a coupon is the code of."""
    return Owner("visitor", row.visitor_id) if row.customer_id is None else Owner("customer", row.customer_id)


def account(connection: Connection, shop: str, owner: Owner, currency: str, now: datetime) -> Account:
    """The owner's ledger in a currency, with everything entered that has ended."""
    entries = settled(connection, shop, owner, currency, now)
    code = connection.scalar(_code_of(shop, owner, currency))
    return Account(currency, ledger.balance(entries), code, tuple(entries))


def _code_of(shop: str, owner: Owner, currency: str) -> Any:
    owned = COUPONS.c.customer_id if owner.kind == "customer" else COUPONS.c.visitor_id
    own = (COUPONS.c.shop == shop, owned == owner.id, COUPONS.c.kind == "balance", COUPONS.c.currency == currency)
    return select(COUPONS.c.code).where(*own)


def _owned(shop: str, owner: Owner) -> tuple[Any, ...]:
    return (CASHBACK.c.shop == shop, CASHBACK.c.owner_kind == owner.kind, CASHBACK.c.owner == owner.id)


def _entries(connection: Connection, shop: str, owner: Owner, currency: str) -> list[Entry]:
    own = select(CASHBACK).where(*_owned(shop, owner), CASHBACK.c.currency == currency)
    return [
        Entry(
            row.number,
            EntryKind(row.kind),
            money.from_minor(row.amount, currency),
            row.at,
            row.order_id,
            row.campaign_id,
            row.lot,
            row.reverses,
            row.expires_at,
        )
        for row in connection.execute(own.order_by(CASHBACK.c.number))
    ]


def _row(shop: str, owner: Owner, currency: str, entry: Entry) -> dict[str, Any]:
    return {
        "shop": shop,
        "owner_kind": owner.kind,
        "owner": owner.id,
        "currency": currency,
        "number": entry.number,
        "kind": entry.kind.value,
        "amount": money.to_minor(entry.amount, currency),
        "at": entry.at,
        "order_id": entry.order_id,
        "campaign_id": entry.campaign_id,
        "lot": entry.lot,
        "reverses": entry.reverses,
        "expires_at": entry.expires_at,
    }
