"""`POST /v1/events`: what visitors do. Answered when it is safe on the disk."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.allowing import refused
from api.answers import answer
from api.arming import told_device
from api.documentation import EITHER, documented
from api.recording import listed, remember
from api.robots import declared
from api.routes.direct import Direct
from api.services import services
from api.telling import hear
from api.validation import json_body
from recommender.events.rows import Received

router = APIRouter(route_class=Direct, tags=["events"])


@router.post("/v1/events", **documented("events", security=EITHER, status=202))
async def events(request: Request) -> Response:
    """Take one event or a list of them, in GA4's words.

    An event that cannot be used is rejected by its place in the list; the others count. A `purchase` under the public
    key is a claim: it steers recommendations, but is no revenue until the shop's server tells of the same order.
    """
    parts = services(request)
    body = await json_body(request, parts.settings.body_bytes)
    caller = await parts.keys.either(request, body)
    now = parts.now()
    device = None if caller.secret else told_device(request)
    heard = hear(caller, body, now, device=device, robot=declared(request, caller), refused=refused(request, caller))
    if not caller.secret:
        for visitor_id, told in heard.told_of.items():
            parts.limits.visitor(request, caller.shop, visitor_id, told)
    if heard.told:
        kept = listed(heard.told, (await parts.shops.get(caller.shop.name)).view.snapshot)
        received = [Received(one.event, now, caller.secret).encode() for one in kept]
        await parts.spooler.append(caller.shop.name, received)
        await remember(parts.state, caller.shop.name, kept)
    parts.metrics.events.labels("accepted").inc(len(heard.told))
    parts.metrics.events.labels("rejected").inc(len(heard.rejected))
    return answer({"accepted": len(heard.told), "rejected": heard.rejected}, 202)
