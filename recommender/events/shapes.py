"""The shapes in which events come, each brought to one flat draft with our names.

Flat and dataLayer/gtag: `event` and parameters, those of `ecommerce` lifted out.
Measurement Protocol: `client_id` and `events[].name/params`.
BigQuery export: `event_name`, `event_timestamp` in microseconds, `event_params[]`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recommender.errors import EventError

SYNONYMS = {
    "visitor_id": ("visitor_id", "client_id"),
    "customer_id": ("customer_id", "user_id"),
    "order_id": ("order_id", "transaction_id"),
    "timestamp": ("timestamp", "timestamp_micros"),
}
_BIGQUERY_SPELLING = {
    "event": "event_name",
    "timestamp": "event_timestamp",
    "visitor_id": "user_pseudo_id",
    "customer_id": "user_id",
    "order_id": "ecommerce.transaction_id",
}
MOST_BUNDLED = 25
"""Events of one bundle, each of which repeats what they have in common; GA4 takes as many in a request."""
NOT_SET = "(not set)"  # what GA4 exports where a text is missing


@dataclass(frozen=True)
class Draft:
    """An event under our names, not checked yet."""

    fields: Mapping[str, Any]
    spelling: Mapping[str, str]
    """How the sender spells a field, where that differs from ours."""
    anonymous: bool = False
    """The sender says that consent was denied."""

    def spelled(self, field: str) -> str:
        """The field's name as its sender knows it."""
        return self.spelling.get(field, field)


def drafts(document: Mapping[str, Any]) -> Iterator[Draft]:
    """One draft for each event in a document of any of the shapes.

    Raises:
        EventError: the document has none of the shapes.
    """
    if "events" in document and "event" not in document:
        yield from _measurement_protocol(document)
    elif "event_name" in document and "event" not in document:
        yield _bigquery(document)
    else:
        yield _flat(document)


def unbundle(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The document's events as documents of their own, so that a bad one does not spoil the others."""
    events = document.get("events")
    if "event" in document or not isinstance(events, list):
        return [document]
    return [{**document, "events": [event]} for event in events]


def _flat(document: Mapping[str, Any]) -> Draft:
    ecommerce = document.get("ecommerce")
    if ecommerce is not None and not isinstance(ecommerce, Mapping):
        raise EventError("ecommerce", ecommerce, "send an object")
    top = {key: value for key, value in document.items() if key != "ecommerce"}
    inner = {key: value for key, value in (ecommerce or {}).items() if value is not None}
    spelling = {key: f"ecommerce.{key}" for key in inner}
    return _named({**top, **inner}, spelling)


def _measurement_protocol(document: Mapping[str, Any]) -> Iterator[Draft]:
    events = document["events"]
    if not isinstance(events, list) or not events:
        raise EventError("events", events, "send a list of events")
    if len(events) > MOST_BUNDLED:
        raise EventError(
            "events", len(events), f"send at most {MOST_BUNDLED} events in a bundle that is one of several"
        )
    common = {key: value for key, value in document.items() if key != "events"}
    for place, event in enumerate(events):
        path = f"events[{place}]"
        if not isinstance(event, Mapping):
            raise EventError(path, event, "send an object with name and params")
        params = _mapping(f"{path}.params", event.get("params"))
        spelling = {key: f"{path}.params.{key}" for key in params} | {"event": f"{path}.name"}
        own = {key: value for key, value in event.items() if key not in {"name", "params"}}
        yield _named({**common, **params, **own, "event": event.get("name")}, spelling)


def _bigquery(document: Mapping[str, Any]) -> Draft:
    params = _key_values("event_params", document.get("event_params"))
    ecommerce = {key: v for key, v in _mapping("ecommerce", document.get("ecommerce")).items() if _is_set(v)}
    visitor = document.get("user_pseudo_id")
    own = {
        "event": document["event_name"],
        "timestamp": _microseconds(document.get("event_timestamp")),
        "visitor_id": visitor,
        "customer_id": document.get("user_id"),
        "session_id": _session(visitor, params.pop("ga_session_id", None)),
        "order_id": _first(ecommerce.get("transaction_id"), params.pop("transaction_id", None)),
        "value": _first(params.pop("value", None), ecommerce.get("purchase_revenue")),
        "items": _bigquery_items(document.get("items")),
    }
    privacy = document.get("privacy_info")
    denied = isinstance(privacy, Mapping) and privacy.get("analytics_storage") == "No"
    return Draft(params | own, _BIGQUERY_SPELLING, anonymous=denied)


def _named(fields: Mapping[str, Any], spelling: Mapping[str, str]) -> Draft:
    named, spelled = dict(fields), dict(spelling)
    for ours, names in SYNONYMS.items():
        sent = {name: named.pop(name) for name in names if name in named}
        given = next((name for name, value in sent.items() if value is not None and value != ""), None)
        if given is not None:
            named[ours] = sent[given]
            spelled[ours] = spelling.get(given, given)
    return Draft(named, spelled)


def _mapping(field: str, value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise EventError(field, value, "send an object")
    return value


def _key_values(field: str, value: object) -> dict[str, Any]:
    """BigQuery's `[{key, value: {string_value, int_value, …}}]` as an object; objects are taken as they are."""
    if value is None or isinstance(value, Mapping):
        return dict(value or {})
    if not isinstance(value, list):
        raise EventError(field, value, "send a list of key and value")
    found = {}
    for entry in value:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("key"), str):
            raise EventError(field, entry, "send a list of key and value")
        typed = entry.get("value")
        given = [v for v in typed.values() if v is not None] if isinstance(typed, Mapping) else [typed]
        found[entry["key"]] = given[0] if given else None
    return found


def _bigquery_items(items: object) -> object:
    if not isinstance(items, list):
        return items
    return [_bigquery_item(item) if isinstance(item, Mapping) else item for item in items]


def _bigquery_item(item: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in item.items() if _is_set(value) and key != "item_params"}
    return _key_values("items.item_params", item.get("item_params")) | own


def _first(*values: object) -> object:
    return next((value for value in values if _is_set(value)), None)


def _is_set(value: object) -> bool:
    return value is not None and value != NOT_SET


def _microseconds(value: object) -> object:
    """`event_timestamp` as a whole number: exports write it as text."""
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def _session(visitor: object, number: object) -> object:
    """GA4 numbers sessions within a visitor; ours are unique within the shop."""
    return f"{visitor}.{number}" if visitor and number else number
