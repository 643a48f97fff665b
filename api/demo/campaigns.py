"""The demo shop's answer to "why does no popup open?": every campaign of a page, as this visitor would meet it."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.demo.opening import SHOP
from api.keys import Caller
from api.previewing import PreviewQuery, previewing
from api.services import services
from api.validation import parse_query


async def campaigns(request: Request) -> Response:
    """Previews of the campaigns that stand on the page, for the panel that explains it."""
    parts = services(request)
    shop = await asyncio.to_thread(parts.records.shops.get, SHOP)
    previews = await previewing(request, Caller(shop, secret=True), parse_query(PreviewQuery, request))
    here = [one for one in previews.configuration.campaigns if one.where.holds(previews.situation.facts.scene)]
    return answer([await previews.of(campaign) for campaign in here])
