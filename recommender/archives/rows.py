"""A shop's rows in the records, as JSON lines, which either database takes."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, func, insert, select, text
from sqlalchemy.types import LargeBinary

from recommender.records.database import upsert
from recommender.records.tables import COUPONS, KEY_ENDS, KEYS, LEASES, METADATA, POPUPS, SHOPS, VERSION, Moment

OF_NO_SHOP: Final = frozenset({VERSION, LEASES})
ACCESS: Final = frozenset({SHOPS, KEYS, KEY_ENDS})
"""What every shop has from the beginning."""
BATCH = 1000


def tables() -> list[Table]:
    """All tables with rows of shops, each after those that it refers to."""
    return [table for table in METADATA.sorted_tables if table not in OF_NO_SHOP]


def own(table: Table, shop: str) -> ColumnElement[bool]:
    """Which rows of a table are the shop's."""
    if table is SHOPS:
        return SHOPS.c.name == shop
    if table is KEY_ENDS:
        return KEY_ENDS.c.digest.in_(select(KEYS.c.digest).where(KEYS.c.shop == shop))
    return table.c.shop == shop


def lines(connection: Connection, table: Table, shop: str) -> Iterator[str]:
    """The shop's rows in the order of the primary key, one JSON object each."""
    query = select(table).where(own(table, shop)).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=BATCH).execute(query).mappings():
        yield json.dumps({name: _told(value) for name, value in row.items()})


def load(connection: Connection, table: Table, found: Iterable[str], shop: str, later: int = 0) -> int:
    """Write rows as those of `shop`; returns how many.

    Args:
        connection: a transaction.
        table: where to.
        found: what :func:`lines` gave.
        shop: whose they are now.
        later: what numbers of coupons are raised by.
    """
    rows = (_row(table, json.loads(line), shop, later) for line in found)
    count = 0
    while some := [*islice(rows, BATCH)]:
        if table is SHOPS:
            written = upsert(connection, SHOPS).values(some[0])
            connection.execute(written.on_conflict_do_update(index_elements=[SHOPS.c.name], set_=some[0]))
        else:
            connection.execute(insert(table), some)
        count += len(some)
    return count


def numbers_given(connection: Connection) -> int:
    """The highest number that a coupon of any shop had; until the transaction ends no other one is given.

    Coupons are numbered over all shops, so those of an archive are numbered anew where others were given before.
    """
    highest = select(func.coalesce(func.max(COUPONS.c.coupon_id), 0))
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE coupons IN EXCLUSIVE MODE"))
        given = f"(SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {_sequence(connection)})"
        highest = select(func.greatest(highest.scalar_subquery(), text(given)))
    return int(connection.scalar(highest) or 0)


def number_on(connection: Connection) -> None:
    """Let the next coupon have a number after all that were given."""
    if connection.dialect.name == "postgresql" and (highest := numbers_given(connection)):
        connection.execute(select(func.setval(_sequence(connection), highest)))


def _sequence(connection: Connection) -> str:
    return str(connection.scalar(select(func.pg_get_serial_sequence("coupons", "coupon_id"))))


def _row(table: Table, document: Mapping[str, Any], shop: str, later: int) -> dict[str, Any]:
    row = {column.name: _read(column.type, document.get(column.name)) for column in table.c}
    row |= {"name": shop} if table is SHOPS else {"shop": shop} if "shop" in table.c else {}
    if table in {COUPONS, POPUPS} and row["coupon_id"] is not None:
        row["coupon_id"] += later
    return row


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _read(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value
