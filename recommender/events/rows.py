"""Events as rows of the log and back, and as bytes of a spool and back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

import orjson
import pyarrow as pa

from recommender.errors import NewerError
from recommender.events import schema
from recommender.events.decoding import ITEM_PARAMETERS
from recommender.events.event import Event, EventItem
from recommender.events.names import LogName, log_name
from recommender.events.values import EPOCH, since_epoch

OWN: Final = frozenset(
    {"event_id", "visitor_id", "customer_id", "session_id", "order_id", "value", "currency", "attribution_token"}
)
"""Members of an encoded event that are the event's own under the same name."""


@dataclass(frozen=True, slots=True)
class Received:
    """An event, when Vitrine was told, and by whom."""

    event: Event
    received_at: datetime
    verified: bool
    """Told by the shop's server or an import; False: claimed by a browser."""

    def encode(self) -> bytes:
        """Bytes for a spool."""
        event = self.event
        return orjson.dumps(
            {
                "event_id": event.event_id,
                "event": event.name,
                "timestamp": since_epoch(event.timestamp),
                "visitor_id": event.visitor_id,
                "customer_id": event.customer_id,
                "session_id": event.session_id,
                "order_id": event.order_id,
                "value": event.value,
                "currency": event.currency,
                "attribution_token": event.attribution_token,
                "items": [[item.item_id, item.quantity, item.price, dict(item.extra)] for item in event.items],
                "extra": dict(event.extra),
                "received_at": since_epoch(self.received_at),
                "verified": self.verified,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> "Received":
        """What `encode` made the bytes from; what a newer Vitrine says besides is among the other parameters then.

        Raises:
            NewerError: it is of a kind that only a newer one knows.
        """
        read = orjson.loads(data)
        received_at, verified = _moment(read.pop("received_at")), read.pop("verified")
        name, timestamp = _name(read.pop("event")), _moment(read.pop("timestamp"))
        items = tuple(EventItem(*item) for item in read.pop("items"))
        extra = read.pop("extra")
        extra |= {member: read.pop(member) for member in read.keys() - OWN}
        return cls(Event(name=name, timestamp=timestamp, items=items, extra=extra, **read), received_at, verified)


def event_rows(
    event: Event, *, received_at: datetime, verified: bool, writer: str, sequence: int
) -> list[dict[str, Any]]:
    """One row for each item, or one row for an event without items.

    The event's other parameters stand in its first row; an item's in its own row, under `item_params`.
    """
    common = {
        schema.EVENT_ID: event.event_id,
        schema.EVENT: event.name.value,
        schema.TIMESTAMP: event.timestamp,
        schema.RECEIVED_AT: received_at,
        schema.VISITOR_ID: event.visitor_id,
        schema.CUSTOMER_ID: event.customer_id,
        schema.SESSION_ID: event.session_id,
        schema.ORDER_ID: event.order_id,
        schema.VALUE: event.value,
        schema.CURRENCY: event.currency,
        schema.ATTRIBUTION_TOKEN: event.attribution_token,
        schema.VERIFIED: verified,
        schema.WRITER: writer,
        schema.SEQUENCE: sequence,
    }
    items = event.items or (EventItem(None),)
    return [common | _item_columns(place, item, event.extra) for place, item in enumerate(items)]


def table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table of the log's schema; columns that a row lacks are null."""
    return pa.Table.from_pylist(list(rows), schema=schema.SCHEMA)


def events(rows: Iterable[Mapping[str, Any]]) -> Iterator[Received]:
    """The events that rows were made from; an event's rows stand together, in the order of its items."""
    for _, group in groupby(rows, key=lambda row: (row[schema.WRITER], row[schema.SEQUENCE])):
        yield _received(list(group))


def _received(rows: list[Mapping[str, Any]]) -> Received:
    first = rows[0]
    extras = [orjson.loads(row[schema.EXTRA]) if row[schema.EXTRA] else {} for row in rows]
    of_items = [extra.pop(ITEM_PARAMETERS, {}) for extra in extras]
    items = (
        EventItem(row[schema.ITEM_ID], row[schema.QUANTITY], row[schema.PRICE], extra)
        for row, extra in zip(rows, of_items, strict=True)
    )
    event = Event(
        event_id=first[schema.EVENT_ID],
        name=log_name(first[schema.EVENT]),
        timestamp=first[schema.TIMESTAMP],
        visitor_id=first[schema.VISITOR_ID],
        customer_id=first[schema.CUSTOMER_ID],
        session_id=first[schema.SESSION_ID],
        order_id=first[schema.ORDER_ID],
        value=first[schema.VALUE],
        currency=first[schema.CURRENCY],
        attribution_token=first[schema.ATTRIBUTION_TOKEN],
        items=tuple(item for item in items if item != EventItem(None)),
        extra=extras[0],
    )
    return Received(event, first[schema.RECEIVED_AT], first[schema.VERIFIED])


def _item_columns(place: int, item: EventItem, of_event: Mapping[str, Any]) -> dict[str, Any]:
    extra = dict(of_event) if place == 0 else {}
    if item.extra:
        extra[ITEM_PARAMETERS] = dict(item.extra)
    return {
        schema.ITEM_INDEX: place,
        schema.ITEM_ID: item.item_id,
        schema.QUANTITY: item.quantity,
        schema.PRICE: item.price,
        schema.EXTRA: orjson.dumps(extra).decode() if extra else None,
    }


def _name(text: str) -> LogName:
    try:
        return log_name(text)
    except ValueError:
        raise NewerError(f"an event {text!r} waits for a newer Vitrine to move it into the log") from None


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
