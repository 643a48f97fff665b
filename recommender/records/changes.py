"""What of the records processes keep in memory, and by what they see that it has changed: one read for all shops."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Select, Table, func, select, true

from recommender.records.database import Database
from recommender.records.tables import CONFIGURATIONS, ERASURES, KEY_ENDS, KEYS, SHOPS, WEIGHTS


class Group(NamedTuple):
    """Rows of which one is added, or replaced by a newer one, with each change."""

    rows: int | None
    latest: datetime | None


class Seen(NamedTuple):
    """The state of one shop; equal ones were read from equal records."""

    catalog: int
    """The catalogue's revision."""
    configuration: int
    """The configuration's version."""
    access: tuple[str, Group, Group]
    """Origins, keys, and keys that end."""
    weights: Group
    erasures: Group


class Changes:
    """Sees changes of any shop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, shop: str | None = None) -> dict[str, Seen]:
        """Every shop as it is now, or only this one."""
        here = true() if shop is None else SHOPS.c.name == shop
        keys, weights = _of(KEYS, KEYS.c.created_at, shop), _of(WEIGHTS, WEIGHTS.c.starts, shop)
        ends, erasures = _ends(shop), _waiting(shop)
        version = func.coalesce(CONFIGURATIONS.c.version, 0)
        groups = [column for group in (keys, ends, weights, erasures) for column in (group.c.count, group.c.latest)]
        query = select(SHOPS.c.name, SHOPS.c.catalog_revision, version, SHOPS.c.origins, *groups)
        joined = SHOPS.outerjoin(CONFIGURATIONS, CONFIGURATIONS.c.shop == SHOPS.c.name)
        for group in (keys, ends, weights, erasures):
            joined = joined.outerjoin(group, group.c.shop == SHOPS.c.name)
        with self._database.read() as connection:
            return {row[0]: _seen(row) for row in connection.execute(query.select_from(joined).where(here))}


def _seen(row: Any) -> Seen:
    keys, ends, weights, erasures = (Group(row[place], row[place + 1]) for place in (4, 6, 8, 10))
    return Seen(row[1], row[2], (row[3], keys, ends), weights, erasures)


def _of(table: Table, moment: Column[Any], shop: str | None) -> Any:
    counted = select(table.c.shop, func.count().label("count"), func.max(moment).label("latest"))
    return _grouped(counted, table, shop)


def _waiting(shop: str | None) -> Any:
    counted = select(ERASURES.c.shop, func.count().label("count"), func.max(ERASURES.c.erased_at).label("latest"))
    return _grouped(counted.where(ERASURES.c.rewritten_at.is_(None)), ERASURES, shop)


def _ends(shop: str | None) -> Any:
    counted = select(KEYS.c.shop, func.count().label("count"), func.max(KEY_ENDS.c.ends_at).label("latest"))
    return _grouped(counted.join(KEY_ENDS, KEY_ENDS.c.digest == KEYS.c.digest), KEYS, shop)


def _grouped(counted: Select[Any], table: Table, shop: str | None) -> Any:
    """By shop; of one shop's rows only where one is asked for, since databases count all of them otherwise."""
    only = counted if shop is None else counted.where(table.c.shop == shop)
    return only.group_by(table.c.shop).subquery()
