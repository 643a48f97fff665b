"""The catalogue as it is kept: each item's last state with the revision that brought it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, tuple_, update

from recommender.catalog.item import Item
from recommender.errors import ItemError, NotFoundError
from recommender.records import prices, stock
from recommender.records.database import Database, upsert
from recommender.records.tables import ITEMS, SHOPS

CHUNK = 500
"""Items written in one transaction, and rows read at once."""
MANY = 5000
"""Rows read at once by who wants all of them."""


@dataclass(frozen=True)
class ItemChange:
    """An item's last state."""

    item_id: str
    revision: int
    item: Item | None
    """None: it was deleted."""
    added_at: datetime
    """When the shop first sent it; stays through deletion and return."""


class Catalog:
    """Every shop's items; each change raises the shop's revision."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, shop: str, items: Iterable[Item], now: datetime | None = None) -> int:
        """Add or replace items, 500 in a transaction, and return the catalogue's revision.

        An item that says nothing new keeps its revision. Of several items with one id the last counts.

        Raises:
            NotFoundError: no such shop.
        """
        now = now or datetime.now(UTC)
        rest = iter(items)
        revision = None
        while chunk := list(islice(rest, CHUNK)):
            with self._database.write() as connection:
                revision = _put(connection, shop, {item.id: item for item in chunk}, now)
        return self.revision(shop) if revision is None else revision

    def patch(self, shop: str, item_id: str, changes: Mapping[str, Any], now: datetime | None = None) -> int:
        """Change some fields of an item (None takes a field away) and return the catalogue's revision.

        Raises:
            NotFoundError: no such shop or item.
            ItemError: a field has a value that is not allowed.
        """
        if changes.get("id", item_id) != item_id:
            raise ItemError("id", changes["id"], f"an item keeps its id, {item_id!r}")
        with self._database.write() as connection:
            _lock(connection, shop)
            document = _document(connection, shop, item_id)
            document.pop("lowest_price", None)  # of the reduction as it was; it is found again for the one that will be
            merged = {key: value for key, value in (document | dict(changes)).items() if value is not None}
            return _put(connection, shop, {item_id: Item.parse(merged)}, now or datetime.now(UTC))

    def delete(self, shop: str, item_id: str) -> int:
        """Delete an item and return the catalogue's revision.

        Raises:
            NotFoundError: no such shop or item.
        """
        with self._database.write() as connection:
            revision = _lock(connection, shop) + 1
            _document(connection, shop, item_id)
            row = (ITEMS.c.shop == shop, ITEMS.c.item_id == item_id)
            connection.execute(update(ITEMS).where(*row).values(document=None, revision=revision))
            _set_revision(connection, shop, revision)
        return revision

    def changes(self, shop: str, since: int = 0) -> Iterator[ItemChange]:
        """The last state of each item that changed after revision `since`, oldest change first."""
        rows = self._page(shop, since, None)
        while rows:
            yield from map(_change, rows)
            rows = self._page(shop, rows[-1].revision, rows[-1].item_id) if len(rows) == CHUNK else ()

    def documents(self, shop: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Ids and documents of all items, in no particular order: as they were written, and not checked again."""
        query = select(ITEMS.c.item_id, ITEMS.c.document).where(ITEMS.c.shop == shop, ITEMS.c.document.is_not(None))
        with self._database.read() as connection:
            for row in connection.execution_options(yield_per=MANY).execute(query):
                yield row.item_id, orjson.loads(row.document)

    def revision(self, shop: str) -> int:
        """The catalogue's revision; 0 while nothing was ever sent.

        Raises:
            NotFoundError: no such shop.
        """
        with self._database.read() as connection:
            found = connection.scalar(select(SHOPS.c.catalog_revision).where(SHOPS.c.name == shop))
        if found is None:
            raise NotFoundError(f"no shop {shop!r}")
        return int(found)

    def get(self, shop: str, item_id: str) -> Item:
        """The item.

        Raises:
            NotFoundError: it is not in the catalogue.
        """
        with self._database.read() as connection:
            return Item.parse(_document(connection, shop, item_id))

    def costs(self, shop: str, item_ids: Sequence[str]) -> dict[str, Decimal | None]:
        """What the shop pays for the items that it knows; None where it does not say."""
        with self._database.read() as connection:
            return costs(connection, shop, item_ids)

    def lowest_price(self, shop: str, item_id: str, now: datetime) -> Decimal | None:
        """What a reduction of the item that begins now is measured by; None where that is not known."""
        with self._database.read() as connection:
            try:
                item = Item.parse(_document(connection, shop, item_id))
            except NotFoundError:
                return None
            return prices.lowest(connection, shop, item, now)

    def count(self, shop: str) -> int:
        """How many items the catalogue holds; deleted ones are not counted."""
        query = select(func.count()).where(ITEMS.c.shop == shop, ITEMS.c.document.is_not(None))
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)

    def _page(self, shop: str, revision: int, item_id: str | None) -> Sequence[Any]:
        place = tuple_(ITEMS.c.revision, ITEMS.c.item_id)
        later = ITEMS.c.revision > revision if item_id is None else place > (revision, item_id)
        query = (
            select(ITEMS).where(ITEMS.c.shop == shop, later).order_by(ITEMS.c.revision, ITEMS.c.item_id).limit(CHUNK)
        )
        with self._database.read() as connection:
            return connection.execute(query).all()


