"""The campaigns that a page may open, each with a token that says so."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from starlette.requests import Request

from api.exchange import FRESH
from recommender.engine.request import Visitor
from recommender.records import Shop
from recommender.retention.arm import LIFE_SECONDS, Arm
from recommender.retention.campaign import Campaign
from recommender.retention.facts import Device
from recommender.retention.knowledge import Told

COUNTRY_HEADERS = ("cf-ipcountry", "cloudfront-viewer-country", "x-vercel-ip-country", "x-country-code")
"""What networks in front of a service call the visitor's country; the address itself is never looked at."""


def armed(
    shop: Shop, campaigns: Iterable[Campaign], visitor: Visitor, told: Told, *, session_id: str | None, now: datetime
) -> list[dict[str, Any]]:
    """What the page is told of the campaigns that may open on it.

    Args:
        shop: whose page it is.
        campaigns: those, the most important first.
        visitor: who looks at the page.
        told: what the page said.
        session_id: the visit.
        now: the moment.
    """
    return [_told(shop, one, visitor, told, session_id, int(now.timestamp())) for one in campaigns]


def _told(
    shop: Shop, campaign: Campaign, visitor: Visitor, told: Told, session_id: str | None, now: int
) -> dict[str, Any]:
    arm = Arm(
        shop=shop.name,
        arm_id=next(FRESH)[:24],
        campaign_id=campaign.id,
        visitor_id=visitor.visitor_id,
        customer_id=visitor.customer_id,
        session_id=session_id if visitor.visitor_id else None,
        expires=now + LIFE_SECONDS,
        told=told.only(campaign.whom.attributes or ()),
    )
    return {
        "campaign_id": campaign.id,
        "triggers": [trigger.told() for trigger in campaign.opening],
        "arm_token": arm.sign(shop.signing_key),
        **({"slot": campaign.slot} if campaign.slot is not None else {}),
    }


def country(request: Request, asked: str | None) -> str | None:
    """Where the visitor is: as the page says, else as the network in front of the service does."""
    found = asked or next((value for name in COUNTRY_HEADERS if (value := request.headers.get(name))), None)
    return found.upper() if found and len(found) == 2 and found.isalpha() else None


def device(request: Request, asked: Device | None) -> Device:
    """What the shop is looked at with: as the page says, else as the browser does."""
    agent = request.headers.get("user-agent", "")
    if asked is not None:
        return asked
    if "iPad" in agent or "Tablet" in agent or ("Android" in agent and "Mobi" not in agent):
        return Device.TABLET
    return Device.PHONE if "Mobi" in agent else Device.DESKTOP


def told_device(request: Request, asked: Device | None = None) -> Device | None:
    """The same where page or browser says so; None where another program calls, which says nothing of visitors."""
    browser = request.headers.get("user-agent", "").startswith("Mozilla/")  # as every browser begins it
    return device(request, asked) if browser or asked is not None else None
