"""`GET /v1/similar/{item_id}`: the same list for everybody, so caches may keep it."""

from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import packed
from api.answers import JSON, items, token
from api.documentation import EITHER, documented
from api.gathering import gather
from api.keys import Caller
from api.routes.direct import Direct
from api.sent import Id, Language, Limit, Sent
from api.services import services
from api.shops import View
from api.validation import parse
from recommender.engine import engine
from recommender.engine.request import NOBODY, Query
from recommender.strategy import Strategy

HEADERS = {"Cache-Control": "no-cache"}
"""Caches may keep the answer, but ask each time whether it still holds: stock and prices change."""

router = APIRouter(route_class=Direct, tags=["storefront"])


class SimilarRequest(Sent):
    """Path and query of the call."""

    item_id: Id
    limit: Limit = 12
    """How many items."""
    language: Language = "en"
    """Of the reasons."""

    def key(self, shop: str, view: View, now: datetime) -> str:
        """Names everything that the answer depends on; of the moment, only which of the shop's rules are due."""
        due = view.snapshot.rulebook.passed(now)
        place = f"{self.limit}/{self.language}/{self.item_id}"
        return f"{shop}/{view.stamp}/{due}/{place}"


@router.get("/v1/similar/{item_id:path}", **documented("similar", query=SimilarRequest, security=EITHER, also=[304]))
async def similar(request: Request) -> Response:
    """Items like this one.

    The answer depends only on item, model, configuration and catalogue; `ETag` names them, so a repeated question
    costs next to nothing.
    """
    parts = services(request)
    caller = await parts.keys.either(request)
    asked = parse(SimilarRequest, {**request.query_params, **request.path_params})
    shop = caller.shop.name
    before, now = (await parts.shops.get(shop)).view, parts.now()
    key = asked.key(shop, before, now)
    along = parts.cache.asked(key)
    view, reading = await gather(parts, request, caller, answer_key=along)
    if view is not before:  # catalogue or configuration changed with what was read
        key = asked.key(shop, view, now)
    name = packed.tag(key.encode())
    if (held := packed.unchanged(request, name, HEADERS)) is not None:
        return held
    kept = parts.cache.get(key, reading, along)
    parts.metrics.answers.labels("hit" if kept else "miss").inc()
    body = kept or orjson.dumps(_answer(caller, view, asked, now))
    if packed.takes_gzip(request) and not packed.is_packed(body):
        body = packed.pack(body)
    if body is not kept:
        parts.cache.put(key, body)
    return packed.response(request, body, name, HEADERS, JSON)


def _answer(caller: Caller, view: View, asked: SimilarRequest, now: datetime) -> dict[str, Any]:
    query = Query(Strategy.SIMILAR, (asked.item_id,), limit=asked.limit, language=asked.language)
    found = engine.recommend(view.snapshot, NOBODY, query, now)
    return {
        "items": items(found.items, view),
        "model_version": view.version,
        "attribution_token": token(caller.shop, view, Strategy.SIMILAR, item_id=asked.item_id),
    }
