"""What is kept of a person: shown to them, and erased, when they ask the shop."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.documentation import SECRET, documented
from api.reading import of_person
from api.routes.direct import Direct
from api.services import services
from api.state.people import Kind, Person, Row
from api.state.store import StateStore
from recommender.events import schema
from recommender.events.erasure import erase
from recommender.events.rows import Received
from recommender.retention.moves import Moves

COLUMNS: Mapping[Kind, str] = {Kind.VISITOR: schema.VISITOR_ID, Kind.CUSTOMER: schema.CUSTOMER_ID}

router = APIRouter(route_class=Direct, tags=["privacy"])


@router.get("/v1/visitors/{visitor_id:path}", **documented("get_visitor", security=SECRET))
async def get_visitor(request: Request) -> Response:
    """Everything that is kept of a browser: its events, customers, state, popups, codes, cashback and segments."""
    return await _export(request, Kind.VISITOR)


@router.delete("/v1/visitors/{visitor_id:path}", **documented("erase_visitor", security=SECRET))
async def erase_visitor(request: Request) -> Response:
    """Erase everything that is kept of a browser; codes and cashback that were used stay, as nobody's."""
    return await _erase(request, Kind.VISITOR)


@router.get("/v1/customers/{customer_id:path}", **documented("get_customer", security=SECRET))
async def get_customer(request: Request) -> Response:
    """Everything that is kept of an account: its events, browsers, state, popups, codes, cashback and segments."""
    return await _export(request, Kind.CUSTOMER)


@router.delete("/v1/customers/{customer_id:path}", **documented("erase_customer", security=SECRET))
async def erase_customer(request: Request) -> Response:
    """Erase everything that is kept of an account; codes and cashback that were used stay, as nobody's."""
    return await _erase(request, Kind.CUSTOMER)


async def _export(request: Request, kind: Kind) -> Response:
    parts = services(request)
    caller = await parts.keys.secret(request)
    person = Person(kind, request.path_params[f"{kind}_id"])
    folder = parts.workspace.shop(caller.shop.name)
    found = await asyncio.to_thread(of_person, folder, COLUMNS[kind], person.id)
    state, links = await _state(parts.state, caller.shop.name, person)
    persons, now = parts.records.persons, parts.now()
    promised = await asyncio.to_thread(persons.export, caller.shop.name, kind.value, person.id, now)
    moves = await asyncio.to_thread(Moves(folder.segments).of_person, COLUMNS[kind], person.id)
    return answer(
        {
            f"{kind}_id": person.id,
            **_others(kind, found, links),
            "events": [_event(one) for one in found],
            "state": state,
            **promised,
            "segment_moves": moves,
        }
    )


async def _erase(request: Request, kind: Kind) -> Response:
    parts = services(request)
    caller = await parts.keys.secret(request)
    person = Person(kind, request.path_params[f"{kind}_id"])
    folder = parts.workspace.shop(caller.shop.name)
    found = await asyncio.to_thread(of_person, folder, COLUMNS[kind], person.id)
    _, links = await _state(parts.state, caller.shop.name, person)
    await parts.state.erase(caller.shop.name, person)
    (linked,) = _others(kind, found, links).values()
    events = await asyncio.to_thread(erase, folder, COLUMNS[kind], person.id, linked)
    await asyncio.to_thread(parts.records.persons.erase, caller.shop.name, kind.value, person.id)
    await asyncio.to_thread(Moves(folder.segments).erase, COLUMNS[kind], person.id)
    await parts.state.erase(caller.shop.name, person)  # once more: an event may have come in between
    return answer({f"{kind}_id": person.id, "erased": {"events": events, "state": True}})


async def _state(state: StateStore, shop: str, person: Person) -> tuple[list[dict[str, Any]], list[str]]:
    reading = await state.read(shop, [person])
    rows = [_row(row) for row in reading.rows.get(person, ())]
    return rows, sorted(reading.links.get(person, {}))


def _row(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name != "item_index"}


def _others(kind: Kind, found: list[Received], links: list[str]) -> dict[str, list[str]]:
    """Customers proven on a browser, or browsers of a customer."""
    if kind is Kind.VISITOR:
        in_log = {one.event.customer_id for one in found if one.event.customer_id}
        return {"customer_ids": sorted(in_log | set(links))}
    in_log = {one.event.visitor_id for one in found if one.event.visitor_id}
    return {"visitor_ids": sorted(in_log | set(links))}


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
