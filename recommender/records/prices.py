"""What items cost before: the lowest price of the last thirty days, which a reduction must be measured by.

Directive 98/6/EC, article 6a: the prior price is the lowest one that was asked during the thirty days before the
reduction. A price is written down when it ends, so a catalogue whose prices stay has no history at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, select

from recommender.catalog.item import Item
from recommender.records.database import upsert
from recommender.records.tables import PRICES

WINDOW = timedelta(days=30)


def followed(
    connection: Connection, shop: str, items: Mapping[str, Item], before: Mapping[str, Item], now: datetime
) -> dict[str, Item]:
    """The items with the lowest price before each reduction that begins; ended prices are written down.

    Args:
        connection: a transaction.
        shop: whose items they are.
        items: as they will be.
        before: as they were; new ones are missing.
        now: when they change.
    """
    ended = {
        item_id: price
        for item_id, item in items.items()
        if item_id in before and (price := before[item_id].paid) is not None and price != item.paid
    }
    _write(connection, shop, ended, now)
    begun = {item_id for item_id in ended if items[item_id].reduced and not before[item_id].reduced}
    lowest = _lowest(connection, shop, begun, now)
    return {item_id: _with_lowest(item, before.get(item_id), lowest.get(item_id)) for item_id, item in items.items()}


def lowest(connection: Connection, shop: str, item: Item, now: datetime) -> Decimal | None:
    """The lowest price of the thirty days before a reduction that begins now; None where no price is known."""
    if item.reduced:
        return item.lowest_price
    asked = _lowest(connection, shop, [item.id], now).get(item.id, item.price)
    return asked if item.price is None or asked is None else min(asked, item.price)


def _with_lowest(item: Item, before: Item | None, lowest: Decimal | None) -> Item:
    """A reduction keeps what it was measured by until it ends, also when it grows step by step."""
    if item.lowest_price is not None or not item.reduced:
        return item
    if lowest is None and before is not None and before.reduced:
        lowest = before.lowest_price
    return item if lowest is None else item.model_copy(update={"lowest_price": lowest})


def _write(connection: Connection, shop: str, ended: Mapping[str, Decimal], now: datetime) -> None:
    if not ended:
        return
    insert = upsert(connection, PRICES)
    rows = [{"shop": shop, "item_id": id_, "until": now, "price": str(price)} for id_, price in ended.items()]
    keys = [PRICES.c.shop, PRICES.c.item_id, PRICES.c.until]
    connection.execute(insert.on_conflict_do_nothing(index_elements=keys), rows)


def _lowest(connection: Connection, shop: str, item_ids: Iterable[str], now: datetime) -> dict[str, Decimal]:
    """The lowest price of each item that was asked at any time of the window."""
    own = (PRICES.c.shop == shop, PRICES.c.item_id.in_([*item_ids]), PRICES.c.until > now - WINDOW)
    asked: defaultdict[str, list[Decimal]] = defaultdict(list)
    for row in connection.execute(select(PRICES.c.item_id, PRICES.c.price).where(*own)):
        asked[row.item_id].append(Decimal(row.price))
    return {item_id: min(prices) for item_id, prices in asked.items()}
