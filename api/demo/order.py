"""The demo shop's server tells of an order, as every shop's should: only then it counts."""

import asyncio
from typing import Any

from starlette.requests import Request

from api.demo.opening import SHOP
from api.keys import Caller
from api.recording import remember
from api.services import services
from api.telling import hear
from recommender.events.rows import Received


async def confirm(request: Request, sold: dict[str, Any], visitor_id: str) -> None:
    """Vouch for an order that was just paid.

    Args:
        request: the checkout.
        sold: the order, as GA4 has it.
        visitor_id: the browser; empty where it may not be remembered.
    """
    if not visitor_id:
        return
    parts = services(request)
    shop = await asyncio.to_thread(parts.records.shops.get, SHOP)
    event = {"event": "purchase", "visitor_id": visitor_id, "ecommerce": sold}
    heard = hear(Caller(shop, secret=True), event, parts.now())
    received = [Received(one.event, parts.now(), verified=True).encode() for one in heard.told]
    await parts.spooler.append(SHOP, received)
    await remember(parts.state, SHOP, heard.told)
