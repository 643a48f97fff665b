"""What of the records processes keep in memory, and by what they see that it has changed: one read for all shops."""

from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Select, Table, func, select, true, type_coerce
from sqlalchemy.types import NULLTYPE

from recommender.records.database import Database
from recommender.records.tables import CONFIGURATIONS, ERASURES, KEY_ENDS, KEYS, SHOPS, WEIGHTS

Rows = tuple[Any, ...]
"""How many rows there are and the moment of the latest, of which one is added or replaced by a newer with each change;
moments as the database has them, since to read those of thousands of shops takes longer than all else."""


class Seen(NamedTuple):
    """The state of one shop; equal ones were read from equal records."""

    catalog: int
    """The catalogue's revision."""
    configuration: int
    """The configuration's version."""
    access: Rows
    """Origins, keys, and keys that end."""
    weights: Rows
    erasures: Rows


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
        query = select(SHOPS.c.name, SHOPS.c.catalog_revision, version, _raw(SHOPS.c.origins), *groups)
        joined = SHOPS.outerjoin(CONFIGURATIONS, CONFIGURATIONS.c.shop == SHOPS.c.name)
        for group in (keys, ends, weights, erasures):
            joined = joined.outerjoin(group, group.c.shop == SHOPS.c.name)
        with self._database.read() as connection:
            return {row[0]: _seen(row) for row in connection.execute(query.select_from(joined).where(here))}


def _seen(row: Any) -> Seen:
    return Seen(row[1], row[2], row[3:8], row[8:10], row[10:12])


def _raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, NULLTYPE)


def _of(table: Table, moment: Column[Any], shop: str | None) -> Any:
    return _grouped(_counted(table, moment), table, shop)


def _waiting(shop: str | None) -> Any:
    counted = _counted(ERASURES, ERASURES.c.erased_at)
    return _grouped(counted.where(ERASURES.c.rewritten_at.is_(None)), ERASURES, shop)


def _ends(shop: str | None) -> Any:
    counted = _counted(KEYS, KEY_ENDS.c.ends_at)
    return _grouped(counted.join(KEY_ENDS, KEY_ENDS.c.digest == KEYS.c.digest), KEYS, shop)


def _counted(table: Table, moment: Column[Any]) -> Select[Any]:
    return select(table.c.shop, func.count().label("count"), _raw(func.max(moment)).label("latest"))


def _grouped(counted: Select[Any], table: Table, shop: str | None) -> Any:
    """By shop; of one shop's rows only where one is asked for, since databases count all of them otherwise."""
    only = counted if shop is None else counted.where(table.c.shop == shop)
    return only.group_by(table.c.shop).subquery()
