"""From the words of a product feed to the fields of an item."""

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from recommender.catalog.item import Item
from recommender.errors import ItemError

AVAILABILITY = {
    "available": "in_stock",
    "available_for_order": "in_stock",
    "in_stock": "in_stock",
    "limited_availability": "in_stock",
    "out_of_stock": "out_of_stock",
    "sold_out": "out_of_stock",
    "discontinued": "out_of_stock",
    "preorder": "preorder",
    "pre_order": "preorder",
    "backorder": "backorder",
    "back_order": "backorder",
}
"""Spellings that feeds use; schema.org addresses such as `https://schema.org/InStock` are read by their end."""

PRICES = ("price", "sale_price", "cost")
SALE_PERIOD = "sale_price_effective_date"
SYNONYMS = {"cost_of_goods_sold": "cost"}

_MONEY = re.compile(r"(?P<before>[A-Za-z]{3})?\s*(?P<amount>-?[\d.,'\s\u00a0]*\d)\s*(?P<after>[A-Za-z]{3})?")
_TAG = re.compile(r"<[^>]+>")
_SPACE = re.compile(r"\s+")


def item(fields: Mapping[str, Any], now: datetime) -> Item:
    """An item from a feed's fields under Google Merchant's names; empty ones are left out, unknown ones kept.

    Raises:
        ItemError: a field has a value that is not allowed; the first one is named.
    """
    given = {SYNONYMS.get(name, name): value for name, value in fields.items() if not _is_empty(value)}
    document = {name: _text(value) for name, value in given.items()}
    for name in PRICES:
        if name in document:
            document[name], currency = money(name, document[name])
            if currency and name != "cost":
                document.setdefault("currency", currency)
    if "availability" in document:
        document["availability"] = availability(document["availability"])
    if "sale_price" in document and not _on_now(document.get(SALE_PERIOD), now):
        del document["sale_price"]
    return Item.parse(document)


def money(field: str, value: object) -> tuple[Decimal, str | None]:
    """An amount and its currency, from `15.00 GBP`, `GBP 15`, `15,00` or a number.

    Raises:
        ItemError: it is none of these.
    """
    found = _MONEY.fullmatch(str(value).strip())
    try:
        if found is None or isinstance(value, bool):
            raise InvalidOperation
        amount = Decimal(_plain_amount(found["amount"]))
    except InvalidOperation:
        raise ItemError(field, value, "use a number and a currency code, such as 15.00 GBP") from None
    currency = found["before"] or found["after"]
    return amount, currency.upper() if currency else None


def availability(value: object) -> object:
    """One of the four words, where a feed spells it otherwise; anything else stays and is refused later."""
    text = str(value).rstrip("/").rsplit("/", 1)[-1]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()
    return AVAILABILITY.get(re.sub(r"[\s_-]+", "_", words.strip()), value)


def plain_text(markup: str) -> str:
    """HTML without its tags."""
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", markup))).strip()


def _is_empty(value: object) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _text(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _plain_amount(text: str) -> str:
    """The digits with a decimal point; the last of `.` and `,` is one unless three digits follow it alone."""
    bare = re.sub(r"[\s\u00a0']", "", text)
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0:
        return bare
    mark, other = bare[last], "," if bare[last] == "." else "."
    if bare.count(mark) > 1 or (mark == "," and len(bare) - last == 4 and other not in bare):
        return bare.replace(mark, "").replace(other, ".")
    return bare[:last].replace(other, "").replace(mark, "") + "." + bare[last + 1 :]


def _on_now(period: object, now: datetime) -> bool:
    """Whether a period such as `2016-02-24T13:00-0800/2016-02-29T15:30-0800` holds `now`; an unreadable one does."""
    begin, _, end = str(period or "").partition("/")
    return _compare(begin, lambda moment: moment <= now) and _compare(end, lambda moment: now <= moment)


def _compare(text: str, holds: Callable[[datetime], bool]) -> bool:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return True
    return moment.tzinfo is None or holds(moment)
