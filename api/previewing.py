"""What campaigns would say to a visitor at a moment, and everything that would keep them from opening."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, Field
from starlette.requests import Request

from api.deciding import Deciding
from api.gathering import gather, visitor
from api.identity import Who
from api.keys import Caller
from api.language import language
from api.problems import unusable
from api.sent import MOST_CART_ITEMS, Cart, CartRow, Id, Language, Sent, Text
from api.services import services
from recommender.configuration import Configuration
from recommender.engine.page import Page, PageType
from recommender.events.values import EARLIEST
from recommender.experiments.assigning import assigned
from recommender.retention.campaign import Campaign
from recommender.retention.deciding import Situation
from recommender.retention.facts import Device
from recommender.retention.knowledge import Told

LATEST = datetime(3000, 1, 1, tzinfo=UTC)
CODE = "PREVIEW"
"""What stands for the code that would be given."""


class PreviewQuery(Sent):
    """For whom, where and when."""

    visitor_id: Id | None = None
    customer_id: Id | None = None
    at: Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)] | None = None
    """The moment, of the years 1990 to 2999; left out: now."""
    page_type: PageType = PageType.OTHER
    item_id: Id | None = None
    category: Text | None = None
    url: Text | None = None
    referrer: Text | None = None
    page_views: int = Field(1, ge=1, le=100_000)
    device: Device | None = None
    country: str | None = Field(None, pattern="^[A-Z]{2}$")
    cart: Text | None = None
    """Items in the cart: `SKU1,SKU2*3`; they cost what the catalogue says."""
    language: Language | None = None


@dataclass(frozen=True)
class Previews:
    """One visitor before all of a shop's campaigns."""

    deciding: Deciding
    situation: Situation

    @property
    def configuration(self) -> Configuration:
        """The shop's, as the visitor has it."""
        return self.situation.configuration

    async def of(self, campaign: Campaign) -> dict[str, Any]:
        """What the campaign would say, and what speaks against it."""
        found = self.deciding.products(campaign, self.situation)  # engines work on the event loop only
        return await asyncio.to_thread(self.deciding.preview, campaign, self.situation, found, CODE)


async def previewing(request: Request, caller: Caller, query: PreviewQuery) -> Previews:
    """Everything that previews for this visitor, page and moment need."""
    parts = services(request)
    who = Who(query.visitor_id, query.customer_id)
    view, reading = await gather(parts, request, caller, [who])
    now = query.at or parts.now()
    situation = Situation(
        snapshot=view.snapshot,
        visitor=visitor(reading, who, now.timestamp(), [], _cart(query.cart)),
        told=_told(query),
        now=now,
        language=language(request, query.language),
        assigned=assigned(view.snapshot.configuration, caller.shop.name, who.assigned, now, view.learned),
    )
    return Previews(Deciding(parts.records, caller.shop, view, parts.settings.holdout), situation)


def _cart(text: str | None) -> Cart | None:
    if not text:
        return None
    rows = []
    for part in text.split(","):
        item_id, _, quantity = part.strip().rpartition("*") if "*" in part else (part.strip(), "", "1")
        try:
            rows.append(CartRow(item_id=item_id, quantity=float(Decimal(quantity))))
        except (ValueError, ArithmeticError):
            raise unusable([{"field": "cart", "detail": f"{part!r} is not allowed; use SKU1,SKU2*3"}]) from None
    if len(rows) > MOST_CART_ITEMS:
        raise unusable([{"field": "cart", "detail": f"use at most {MOST_CART_ITEMS} items"}])
    return Cart(items=rows)


def _told(query: PreviewQuery) -> Told:
    return Told(
        page=Page(query.page_type, query.item_id, query.category),
        url=query.url or "",
        referrer=query.referrer or "",
        page_views=query.page_views,
        country=query.country,
        device=query.device,
    )