def documents(connection: Connection, shop: str, item_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The documents of these items by id; those that the catalogue does not hold are missing."""
    known = (ITEMS.c.shop == shop, ITEMS.c.item_id.in_(item_ids), ITEMS.c.document.is_not(None))
    rows = connection.execute(select(ITEMS.c.item_id, ITEMS.c.document).where(*known))
    return {row.item_id: json.loads(row.document) for row in rows}


def costs(connection: Connection, shop: str, item_ids: Sequence[str]) -> dict[str, Decimal | None]:
    """What the shop pays for the items that it knows; None where it does not say."""
    found = documents(connection, shop, item_ids)
    return {item_id: Decimal(item["cost"]) if "cost" in item else None for item_id, item in found.items()}


def _put(connection: Connection, shop: str, items: Mapping[str, Item], now: datetime) -> int:
    revision = _lock(connection, shop)
    known = select(ITEMS.c.item_id, ITEMS.c.document).where(ITEMS.c.shop == shop, ITEMS.c.item_id.in_([*items]))
    there = {row.item_id: row.document for row in connection.execute(known)}
    before = {item_id: Item.parse(json.loads(text)) for item_id, text in there.items() if text is not None}
    items = prices.followed(connection, shop, stock.followed(items, before, now), before, now)
    documents = {item_id: _written(item) for item_id, item in items.items()}
    changed = {item_id: text for item_id, text in documents.items() if there.get(item_id) != text}
    if not changed:
        return revision
    revision += 1
    insert = upsert(connection, ITEMS)
    written = insert.on_conflict_do_update(
        index_elements=[ITEMS.c.shop, ITEMS.c.item_id],
        set_={"document": insert.excluded.document, "revision": insert.excluded.revision},
    )
    rows = [
        {"shop": shop, "item_id": item_id, "document": text, "revision": revision, "added_at": now}
        for item_id, text in changed.items()
    ]
    connection.execute(written, rows)
    _set_revision(connection, shop, revision)
    return revision


def _lock(connection: Connection, shop: str) -> int:
    """The shop's revision, which nobody else changes until this transaction ends: revisions are seen in their order."""
    query = select(SHOPS.c.catalog_revision).where(SHOPS.c.name == shop).with_for_update()
    found = connection.scalar(query)
    if found is None:
        raise NotFoundError(f"no shop {shop!r}")
    return int(found)


def _set_revision(connection: Connection, shop: str, revision: int) -> None:
    connection.execute(update(SHOPS).where(SHOPS.c.name == shop).values(catalog_revision=revision))


def _document(connection: Connection, shop: str, item_id: str) -> dict[str, Any]:
    query = select(ITEMS.c.document).where(ITEMS.c.shop == shop, ITEMS.c.item_id == item_id)
    text = connection.scalar(query)
    if text is None:
        raise NotFoundError(f"no item {item_id!r} in the catalogue of shop {shop!r}")
    document: dict[str, Any] = json.loads(text)
    return document


def _written(item: Item) -> str:
    return json.dumps(item.document(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _change(row: Any) -> ItemChange:
    item = None if row.document is None else Item.parse(orjson.loads(row.document))
    return ItemChange(row.item_id, row.revision, item, row.added_at)
