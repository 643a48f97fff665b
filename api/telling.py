"""From the body of `POST /v1/events` to checked events, one refusal an event."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import ValidationError

from api.consent import ALL_GRANTED, NOTHING_GRANTED, Consent
from api.identity import verified_customer
from api.keys import Caller
from api.problems import Problem, unusable
from api.recording import Told
from recommender.errors import EventError
from recommender.events.decoding import decode
from recommender.events.event import Event
from recommender.events.event_ids import REMEMBERED
from recommender.events.names import EventName
from recommender.retention.facts import Device

MOST_EVENTS = 1000
MOST_COMMON = 16_384
"""Bytes that the events of a body have in common: twice what one may say beside what is known."""
BEGINNINGS = frozenset({EventName.PAGE_VIEW, EventName.VIEW_ITEM})
"""With these a page begins."""


@dataclass(slots=True)
class Heard:
    """What a call told."""

    told: list[Told] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    """`index`, `field` and `error` of each event that cannot be used."""

    @property
    def told_of(self) -> Counter[str]:
        """How many events there are of each visitor who may be remembered."""
        return Counter(one.event.visitor_id for one in self.told if one.event.visitor_id and one.consent.remembered)


def hear(
    caller: Caller,
    body: Any,
    now: datetime,
    *,
    device: Device | None = None,
    robot: bool = False,
    refused: bool = False,
) -> Heard:
    """Check every event of a body: one event, a list, or `{"events": […]}` with what the events have in common.

    Args:
        caller: who tells.
        body: what was sent.
        now: the moment of receipt.
        device: what the visitor holds, where that is known: added to events with which a page begins.
        robot: whether it says of itself that it is one; nothing that it does counts.
        refused: whether the browser refuses everything for its visitor, whatever the events say.

    Raises:
        Problem: it is none of these, or too long.
    """
    heard = Heard()
    common, events = _parts(body)
    for index, event in enumerate(events):
        document = _whole(common, event)
        # Events without a time of their own happened in the order in which they are told.
        moment = now - timedelta(microseconds=len(events) - 1 - index)
        try:
            if robot:
                raise EventError("User-Agent", "a robot's", "what robots do is not counted")
            heard.told.extend(_told(caller, document, moment, device, refused=refused))
        except EventError as error:
            heard.rejected.append({"index": index, "field": error.field, "error": str(error)})
    return heard


def _parts(body: Any) -> tuple[Mapping[str, Any] | None, list[Any]]:
    """What the events of a body have in common, if it is a bundle, and each of them."""
    common: Mapping[str, Any] | None = None
    events = [body] if isinstance(body, Mapping) else body
    if isinstance(body, Mapping) and isinstance(body.get("events"), list) and "event" not in body:
        events = body["events"]
        common = {name: value for name, value in body.items() if name != "events"}
    if not isinstance(events, list):
        raise unusable([{"field": "body", "detail": "send an event, a list of events, or an object with events"}])
    if len(events) > MOST_EVENTS:
        raise Problem(413, "too-many", f"send at most {MOST_EVENTS} events in one call", field="events")
    if common and len(orjson.dumps(common)) > MOST_COMMON:  # it is read again for each event
        raise Problem(413, "too-large", f"send at most {MOST_COMMON} bytes beside the events", field="body")
    return common, events


def _whole(common: Mapping[str, Any] | None, event: Any) -> Any:
    """An event with what it has in common with the others of its bundle."""
    if common is None:
        return event
    ours = isinstance(event, Mapping) and "name" not in event
    # GA4's Measurement Protocol has `events` of its own, each with `name` and `params`.
    return {**common, **event} if ours else {**common, "events": [event]}


def _told(caller: Caller, document: Any, now: datetime, device: Device | None, *, refused: bool) -> Iterator[Told]:
    if not isinstance(document, Mapping):
        raise EventError("event", document, "send an object")
    consent = _consent(document)
    consent = NOTHING_GRANTED if refused else consent
    plain = {name: value for name, value in document.items() if name != "consent"}
    events = decode(plain, now=now, anonymous=not consent.identified)
    token = document.get("customer_token")
    for event in events:
        known = _proven(caller, event, token if isinstance(token, str) else None, now, consent)
        if not caller.secret and event.timestamp < now - REMEMBERED:
            told = event.timestamp.isoformat()
            raise EventError(
                "timestamp", told, f"a page tells of the last {REMEMBERED.days} days; import what is older"
            )
        if device is not None and consent.identified and event.name in BEGINNINGS:
            known = replace(known, extra={"device": device.value, **known.extra})  # what was sent stays
        yield Told(known, consent, caller.secret)


def _consent(document: Mapping[str, Any]) -> Consent:
    given = document.get("consent")
    if given is None:
        return ALL_GRANTED
    try:
        return Consent.model_validate(given)
    except ValidationError:
        raise EventError("consent", given, "send granted, denied or unknown, for each purpose or for all") from None


def _proven(caller: Caller, event: Event, token: str | None, now: datetime, consent: Consent) -> Event:
    """The event without a customer that nobody vouched for: only the shop's server says who has logged in."""
    customer = verified_customer(caller, event.customer_id, token, now.timestamp())
    if customer is None and event.customer_id is not None and event.visitor_id is None and consent.identified:
        raise EventError("customer_id", event.customer_id, "send visitor_id, or a valid customer_token with it")
    return replace(event, customer_id=customer)
