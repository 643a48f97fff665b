"""From what a shop sends to checked events."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from recommender.errors import EventError
from recommender.events import values
from recommender.events.event import Event, EventItem
from recommender.events.names import ITEM_REQUIRED, EventName
from recommender.events.shapes import Draft, drafts

MOST_ITEMS = 200
CLOCK_TOLERANCE = timedelta(days=1)
ITEM_PARAMETERS = "item_params"
"""Where a row's `extra` keeps the parameters of its item; an event may not send its own."""

_KNOWN = frozenset({
    "event", "event_id", "timestamp", "visitor_id", "customer_id", "session_id", "order_id", "value", "currency",
    "attribution_token", "items",
})  # fmt: skip
_OF_ITEM = ("item_id", "quantity", "price")
_CREDENTIALS = frozenset({"key", "customer_token"})  # they authorise a call and have no place in a log
# Without consent only parameters stay that cannot point to a person: no addresses, no referrers, no free ids.
_IMPERSONAL = frozenset({
    "search_term", "item_list_id", "item_list_name", "promotion_id", "promotion_name", "creative_name", "creative_slot",
    "placement", "page_type", "category", "language", "coupon", "shipping", "tax",
})  # fmt: skip


def random_id() -> str:
    """An id for a live event that came without one."""
    return uuid4().hex


def decode(
    document: Mapping[str, Any],
    *,
    now: datetime,
    live: bool = True,
    anonymous: bool = False,
    new_id: Callable[[], str] = random_id,
) -> list[Event]:
    """The events in one document of any shape named in `recommender.events.shapes`.

    Args:
        document: a parsed JSON object, or a row of a file under the column names of the contract.
        now: the moment of receipt; nothing may have happened a day later.
        live: an event that is just happening: without a timestamp it happened now, and a clock that runs ahead is
            set back to now. Events from files need a timestamp and keep it.
        anonymous: consent was denied: every id is dropped and none is needed.
        new_id: called for each event that came without `event_id`.

    Raises:
        EventError: an event cannot be used; the field is named as its sender spells it.
    """
    if not isinstance(document, Mapping):
        raise EventError("event", document, "send a JSON object")
    return [_event(draft, now, live, anonymous or draft.anonymous, new_id) for draft in drafts(document)]


def _event(draft: Draft, now: datetime, live: bool, anonymous: bool, new_id: Callable[[], str]) -> Event:
    fields = draft.fields
    event = Event(
        event_id=values.identifier(draft.spelled("event_id"), fields.get("event_id")) or new_id(),
        name=_name(draft),
        timestamp=_timestamp(draft, now, live),
        visitor_id=None if anonymous else _identifier(draft, "visitor_id"),
        customer_id=None if anonymous else _identifier(draft, "customer_id"),
        session_id=None if anonymous else _identifier(draft, "session_id"),
        order_id=_identifier(draft, "order_id"),
        value=values.number(draft.spelled("value"), fields.get("value")),
        currency=values.currency(draft.spelled("currency"), fields.get("currency")),
        attribution_token=values.identifier(
            draft.spelled("attribution_token"), fields.get("attribution_token"), values.LONGEST_TOKEN
        ),
        items=tuple(_items(draft)),
        extra=_extra(draft, anonymous),
    )
    _check_person(event, draft, anonymous)
    _check_items(event, draft)
    # An order, or the list that a token names, leads back to the person.
    return replace(event, order_id=None, attribution_token=None) if anonymous else event


def _identifier(draft: Draft, field: str) -> str | None:
    return values.identifier(draft.spelled(field), draft.fields.get(field))


def _name(draft: Draft) -> EventName:
    value = draft.fields.get("event")
    try:
        return EventName(str(value))
    except ValueError:
        raise EventError(draft.spelled("event"), value, f"send one of {', '.join(EventName)}") from None


def _timestamp(draft: Draft, now: datetime, live: bool) -> datetime:
    field = draft.spelled("timestamp")
    found = values.moment(field, draft.fields.get("timestamp"))
    if found is None:
        if live:
            return now
        raise EventError(field, None, "say when it happened: ISO 8601, or Unix seconds or milliseconds")
    if found > now + CLOCK_TOLERANCE:
        raise EventError(field, draft.fields["timestamp"], f"send nothing later than a day after {now.isoformat()}")
    return min(found, now) if live else found


def _items(draft: Draft) -> Iterator[EventItem]:
    given = draft.fields.get("items")
    path = draft.spelled("items")
    if given is None:
        alone = {field: draft.fields.get(field) for field in _OF_ITEM}
        names = {field: draft.spelled(field) for field in _OF_ITEM}
        item = _item(alone, names, "")
        if item is not None:
            yield item
        return
    if not isinstance(given, list) or len(given) > MOST_ITEMS:
        raise EventError(path, given, f"send a list of at most {MOST_ITEMS} items")
    for place, document in enumerate(given):
        if not isinstance(document, Mapping):
            raise EventError(f"{path}[{place}]", document, "send an object with item_id")
        item = _item(document, {}, f"{path}[{place}].")
        if item is not None:
            yield item


def _item(document: Mapping[str, Any], names: Mapping[str, str], path: str) -> EventItem | None:
    spelled = {field: path + names.get(field, field) for field in _OF_ITEM}
    id_key = "item_id" if document.get("item_id") not in (None, "") else "id"  # `id` is gtag's older name
    rest = {key: value for key, value in document.items() if key not in _OF_ITEM and key != id_key}
    item = EventItem(
        item_id=values.identifier(spelled["item_id"], document.get(id_key)),
        quantity=values.number(spelled["quantity"], document.get("quantity")),
        price=values.number(spelled["price"], document.get("price")),
        extra=values.parameters(path.rstrip(".") or "extra", rest),
    )
    return None if item == EventItem(None) else item


def _extra(draft: Draft, anonymous: bool) -> dict[str, Any]:
    used = _KNOWN | _CREDENTIALS
    if draft.fields.get("items") is None:
        used |= set(_OF_ITEM)
    rest = {key: value for key, value in draft.fields.items() if key not in used}
    if ITEM_PARAMETERS in rest:
        raise EventError(draft.spelled(ITEM_PARAMETERS), rest[ITEM_PARAMETERS], "send an item's parameters in items")
    if anonymous:
        rest = {key: value for key, value in rest.items() if key in _IMPERSONAL}
    return values.parameters("extra", rest)


def _check_person(event: Event, draft: Draft, anonymous: bool) -> None:
    if not anonymous and event.visitor_id is None and event.customer_id is None:
        raise EventError(draft.spelled("visitor_id"), None, "say who it was: visitor_id or customer_id")


def _check_items(event: Event, draft: Draft) -> None:
    path = draft.spelled("items") if draft.fields.get("items") is not None else draft.spelled("item_id")
    named = [item for item in event.items if item.item_id is not None]
    if event.name in ITEM_REQUIRED and (not named or len(named) < len(event.items)):
        raise EventError(path, None, f"{event.name} needs item_id")
    if event.name is EventName.PURCHASE and not named and (event.order_id is None or event.value is None):
        raise EventError(path, None, "a purchase needs item_id, or order_id and value")
