"""The catalogue as columns that the engine can look into by row.

Rows 0 to n-1 are the artifact's items in its order; items newer than the artifact follow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from recommender.catalog.card import PUBLIC, bare_card, card
from recommender.catalog.item import Availability, Item
from recommender.catalog.labels import Labels
from recommender.vocabulary import Rows, Vocabulary

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]

DAY = 86_400.0
MISSING = object()
"""What a field holds in items that do not have it."""


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

    vocabulary: Vocabulary
    """The artifact's items."""
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
    category: Labels
    """Whole paths."""
    brand: Labels
    group: Labels
    _newer: Mapping[str, int] = field(repr=False)
    _newer_ids: Sequence[str] = field(repr=False)
    _cards: Sequence[bytes | None] = field(repr=False)
    _extras: Mapping[int, Mapping[str, Any]] = field(repr=False)
    _fields: dict[str, list[Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, vocabulary: Vocabulary, changes: Iterable[Change] = ()) -> Self:
        """The table of the artifact's items and everything that ever happened to the catalogue."""
        size = len(vocabulary)
        unknown, labels = np.full(size, np.nan), Labels.empty(size)
        start = cls(
            vocabulary=vocabulary,
            revision=0,
            available=np.ones(size, np.bool_),
            known=np.zeros(size, np.bool_),
            price=unknown,
            sale_price=unknown,
            added=unknown,
            category=labels,
            brand=labels,
            group=labels,
            _newer={},
            _newer_ids=(),
            _cards=[None] * size,
            _extras={},
        )
        return start.apply(list(changes))

    def apply(self, changes: Sequence[Change]) -> Self:
        """The table after these changes, oldest first; this one stays as it is."""
        if not changes:
            return self
        latest = {change.item_id: change for change in changes}
        newer = dict(self._newer)
        for item_id, change in latest.items():
            if change.item is not None and self.vocabulary.row(item_id) is None and item_id not in newer:
                newer[item_id] = len(self.vocabulary) + len(newer)
        rows = {row: change for id_, change in latest.items() if (row := _row(self.vocabulary, newer, id_)) is not None}
        return self._written(rows, newer, max(self.revision, *(change.revision for change in changes)))

    def __len__(self) -> int:
        return len(self.available)

    def row(self, item_id: str) -> int | None:
        """The item's row, or None when neither catalogue nor artifact ever knew it."""
        return _row(self.vocabulary, self._newer, item_id)

    def rows(self, item_ids: Iterable[str]) -> Rows:
        """Rows of the known items among `item_ids`, in their order."""
        found = (self.row(item_id) for item_id in item_ids)
        return np.array([row for row in found if row is not None], np.int32)

    def id(self, row: int) -> str:
        """The id of the item in `row`."""
        size = len(self.vocabulary)
        return self.vocabulary[row] if row < size else self._newer_ids[row - size]

    def card(self, row: int) -> dict[str, Any]:
        """The public fields of the item in `row`, as JSON values."""
        document = self._cards[row]
        if document is None:
            return bare_card(self.id(row))
        values: dict[str, Any] = orjson.loads(document)
        return values

    def title(self, row: int) -> str:
        """What shoppers call the item in `row`."""
        return str(self.card(row)["title"])

    def field(self, name: str) -> Sequence[Any]:
        """A field of the shop's own, or a text field of the card, for every row; `MISSING` where there is none."""
        if name not in self._fields:
            self._fields[name] = [self._value(name, row) for row in range(len(self))]
        return self._fields[name]

    def newer_rows(self) -> Rows:
        """Rows of the items that the artifact does not know."""
        return np.arange(len(self.vocabulary), len(self), dtype=np.int32)

    def written_since(self, earlier: "CatalogTable") -> Rows:
        """Rows whose item was put, changed or deleted since `earlier`, a table that this one succeeds."""
        before = len(earlier)
        changed = [row for row, card in enumerate(self._cards) if row >= before or card is not earlier._cards[row]]
        return np.array(changed, np.int32)

    def _value(self, name: str, row: int) -> Any:
        source = self.card(row) if name in PUBLIC else self._extras.get(row, {})
        return source.get(name, MISSING)

    def _written(self, rows: Mapping[int, Change], newer: dict[str, int], revision: int) -> Self:
        size = len(self.vocabulary) + len(newer)
        items = {row: change.item for row, change in rows.items()}
        grown = replace(
            self,
            revision=revision,
            available=_changed(self.available, size, {row: _available(item) for row, item in items.items()}),
            known=_changed(self.known, size, {row: item is not None for row, item in items.items()}),
            price=_changed(self.price, size, {row: _price(item) for row, item in items.items()}),
            sale_price=_changed(self.sale_price, size, {row: _sale_price(item) for row, item in items.items()}),
            added=_changed(self.added, size, {row: _added(change) for row, change in rows.items()}),
            category=self.category.changed(size, {row: _category(item) for row, item in items.items()}),
            brand=self.brand.changed(size, {row: item.brand if item else None for row, item in items.items()}),
            group=self.group.changed(size, {row: item.item_group_id if item else None for row, item in items.items()}),
            _newer=newer,
            _newer_ids=tuple(newer),
            _cards=_cards(self._cards, size, items),
            _extras=_extras(self._extras, items),
            _fields={},
        )
        for name, values in self._fields.items():
            grown._fields[name] = values + [MISSING] * (size - len(values))
            for row in items:
                grown._fields[name][row] = grown._value(name, row)
        return grown


def epoch_days(moment: datetime) -> float:
    """Days since 1970, with their fraction."""
    return moment.timestamp() / DAY


def _row(vocabulary: Vocabulary, newer: Mapping[str, int], item_id: str) -> int | None:
    row = vocabulary.row(item_id)
    return newer.get(item_id) if row is None else row


def _changed(column: NDArray[Any], size: int, values: Mapping[int, Any]) -> NDArray[Any]:
    grown = np.empty(size, column.dtype)
    grown[: len(column)] = column
    grown[list(values)] = list(values.values())
    return grown


def _cards(cards: Sequence[bytes | None], size: int, items: Mapping[int, Item | None]) -> list[bytes | None]:
    grown = [*cards, *[None] * (size - len(cards))]
    for row, item in items.items():
        grown[row] = None if item is None else orjson.dumps(card(item))
    return grown


def _extras(
    extras: Mapping[int, Mapping[str, Any]], items: Mapping[int, Item | None]
) -> Mapping[int, Mapping[str, Any]]:
    fresh = {row: (item.model_extra or {}) if item else {} for row, item in items.items()}
    return {row: values for row, values in {**extras, **fresh}.items() if values}


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


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
