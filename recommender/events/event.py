"""What a shop sends: one thing that somebody did."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from recommender.events.names import LogName


@dataclass(frozen=True, slots=True)
class EventItem:
    """An item inside an event, as GA4's `items[]` has it."""

    item_id: str | None
    quantity: float | None = None
    price: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Every other parameter of the item."""


@dataclass(frozen=True, slots=True)
class Event:
    """A checked event; `recommender.events.decoding.decode` makes them."""

    event_id: str
    name: LogName
    timestamp: datetime
    """When it happened; always UTC."""
    visitor_id: str | None = None
    customer_id: str | None = None
    session_id: str | None = None
    order_id: str | None = None
    value: float | None = None
    currency: str | None = None
    attribution_token: str | None = None
    items: tuple[EventItem, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Every other parameter of the event."""


def content_id(event: Event, occurrence: int = 0) -> str:
    """An id made from what the event says, so that importing the same row twice gives the same id.

    Args:
        event: its own `event_id` is not looked at.
        occurrence: 0 for the first of several events that say exactly the same, 1 for the second and so on.
    """
    content = orjson.dumps(
        [
            event.name,
            event.timestamp.isoformat(),
            event.visitor_id,
            event.customer_id,
            event.session_id,
            event.order_id,
            event.value,
            event.currency,
            [[item.item_id, item.quantity, item.price, dict(item.extra)] for item in event.items],
            dict(event.extra),
            occurrence,
        ],
        option=orjson.OPT_SORT_KEYS,
    )
    return hashlib.blake2b(content, digest_size=16).hexdigest()
