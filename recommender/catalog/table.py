"""The catalogue as columns that the engine can look into by row.

Rows 0 to n-1 are the artifact's items in its order; items newer than the artifact follow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from recommender.catalog.card import PUBLIC, bare_card, card, titled
from recommender.catalog.documents import Documents
from recommender.catalog.item import Availability, Item
from recommender.catalog.labels import Labels, changed
from recommender.catalog.values import MISSING, Values
from recommender.days import DAY
from recommender.models.arrays import IntArray
from recommender.vocabulary import Grown, Rows, Vocabulary

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]

BATCH = 20_000
"""Changes that are written at once: of a large catalogue no more items are in memory together."""


class Change(Protocol):
    """What happened to one item: its new value, or None when it was deleted."""

    @property
    def item_id(self) -> str:
        """The item."""

    @property
    def revision(self) -> int:
        """The catalogue's revision after the change."""

    @property
    def item(self) -> Item | None:
        """Its new value."""

    @property
    def added_at(self) -> datetime | None:
        """When the shop first told of it."""


@dataclass(frozen=True, eq=False)
class CatalogTable:
    """One value for each item in each column; never changed, only succeeded by another table."""

    ids: Grown
    """The artifact's items, then the catalogue's newer ones."""
    revision: int
    available: Flags
    """Not deleted, not out of stock, and not without a price above 0; a missing price or availability is fine."""
    known: Flags
    """In the catalogue now; the others are known from the log only, or deleted."""
    price: Numbers
    """NaN is unknown."""
    sale_price: Numbers
    """NaN unless really below the price."""
    added: Numbers
    """Days since 1970 when the shop began to sell it; NaN is unknown."""
    restocked: Numbers
    """Unix seconds when it last came back; NaN: it was never away, as far as is known."""
    category: Labels
    """Whole paths."""
    brand: Labels
    group: Labels
    cards: Documents = field(repr=False)
    """Public fields."""
    extras: Documents = field(repr=False)
    """Fields of the shop's own."""
    _written: IntArray = field(repr=False)
    """At which of the table's steps each row was last written; 0: before the first."""
    _step: int = 0
    _fields: dict[str, Values] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, vocabulary: Vocabulary, changes: Iterable[Change] = ()) -> Self:
        """The table of the artifact's items and everything that ever happened to the catalogue."""
        size = len(vocabulary)
        unknown, labels = np.full(size, np.nan), Labels.empty(size)
        start = cls(
            ids=Grown(vocabulary),
            revision=0,
            available=np.ones(size, np.bool_),
            known=np.zeros(size, np.bool_),
            price=unknown,
            sale_price=unknown,
            added=unknown,
            restocked=unknown,
            category=labels,
            brand=labels,
            group=labels,
            cards=Documents(size),
            extras=Documents(size),
            _written=np.zeros(size, np.int32),
        )
        return start.apply(changes)

    @property
    def vocabulary(self) -> Vocabulary:
        """The artifact's items."""
        return self.ids.first

    def apply(self, changes: Iterable[Change]) -> Self:
        """The table after these changes, oldest first; this one stays as it is."""
        table, rest = self, iter(changes)
        while batch := list(islice(rest, BATCH)):
            table = table._applied(batch)
        return table

    def _applied(self, changes: Sequence[Change]) -> Self:
        latest = {change.item_id: change for change in changes}
        ids = self.ids.grown(item_id for item_id, change in latest.items() if change.item is not None)
        rows = {row: change for item_id, change in latest.items() if (row := ids.row(item_id)) is not None}
        return self._written_to(rows, ids, max(self.revision, *(change.revision for change in changes)))

    def __len__(self) -> int:
        return len(self.available)

    def row(self, item_id: str) -> int | None:
        """The item's row, or None when neither catalogue nor artifact ever knew it."""
        return self.ids.row(item_id)

    def rows(self, item_ids: Iterable[str]) -> Rows:
        """Rows of the known items among `item_ids`, in their order."""
        return self.ids.rows(item_ids)

    def id(self, row: int) -> str:
        """The id of the item in `row`."""
        return self.ids[row]

    def card(self, row: int) -> dict[str, Any]:
        """The public fields of the item in `row`, as JSON values."""
        values: dict[str, Any] = orjson.loads(self.document(row))
        return values

    def document(self, row: int) -> bytes:
        """The same as one JSON object."""
        return bytes(self.cards.raw(row)) or orjson.dumps(bare_card(self.id(row)))

    def documents(self, rows: Sequence[int]) -> list[bytes]:
        """The same of some rows at once."""
        found = self.cards.some(rows)
        if all(found):
            return found
        return [one or self.document(row) for one, row in zip(found, rows, strict=True)]

    def title(self, row: int) -> str:
        """What shoppers call the item in `row`."""
        return titled(self.document(row))

    def field(self, name: str) -> Values:
        """A field of the shop's own, or a text field of the card, for every row; `MISSING` where there is none."""
        if name not in self._fields:
            self._fields[name] = Values.of(self._value(name, row) for row in range(len(self)))
        return self._fields[name]

    @property
    def fresh(self) -> int:
        """Rows that were written since the table was built or opened."""
        return int(np.count_nonzero(self._written))

    def begun(self) -> Self:
        """The same table as if nothing had been written to it yet."""
        return replace(self, _written=np.zeros(len(self), np.int32), _step=0)

    def newer_rows(self) -> Rows:
        """Rows of the items that the artifact does not know."""
        return np.arange(len(self.vocabulary), len(self), dtype=np.int32)

    def written_since(self, earlier: "CatalogTable") -> Rows:
        """Rows whose item was put, changed or deleted since `earlier`, a table that this one succeeds."""
        return np.flatnonzero(self._written > earlier._step).astype(np.int32)

    def _value(self, name: str, row: int) -> Any:
        source = self.card(row) if name in PUBLIC else self.extras.get(row) or {}
        return source.get(name, MISSING)

    def _written_to(self, rows: Mapping[int, Change], ids: Grown, revision: int) -> Self:
        size, step = len(ids), self._step + 1
        items = {row: change.item for row, change in rows.items()}
        written = changed(self._written, size, dict.fromkeys(rows, step), 0)
        grown = replace(
            self,
            ids=ids,
            revision=revision,
            available=changed(self.available, size, {row: _available(item) for row, item in items.items()}, True),
            known=changed(self.known, size, {row: item is not None for row, item in items.items()}, False),
            price=changed(self.price, size, {row: _price(item) for row, item in items.items()}, np.nan),
            sale_price=changed(self.sale_price, size, {row: _sale_price(item) for row, item in items.items()}, np.nan),
            added=changed(self.added, size, {row: _added(change) for row, change in rows.items()}, np.nan),
            restocked=changed(self.restocked, size, {row: _restocked(item) for row, item in items.items()}, np.nan),
            category=self.category.changed(size, {row: _category(item) for row, item in items.items()}),
            brand=self.brand.changed(size, {row: item.brand if item else None for row, item in items.items()}),
            group=self.group.changed(size, {row: item.item_group_id if item else None for row, item in items.items()}),
            cards=self.cards.changed(size, {row: _card(item) for row, item in items.items()}),
            extras=self.extras.changed(size, {row: _extra(item) for row, item in items.items()}),
            _written=written,
            _step=step,
            _fields={},
        )
        for name, values in self._fields.items():
            grown._fields[name] = values.changed(size, {row: grown._value(name, row) for row in items})
        return grown


