"""What of the records processes keep in memory, and by what they see that it has changed: one read for all shops."""

from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, Column, ColumnElement, Select, String, Table, bindparam, func, select, type_coerce
from sqlalchemy.types import NULLTYPE

from recommender.records.database import Database
from recommender.records.tables import CONFIGURATIONS, ERASURES, KEY_ENDS, KEYS, SHOPS, WEIGHTS

Stamp = tuple[Any, ...]
"""How many rows there are and the moment of the latest, of which one is added or replaced by a newer with each change;
moments as the database has them, since to read those of thousands of shops takes longer than all else."""


class Seen(NamedTuple):
    """The state of one shop; equal ones were read from equal records."""

    catalog: int
    """The catalogue's revision."""
    configuration: int
    """The configuration's version."""
    access: Stamp
    """Origins, keys, and keys that end."""
    weights: Stamp
    erasures: Stamp


class Changes:
    """Sees changes of any shop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, shop: str | None = None) -> dict[str, Seen]:
        """Every shop as it is now, or only this one."""
        query, given = (OF_ALL, {}) if shop is None else (OF_ONE, {SHOP.key: shop})
        with self._database.read() as connection:
            return {row[0]: _seen(row) for row in connection.execute(query, given)}


def _seen(row: Any) -> Seen:
    return Seen(row[1], row[2], row[3:8], row[8:10], row[10:12])


def _query(shop: BindParameter[str] | None) -> Select[Any]:
    counted = (
        _counted(KEYS, KEYS.c.created_at),
        _counted(KEYS, KEY_ENDS.c.ends_at).join(KEY_ENDS, KEY_ENDS.c.digest == KEYS.c.digest),
        _counted(WEIGHTS, WEIGHTS.c.starts),
        _counted(ERASURES, ERASURES.c.erased_at).where(ERASURES.c.rewritten_at.is_(None)),
    )
    joined, stamps = SHOPS.outerjoin(CONFIGURATIONS, CONFIGURATIONS.c.shop == SHOPS.c.name), list[ColumnElement[Any]]()
    for one in counted:
        # Of one shop's rows only, where one is asked for: databases count all of them otherwise.
        only = one if shop is None else one.where(one.selected_columns.shop == shop)
        group = only.group_by(one.selected_columns.shop).subquery()
        joined = joined.outerjoin(group, group.c.shop == SHOPS.c.name)
        stamps += [group.c.count, group.c.latest]
    version = func.coalesce(CONFIGURATIONS.c.version, 0)
    found = select(SHOPS.c.name, SHOPS.c.catalog_revision, version, _raw(SHOPS.c.origins), *stamps).select_from(joined)
    return found if shop is None else found.where(SHOPS.c.name == shop)


def _raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(column, NULLTYPE)


def _counted(table: Table, moment: Column[Any]) -> Select[Any]:
    return select(table.c.shop, func.count().label("count"), _raw(func.max(moment)).label("latest"))


SHOP: Final = bindparam("shop", type_=String)
OF_ALL: Final = _query(None)
OF_ONE: Final = _query(SHOP)
