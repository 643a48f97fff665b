"""The catalogue as a shop's server changes it; the next answer shows the change, in every worker."""

import asyncio
from typing import Any

from fastapi import APIRouter
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.bootstrap import Services
from api.documentation import SECRET, documented
from api.keys import Caller
from api.problems import Problem, unusable
from api.routes.direct import Direct
from api.services import services
from api.state.people import Versions
from api.validation import json_body, path_id
from recommender.catalog.item import Item, ItemId
from recommender.errors import ItemError

MOST_ITEMS = 10_000
MOST_ERRORS = 100
ID = TypeAdapter(ItemId)

router = APIRouter(route_class=Direct, tags=["catalogue"])


@router.put("/v1/catalog/items", **documented("put_items", Item, security=SECRET))
async def put_items(request: Request) -> Response:
    """Add items or replace them whole; all of them or, when one is not allowed, none."""
    parts = services(request)
    caller = await parts.keys.secret(request)
    items = _items(await json_body(request, parts.settings.catalog_body_bytes))
    revision = await asyncio.to_thread(parts.records.catalog.put, caller.shop.name, items, parts.now())
    await _publish(parts, caller, revision)
    return answer({"revision": revision, "items": len(items)})


@router.patch("/v1/catalog/items/{item_id:path}", **documented("patch_item", security=SECRET, also=[404]))
async def patch_item(request: Request) -> Response:
    """Change some fields of an item; null takes a field away."""
    parts = services(request)
    caller = await parts.keys.secret(request)
    changes = await json_body(request, parts.settings.body_bytes)
    if not isinstance(changes, dict):
        raise unusable([{"field": "body", "detail": "send an object of the fields to change"}])
    item_id = path_id(request, "item_id", ID)
    revision = await asyncio.to_thread(parts.records.catalog.patch, caller.shop.name, item_id, changes, parts.now())
    await _publish(parts, caller, revision)
    item = await asyncio.to_thread(parts.records.catalog.get, caller.shop.name, item_id)
    return answer({"revision": revision, "item": item.document()})


@router.delete("/v1/catalog/items/{item_id:path}", **documented("delete_item", security=SECRET, also=[404]))
async def delete_item(request: Request) -> Response:
    """Take an item out of the catalogue; it is never recommended again."""
    parts = services(request)
    caller = await parts.keys.secret(request)
    item_id = path_id(request, "item_id", ID)
    revision = await asyncio.to_thread(parts.records.catalog.delete, caller.shop.name, item_id)
    await _publish(parts, caller, revision)
    return answer({"revision": revision})


async def _publish(parts: Services, caller: Caller, revision: int) -> None:
    live = await parts.shops.get(caller.shop.name)
    await asyncio.to_thread(live.read_catalog)
    await parts.state.announce(caller.shop.name, Versions(catalog=revision))


def _items(body: Any) -> list[Item]:
    documents = body.get("items") if isinstance(body, dict) else body
    if not isinstance(documents, list):
        raise unusable([{"field": "items", "detail": "send a list of items, or an object with items"}])
    if len(documents) > MOST_ITEMS:
        raise Problem(413, "too-many", f"send at most {MOST_ITEMS} items in one call", field="items")
    items: list[Item] = []
    errors: list[dict[str, str]] = []
    for place, document in enumerate(documents):
        try:
            items.append(_item(document))
        except ItemError as error:
            errors.append({"field": f"items[{place}].{error.field}", "detail": f"{error.shown}: {error.allowed}"})
    if errors:
        raise unusable(errors[:MOST_ERRORS])
    return items


def _item(document: Any) -> Item:
    if not isinstance(document, dict):
        raise ItemError("item", document, "send an object")
    return Item.parse(document)
