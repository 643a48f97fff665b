"""Shops and their keys."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from recommender.errors import ConflictError, InputError, NotFoundError
from recommender.records.database import Database
from recommender.records.tables import KEY_ENDS, KEYS, SHOPS
from recommender.workspace import check_shop_name

KeyKind = Literal["public", "secret"]
_PREFIXES: dict[KeyKind, str] = {"public": "pk_", "secret": "sk_"}
_AT_ONCE = timedelta(0)
LONGEST_OVERLAP = timedelta(days=30)


@dataclass(frozen=True)
class ShopKeys:
    """A new shop's keys; the secret one is shown only now."""

    shop: str
    public_key: str
    secret_key: str


@dataclass(frozen=True)
class Shop:
    """A shop."""

    name: str
    origins: tuple[str, ...]
    """Web origins whose pages may use the public key; empty: all."""
    signing_key: str
    """Signs customer and attribution tokens."""
    created_at: datetime


@dataclass(frozen=True)
class Key:
    """A key as its owner may see it."""

    kind: KeyKind
    shown: str
    """A public key itself; of a secret key only its end."""
    created_at: datetime
    ends_at: datetime | None = None
    """When a key that was replaced stops working; None: it was not."""


@dataclass(frozen=True)
class KeyOwner:
    """Who sent a key, and what it allows."""

    shop: str
    kind: KeyKind


