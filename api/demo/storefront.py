"""The demo shop's catalogue as its pages need it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np

from recommender.catalog.table import CatalogTable
from recommender.engine.snapshot import Snapshot

Card = Mapping[str, Any]
UNSORTED = "Everything else"


class Catalogue(Protocol):
    """Where the pages get their items."""

    @property
    def public_key(self) -> str:
        """The shop's key for browsers."""

    def items(self) -> list[Card]:
        """All items that can be bought, the most wanted first."""

    def item(self, item_id: str) -> Card | None:
        """One item, also when it is sold out."""


@dataclass(frozen=True)
class ShopCatalogue:
    """The catalogue that the API serves.

    Args:
        table: the catalogue.
        public_key: the shop's key for browsers.
        wanted: how well each of the first items sells.
    """

    table: CatalogTable
    public_key: str
    wanted: np.ndarray[Any, Any]

    @classmethod
    def of(cls, snapshot: Snapshot, public_key: str) -> Self:
        """The catalogue of a snapshot."""
        return cls(snapshot.table, public_key, np.asarray(snapshot.models.popularity.best_sellers))

    def items(self) -> list[Card]:
        """All items that can be bought, the most wanted first."""
        scores = np.zeros(len(self.table))
        scores[: len(self.wanted)] = self.wanted
        rows = np.argsort(-scores, kind="stable")
        return [self.table.card(int(row)) for row in rows if self.table.available[row] and self.table.known[row]]

    def item(self, item_id: str) -> Card | None:
        """One item, also when it is sold out."""
        row = self.table.row(item_id)
        return self.table.card(row) if row is not None and self.table.known[row] else None


@dataclass(frozen=True)
class Storefront:
    """Departments, lists and search over a catalogue."""

    catalogue: Catalogue
    _items: list[Card] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_items", self.catalogue.items())

    @property
    def public_key(self) -> str:
        """The shop's key for browsers."""
        return self.catalogue.public_key

    @cached_property
    def departments(self) -> list[tuple[str, int, Card]]:
        """Name, number of items and best-known item of each department, the largest first."""
        counted = Counter(department(item) for item in self._items)
        firsts = {department(item): item for item in reversed(self._items)}
        return [(name, count, firsts[name]) for name, count in counted.most_common()]

    def item(self, item_id: str) -> Card | None:
        """One item."""
        return self.catalogue.item(item_id)

    def of(self, name: str) -> list[Card]:
        """A department's items by title, whatever number a title begins with."""
        return sorted((item for item in self._items if department(item) == name), key=_by_title)

    def sale(self, most: int) -> list[Card]:
        """Reduced items."""
        return [item for item in self._items if item.get("sale_price")][:most]

    def search(self, query: str) -> list[Card]:
        """Items whose titles hold every word, else those that hold any; whole words first."""
        words = list(_words(query))
        if not words:
            return []
        titles = [(item, str(item["title"]).lower()) for item in self._items]
        every = [item for item, title in titles if all(word in title for word in words)]
        found = every or [item for item, title in titles if any(word in title for word in words)]
        return sorted(found, key=lambda item: -len(set(words) & set(_words(str(item["title"])))))


def department(item: Card) -> str:
    """The first level of an item's category."""
    return str(item.get("product_type") or UNSORTED).partition(" > ")[0]


def _by_title(item: Card) -> str:
    return re.sub(r"^(?:(?:set|pack|box|pair)(?: of)?/? ?)?[\d\W]*", "", str(item["title"]).lower())


def _words(text: str) -> Iterator[str]:
    return (word for word in re.findall(r"[\w'-]+", text.lower()) if word)
