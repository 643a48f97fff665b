"""The demo shop's cart, kept in a cookie: nothing about it is on the server."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, unquote

from api.demo.storefront import Card, Storefront

COOKIE = "demo_cart"
MOST_LINES, MOST_PIECES = 60, 999
LINE = re.compile(r"([^:|]{1,80}):(\d{1,3})")


@dataclass(frozen=True)
class Basket:
    """Item ids and how many of each."""

    pieces: Mapping[str, int]

    @classmethod
    def read(cls, cookies: Mapping[str, str]) -> Self:
        """The basket that a browser sent; what is not understood is left out."""
        lines = LINE.findall(cookies.get(COOKIE, ""))
        return cls({unquote(item_id): int(count) for item_id, count in lines[:MOST_LINES] if int(count)})

    def cookie(self) -> str:
        """The basket as a cookie's value."""
        return "|".join(f"{quote(item_id, safe='')}:{count}" for item_id, count in self.pieces.items())

    def add(self, item_id: str, count: int) -> "Basket":
        """The basket with more of an item."""
        return self.put(item_id, self.pieces.get(item_id, 0) + count)

    def put(self, item_id: str, count: int) -> "Basket":
        """The basket with exactly so many of an item; 0 takes it out."""
        pieces = {**self.pieces, item_id: min(count, MOST_PIECES)}
        kept = [(id_, number) for id_, number in pieces.items() if number > 0]
        return Basket(dict(kept[-MOST_LINES:]))

    def lines(self, shop: Storefront) -> list["Line"]:
        """What lies in it, as far as the shop still sells it."""
        found = ((shop.item(item_id), count) for item_id, count in self.pieces.items())
        return [Line(item, count) for item, count in found if item is not None]

    @property
    def count(self) -> int:
        """How many pieces lie in it."""
        return sum(self.pieces.values())


@dataclass(frozen=True)
class Line:
    """An item of the basket."""

    item: Card
    count: int

    @property
    def price(self) -> float:
        """What one piece costs now."""
        return float(self.item.get("sale_price") or self.item.get("price") or 0)

    @property
    def total(self) -> float:
        """What all pieces cost."""
        return self.price * self.count

    def ga4(self) -> dict[str, Any]:
        """The line as GA4's tags tell it."""
        return ga4_item(self.item, self.count)


def ga4_item(item: Card, count: int = 1) -> dict[str, Any]:
    """An item as GA4's tags tell it."""
    price = float(item.get("sale_price") or item.get("price") or 0)
    return {"item_id": item["id"], "item_name": item["title"], "price": price, "quantity": count}


def total(lines: list[Line]) -> float:
    """What a basket costs."""
    return round(sum(line.total for line in lines), 2)


def parts(lines: list[Line]) -> Iterator[dict[str, Any]]:
    """The lines as GA4's tags tell them."""
    return (line.ga4() for line in lines)
