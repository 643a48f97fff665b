"""How large a segment would be."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.documentation import SECRET, documented
from api.problems import unusable
from api.routes.direct import Direct
from api.sent import Sent
from api.services import services
from api.validation import json_body, parse
from recommender.errors import InputError
from recommender.retention.grammar import LONGEST
from recommender.retention.population import Population
from recommender.retention.preview import MOST_EXAMPLES, preview

router = APIRouter(route_class=Direct, tags=["segments"])


class SegmentRequest(Sent):
    """A segment that is not there yet, or one that is."""

    when: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
    """Its name, or an expression."""
    examples: int = Field(5, ge=0, le=MOST_EXAMPLES)
    """How many members to name."""


@router.post("/v1/segments/preview", **documented("preview_segment", SegmentRequest, security=SECRET))
async def preview_segment(request: Request) -> Response:
    """How many customers and visitors meet an expression now, and a few of them; nothing is kept.

    Counted is whom the model in service knows. A condition on what only a page tells counts nobody, but `at_most` says
    how many may meet it.
    """
    parts = services(request)
    caller = await parts.keys.secret(request)
    asked = parse(SegmentRequest, await json_body(request, parts.settings.body_bytes))
    live = await parts.shops.get(caller.shop.name)
    await asyncio.to_thread(live.refresh)
    snapshot = live.view.snapshot
    try:
        segment = snapshot.configuration.segmentation.parse(asked.when, "when")
    except InputError as error:
        raise unusable([{"field": error.field, "detail": f"{error.shown} is not allowed; {error.allowed}"}]) from None
    population = Population.at(snapshot.models, parts.now())
    found: dict[str, Any] = await asyncio.to_thread(preview, population, segment, asked.examples)
    return answer({"model_version": snapshot.version, **found})