def epoch_days(moment: datetime) -> float:
    """Days since 1970, with their fraction."""
    return moment.timestamp() / DAY


def _card(item: Item | None) -> bytes:
    return b"" if item is None else _document(card(item))


def _extra(item: Item | None) -> bytes:
    return _document(item.model_extra) if item is not None and item.model_extra else b""


def _document(values: Mapping[str, Any]) -> bytes:
    """Bytes to keep: what orjson returns holds on to the 4 kB that it was written into."""
    return bytes(memoryview(orjson.dumps(values)))


def _available(item: Item | None) -> bool:
    if item is None or item.availability == Availability.OUT_OF_STOCK:
        return False
    return item.price is None or item.price > 0


def _price(item: Item | None) -> float:
    return np.nan if item is None or item.price is None else float(item.price)


def _sale_price(item: Item | None) -> float:
    if item is None or item.price is None or item.sale_price is None:
        return np.nan
    return float(item.sale_price) if 0 < item.sale_price < item.price else np.nan


def _category(item: Item | None) -> str | None:
    return None if item is None else item.product_type or item.google_product_category


def _added(change: Change) -> float:
    if change.item is None:
        return np.nan
    created = _moment(change.item.created_at) or change.added_at
    return np.nan if created is None else epoch_days(created)


def _restocked(item: Item | None) -> float:
    moment = None if item is None else _moment(item.restocked_at)
    return np.nan if moment is None else moment.timestamp()


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
