"""What a browser may know of an item."""

import re
from typing import Any

import orjson

from recommender.catalog.item import Item

PUBLIC = (
    "id",
    "title",
    "link",
    "image_link",
    "availability",
    "price",
    "sale_price",
    "lowest_price",
    "currency",
    "brand",
    "gtin",
    "product_type",
    "google_product_category",
    "item_group_id",
)
"""The fields of a card. Left out: `cost`, descriptions (too long for a list), and fields of the shop's own, which may
be meant for nobody else (margins, suppliers)."""

TITLE = b',"title":"'
"""What stands before the title of a card, and inside no text: there quotation marks have a backslash."""


ADDRESSES = ("link", "image_link")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
UNREAD = re.compile(r"[\x00-\x20]")
"""What browsers skip in an address."""


def card(item: Item) -> dict[str, Any]:
    """The item's public fields as JSON values; prices are numbers, and fields nobody gave are left out.

    So are addresses that lead to no page or picture: a `javascript:` link would run wherever somebody writes it out.
    """
    values = {name: getattr(item, name) for name in PUBLIC}
    values |= {name: None for name in ADDRESSES if not _leads_somewhere(values[name])}
    given = {name: _json(value) for name, value in values.items() if value is not None}
    return given if given.get("title") else {**given, "title": item.id}


def identified(document: bytes) -> bytes:
    """The id in a card as it is spelled there, between its quotation marks."""
    _, name, _, spelled, _ = document.split(b'"', 4)
    # Where a backslash stands in it, a quotation mark may be the id's own.
    plain = name == b"id" and b"\\" not in spelled
    return spelled if plain else orjson.dumps(orjson.loads(document)["id"])[1:-1]


def titled(document: bytes) -> str:
    """What shoppers call the item of a card."""
    begin = document.find(TITLE) + len(TITLE)
    spelled = document[begin : document.find(b'"', begin)]
    return str(orjson.loads(document)["title"]) if b"\\" in spelled else spelled.decode()


def announced(document: bytes) -> bytes:
    """A card as a shop in the EU or EEA may show it: a reduction from the lowest price of the thirty days before.

    Where that is not known, or was no higher, what the item costs now is its price, and nothing is struck through.
    """
    if b'"sale_price"' not in document:
        return document
    card = orjson.loads(document)
    now, lowest = card["sale_price"], card.get("lowest_price")
    if now >= card.get("price", now):
        return document
    if lowest is None or lowest <= now:
        return orjson.dumps({name: value for name, value in card.items() if name != "sale_price"} | {"price": now})
    return orjson.dumps(card | {"price": lowest})


def bare_card(item_id: str) -> dict[str, Any]:
    """The card of an item that only the log knows."""
    return {"id": item_id, "title": item_id}


def _leads_somewhere(address: str | None) -> bool:
    scheme = SCHEME.match(UNREAD.sub("", address or ""))
    return scheme is None or scheme.group(1).lower() in {"http", "https"}


def _json(value: Any) -> Any:
    return str(value) if isinstance(value, str) else float(value)
