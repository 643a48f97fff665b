"""What is kept of a person: shown to them, and erased, when they ask the shop."""

import asyncio
from typing import Any

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.bootstrap import Services
from api.documentation import SECRET, documented
from api.erasing import COLUMNS, PATIENCE_SECONDS, Kept, erase_person, linked_to
from api.keys import Caller
from api.reading import of_person
from api.routes.direct import Direct
from api.sent import Id
from api.services import services
from api.state.people import Kind, Person, Row
from api.validation import path_id
from recommender.collecting import gather
from recommender.events.rows import Received
from recommender.retention.moves import Moves

ID = TypeAdapter(Id)

router = APIRouter(route_class=Direct, tags=["privacy"])


@router.get("/v1/visitors/{visitor_id:path}", **documented("get_visitor", security=SECRET))
async def get_visitor(request: Request) -> Response:
    """Everything that is kept of a browser: its events, customers, state, popups, codes, cashback and segments."""
    return await _export(request, Kind.VISITOR)


@router.delete("/v1/visitors/{visitor_id:path}", **documented("erase_visitor", security=SECRET))
async def erase_visitor(request: Request) -> Response:
    """Erase everything that is kept of a browser; codes and cashback that were used stay, as nobody's.

    Every process forgets it within a second or so; the files of models are written anew without it within 24 hours.
    """
    return await _erase(request, Kind.VISITOR)


@router.get("/v1/customers/{customer_id:path}", **documented("get_customer", security=SECRET))
async def get_customer(request: Request) -> Response:
    """Everything that is kept of an account: its events, browsers, state, popups, codes, cashback and segments."""
    return await _export(request, Kind.CUSTOMER)


@router.delete("/v1/customers/{customer_id:path}", **documented("erase_customer", security=SECRET))
async def erase_customer(request: Request) -> Response:
    """Erase everything that is kept of an account; codes and cashback that were used stay, as nobody's.

    Every process forgets it within a second or so; the files of models are written anew without it within 24 hours.
    """
    return await _erase(request, Kind.CUSTOMER)


async def _export(request: Request, kind: Kind) -> Response:
    parts = services(request)
    caller = await parts.keys.secret(request)
    person, kept = _person(request, kind), _kept(parts, caller)
    await asyncio.to_thread(gather, kept.folder, kept.records, parts.now(), patience=PATIENCE_SECONDS)
    found = await asyncio.to_thread(of_person, kept.folder, COLUMNS[kind], person.id)
    reading, linked = await parts.state.read(kept.shop, [person]), await linked_to(kept, person, found)
    other = Kind.CUSTOMER if kind is Kind.VISITOR else Kind.VISITOR
    promised = await asyncio.to_thread(parts.records.persons.export, kept.shop, kind.value, person.id, parts.now())
    moves = await asyncio.to_thread(Moves(kept.folder.segments).of_person, COLUMNS[kind], person.id)
    return answer(
        {
            f"{kind}_id": person.id,
            f"{other}_ids": [one.id for one in linked],
            "events": [_event(one) for one in found],
            "state": [_row(row) for row in reading.rows.get(person, ())],
            **promised,
            "segment_moves": moves,
        }
    )


async def _erase(request: Request, kind: Kind) -> Response:
    parts = services(request)
    caller = await parts.keys.secret(request)
    person = _person(request, kind)
    events = await erase_person(_kept(parts, caller), person, parts.now())
    live = await parts.shops.get(caller.shop.name)
    await asyncio.to_thread(live.read_erasures)
    return answer({f"{kind}_id": person.id, "erased": {"events": events, "state": True}})


def _person(request: Request, kind: Kind) -> Person:
    return Person(kind, path_id(request, f"{kind}_id", ID))


def _kept(parts: Services, caller: Caller) -> Kept:
    return Kept(parts.state, parts.records, parts.workspace.shop(caller.shop.name))


def _row(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name != "item_index"}


def _event(one: Received) -> dict[str, Any]:
    event = one.event
    fields = {
        "event_id": event.event_id,
        "event": event.name,
        "timestamp": event.timestamp,
        "received_at": one.received_at,
        "visitor_id": event.visitor_id,
        "customer_id": event.customer_id,
        "session_id": event.session_id,
        "order_id": event.order_id,
        "value": event.value,
        "currency": event.currency,
        "attribution_token": event.attribution_token,
        "verified": one.verified,
    }
    items = [
        {"item_id": item.item_id, "quantity": item.quantity, "price": item.price, **item.extra} for item in event.items
    ]
    known = {name: value for name, value in fields.items() if value is not None}
    return {**event.extra, **known, "items": items}