class Shops:
    """Shops by name and by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, origins: Sequence[str] = (), now: datetime | None = None) -> ShopKeys:
        """Add a shop with a key of each kind.

        Raises:
            InputError: a shop may not be called so, or an origin is none.
            ConflictError: there is one of that name.
        """
        check_shop_name(name)
        now = now or datetime.now(UTC)
        row = {
            "name": name,
            "origins": json.dumps(_origins(origins)),
            "signing_key": secrets.token_hex(32),
            "created_at": now,
            "catalog_revision": 0,
        }
        try:
            with self._database.write() as connection:
                connection.execute(insert(SHOPS).values(row))
                return give_keys(connection, name, now)
        except IntegrityError:
            raise ConflictError(f"shop {name!r} exists already") from None

    def get(self, name: str) -> Shop:
        """The shop.

        Raises:
            NotFoundError: there is none; names those that there are.
        """
        with self._database.read() as connection:
            row = connection.execute(select(SHOPS).where(SHOPS.c.name == name)).one_or_none()
        if row is None:
            raise self._unknown(name)
        return _shop(row)

    def all(self) -> "Sequence[Shop]":
        """All shops, by name."""
        with self._database.read() as connection:
            return [_shop(row) for row in connection.execute(select(SHOPS).order_by(SHOPS.c.name))]

    def list(self) -> list[str]:
        """All names, in order."""
        with self._database.read() as connection:
            return [*connection.scalars(select(SHOPS.c.name).order_by(SHOPS.c.name))]

    def keys(self, name: str) -> tuple[Key, ...]:
        """The shop's keys, public first, the newest of each kind before those that it replaced.

        Raises:
            NotFoundError: no such shop.
        """
        self.get(name)
        query = (
            select(KEYS, KEY_ENDS.c.ends_at)
            .outerjoin(KEY_ENDS)
            .where(KEYS.c.shop == name)
            .order_by(KEYS.c.kind, KEY_ENDS.c.ends_at.is_not(None), KEYS.c.created_at.desc(), KEYS.c.digest)
        )
        with self._database.read() as connection:
            return tuple(Key(row.kind, row.shown, row.created_at, row.ends_at) for row in connection.execute(query))

    def rotate(self, name: str, kind: KeyKind, now: datetime | None = None, overlap: timedelta = _AT_ONCE) -> str:
        """Give the shop a new key of a kind, which is returned; those that it had stop working.

        Args:
            name: the shop.
            kind: public or secret.
            now: the moment; the clock's time if left out.
            overlap: how long the old keys go on working; those that end sooner anyway do.

        Raises:
            NotFoundError: no such shop.
            InputError: no such kind, or too long an overlap.
        """
        if kind not in _PREFIXES:
            raise InputError("kind", kind, "use public or secret")
        if not _AT_ONCE <= overlap <= LONGEST_OVERLAP:
            raise InputError("overlap", overlap, f"use 0 to {LONGEST_OVERLAP.days} days")
        self.get(name)
        now = now or datetime.now(UTC)
        with self._database.write() as connection:
            _end_keys(connection, name, kind, now, now + overlap)
            return _add_key(connection, name, kind, now)

    def owner(self, key: str, now: datetime | None = None) -> KeyOwner | None:
        """Whose key it is, or None when it is nobody's, or no longer."""
        query = (
            select(KEYS.c.shop, KEYS.c.kind)
            .outerjoin(KEY_ENDS)
            .where(KEYS.c.digest == _digest(key))
            .where(or_(KEY_ENDS.c.ends_at.is_(None), KEY_ENDS.c.ends_at > (now or datetime.now(UTC))))
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else KeyOwner(row.shop, row.kind)

    def set_origins(self, name: str, origins: Sequence[str]) -> None:
        """Replace the list of web origins.

        Raises:
            NotFoundError: no such shop.
            InputError: an origin is none.
        """
        changed = update(SHOPS).where(SHOPS.c.name == name).values(origins=json.dumps(_origins(origins)))
        with self._database.write() as connection:
            if connection.execute(changed).rowcount:
                return
        raise self._unknown(name)

    def _unknown(self, name: str) -> NotFoundError:
        known = ", ".join(self.list()) or "none yet; create one with `vitrine shops create`"
        return NotFoundError(f"no shop {name!r}; shops: {known}")


def _shop(row: Any) -> Shop:
    return Shop(row.name, tuple(json.loads(row.origins)), row.signing_key, row.created_at)


def _origins(origins: Sequence[str]) -> list[str]:
    """Checked origins, as browsers send them: scheme, host and port in small letters, nothing behind."""
    found = []
    for origin in origins:
        scheme, separator, host = origin.strip().rstrip("/").lower().partition("://")
        if not separator or scheme not in {"http", "https"} or not host or not set(host).isdisjoint("/?#@ *"):
            raise InputError("origin", origin, "use https://shop.example, without a path")
        default = {"http": ":80", "https": ":443"}[scheme]
        found.append(f"{scheme}://{host.removesuffix(default)}")
    return found


def give_keys(connection: Connection, shop: str, now: datetime) -> ShopKeys:
    """Give a shop that has none a key of each kind."""
    return ShopKeys(shop, _add_key(connection, shop, "public", now), _add_key(connection, shop, "secret", now))


def _end_keys(connection: Connection, shop: str, kind: KeyKind, now: datetime, ends_at: datetime) -> None:
    """Let the keys of a kind end, and drop those that have ended by now."""
    theirs = (KEYS.c.shop == shop) & (KEYS.c.kind == kind)
    known = connection.execute(select(KEYS.c.digest, KEY_ENDS.c.ends_at).outerjoin(KEY_ENDS).where(theirs)).all()
    ends = {row.digest: min(row.ends_at or ends_at, ends_at) for row in known}
    connection.execute(delete(KEY_ENDS).where(KEY_ENDS.c.digest.in_(list(ends))))
    connection.execute(delete(KEYS).where(KEYS.c.digest.in_([one for one, end in ends.items() if end <= now])))
    if going_on := [{"digest": digest, "ends_at": end} for digest, end in ends.items() if end > now]:
        connection.execute(insert(KEY_ENDS), going_on)


def _add_key(connection: Connection, shop: str, kind: KeyKind, now: datetime) -> str:
    key = _PREFIXES[kind] + secrets.token_urlsafe(24 if kind == "public" else 32)
    shown = key if kind == "public" else f"{_PREFIXES[kind]}…{key[-4:]}"
    connection.execute(insert(KEYS).values(digest=_digest(key), shop=shop, kind=kind, shown=shown, created_at=now))
    return key


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
