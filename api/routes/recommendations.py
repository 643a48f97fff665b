"""`POST /v1/recommendations`: any strategy, many lists in one call."""

import asyncio
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.allowing import allowed
from api.answers import answer, items, token
from api.bootstrap import Services
from api.consent import ALL_GRANTED, Consent
from api.documentation import EITHER, documented
from api.exchange import exchange
from api.gathering import Gathered, gather, visitor
from api.identity import Who, verified_customer
from api.keys import Caller
from api.language import language
from api.problems import unusable
from api.routes.direct import Direct
from api.sent import MOST_IDS, Cart, Id, Language, Limit, Sent, Session, Text
from api.services import services
from api.validation import json_body, parse
from recommender.engine import engine
from recommender.engine.caps import caps
from recommender.engine.filter import Filter
from recommender.engine.request import Query
from recommender.errors import InputError
from recommender.strategy import Strategy

MOST_REQUESTS = 100

router = APIRouter(route_class=Direct, tags=["storefront"])


class ListRequest(Sent):
    """One list of items."""

    strategy: Strategy
    item_ids: list[Id] = Field(default=[], max_length=MOST_IDS)
    """Seeds: the items that the list is about; they are never in it."""
    visitor_id: Id | None = None
    customer_id: Id | None = None
    """Counts only with `customer_token` or the secret key."""
    customer_token: Text | None = None
    session: Session = Field(default=[])
    cart: Cart | None = None
    limit: Limit = 12
    filter: dict[str, Any] | None = None
    """Conditions on catalogue fields, as in a placement."""
    exclude: list[Id] = Field(default=[], max_length=1000)
    """Items that must not be in the list."""
    allow_seen: bool | None = None
    """Whether items the visitor knows may be in the list; left out: the strategy's own habit."""
    diversity: float = Field(0.0, ge=0, le=1)
    """How much unlikeness to the items above counts against an item's own score: 0 not at all, 1 alone."""
    max_per_brand: Limit | None = None
    """At most so many items of one brand, as long as there are others."""
    max_per_category: Limit | None = None
    """At most so many items filed in one category, as long as there are others."""
    explain: bool = False
    """Add where each item's score came from."""
    consent: Consent = ALL_GRANTED
    language: Language | None = None


class BatchRequest(Sent):
    """Up to a hundred lists."""

    requests: list[ListRequest] = Field(min_length=1, max_length=MOST_REQUESTS)


@router.post("/v1/recommendations", **documented("recommendations", BatchRequest, security=EITHER))
async def recommendations(request: Request) -> Response:
    """Answer each request with a list, in the order of the requests. No holdout and no exploration here."""
    parts = services(request)
    document = await json_body(request, parts.settings.body_bytes)
    caller = await parts.keys.either(request, document)
    asked = parse(BatchRequest, document).requests
    queries = [_query(request, one, place) for place, one in enumerate(asked)]
    now = parts.time()
    whom = [Who(one.visitor_id, _customer(caller, one, now), allowed(request, caller, one.consent)) for one in asked]
    gathered = await gather(parts, request, caller, whom)
    results = []
    for one, query, who in zip(asked, queries, whom, strict=True):
        results.append(_result(parts, caller, gathered, one=one, query=query, who=who))
        await asyncio.sleep(0)  # a long batch lets others in between
    return answer(
        {
            "request_id": exchange(request).request_id,
            "model_version": gathered.view.version,
            "results": results,
        }
    )


def _customer(caller: Caller, one: ListRequest, now: float) -> str | None:
    return verified_customer(caller, one.customer_id, one.customer_token, now)


def _query(request: Request, one: ListRequest, place: int) -> Query:
    try:
        conditions = None if one.filter is None else Filter.parse(one.filter)
    except InputError as error:
        field = f"requests[{place}].{error.field}"
        raise unusable([{"field": field, "detail": f"{error.shown} is not allowed; {error.allowed}"}]) from None
    return Query(
        strategy=one.strategy,
        item_ids=tuple(one.item_ids),
        limit=one.limit,
        filter=conditions,
        exclude=tuple(one.exclude),
        allow_seen=one.allow_seen,
        diversity=one.diversity,
        caps=caps(one.max_per_brand, one.max_per_category),
        language=language(request, one.language),
        explain=one.explain,
    )


def _result(
    parts: Services, caller: Caller, gathered: Gathered, *, one: ListRequest, query: Query, who: Who
) -> dict[str, Any]:
    view, reading = gathered
    now = parts.now()
    person = visitor(reading, who, now.timestamp(), one.session, one.cart)
    found = engine.recommend(view.snapshot, person, query, now)
    seed = one.item_ids[0] if len(one.item_ids) == 1 else None
    return {
        "strategy": found.strategy,
        "items": items(found.items, view),
        "attribution_token": token(caller.shop, view, found.strategy, item_id=seed),
        "missing_ids": list(found.missing_ids),
    }
