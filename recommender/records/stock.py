"""When items came back: what somebody who found one sold out waits for."""

from collections.abc import Mapping
from datetime import datetime

from recommender.catalog.item import Availability, Item


def followed(items: Mapping[str, Item], before: Mapping[str, Item], now: datetime) -> dict[str, Item]:
    """The items with the moment when each last came back, unless the shop tells it.

    Args:
        items: as they will be.
        before: as they were; new ones are missing.
        now: when they change.
    """
    return {item_id: _followed(item, before.get(item_id), now) for item_id, item in items.items()}


def _followed(item: Item, before: Item | None, now: datetime) -> Item:
    if before is None:
        return item
    came_back = _away(before) and not _away(item)
    known = before.restocked_at if item.restocked_at in {None, before.restocked_at} else item.restocked_at
    moment = now.isoformat() if came_back and known == before.restocked_at else known
    return item if moment == item.restocked_at else item.model_copy(update={"restocked_at": moment})


def _away(item: Item) -> bool:
    return item.availability is Availability.OUT_OF_STOCK
