"""`POST /v1/page`: everything for one page view in one call."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, items, token
from api.bootstrap import Services
from api.consent import ALL_GRANTED, Consent
from api.documentation import EITHER, documented
from api.exchange import exchange
from api.gathering import Gathered, gather, visitor
from api.identity import Who, new_login, verified_customer
from api.keys import Caller
from api.language import language
from api.recording import log_in
from api.routes.direct import Direct
from api.sent import Cart, Id, Language, Sent, Session, Text
from api.services import services
from api.snippet.labels import labels
from api.validation import json_body, parse
from recommender.assignment import held_out
from recommender.engine import engine
from recommender.engine.page import Page, PageType

LAYER = "showcases"
"""The experiment that measures showcases as a whole."""

router = APIRouter(route_class=Direct, tags=["storefront"])


class PageSent(Sent):
    """The page that is shown."""

    type: PageType
    item_id: Id | None = None
    category: Text | None = None
    query: Text | None = None
    url: Text | None = None
    referrer: Text | None = None


class PageRequest(Sent):
    """One page view."""

    page: PageSent
    visitor_id: Id | None = None
    """The browser; without one the answer follows only the session."""
    customer_id: Id | None = None
    """The account; counts only with `customer_token` or the secret key."""
    customer_token: Text | None = None
    session: Session = Field(default=[])
    """What the visitor did lately, oldest first."""
    cart: Cart | None = None
    placements: list[Id] | None = Field(None, max_length=50)
    """Which placements to fill; all of the page's type when left out."""
    consent: Consent = ALL_GRANTED
    """Left out: the caller asserts that everything is granted."""
    language: Language | None = None
    """Of titles and reasons; left out: the browser's."""
    explain: bool = False
    """Add where each item's score came from."""


@router.post("/v1/page", **documented("page", PageRequest, security=EITHER))
async def page(request: Request) -> Response:
    """Fill the showcases of a page.

    Without `placements`, all that are configured for the page's type. A visitor in the holdout gets every showcase
    empty, marked `held_out`. Nothing is shown twice on one page.
    """
    parts = services(request)
    document = await json_body(request, parts.settings.body_bytes)
    caller = await parts.keys.either(request, document)
    asked = parse(PageRequest, document)
    customer = verified_customer(caller, asked.customer_id, asked.customer_token, parts.time())
    who = Who(asked.visitor_id, customer, asked.consent)
    gathered = await gather(parts, request, caller, [who])
    _remember_login(parts, caller, who, gathered)
    return answer(
        {
            "request_id": exchange(request).request_id,
            "model_version": gathered.view.version,
            "showcases": _showcases(parts, request, caller, asked=asked, who=who, gathered=gathered),
            "popups": [],
        }
    )


def _showcases(
    parts: Services, request: Request, caller: Caller, *, asked: PageRequest, who: Who, gathered: Gathered
) -> list[dict[str, Any]]:
    view, reading = gathered
    now, share, spoken = parts.now(), parts.settings.holdout, language(request, asked.language)
    known = who.visitor_id if who.consent.identified else None
    out = known is not None and held_out(caller.shop.name, known, LAYER, share)
    filled = engine.page(
        view.snapshot,
        visitor(reading, who, now.timestamp(), asked.session, asked.cart),
        Page(asked.page.type, asked.page.item_id, asked.page.category, asked.page.query),
        asked.placements,
        now,
        spoken,
        explain=asked.explain,
    )
    experiment = {
        "experiment": LAYER if known else None,
        "variant": ("holdout" if out else "shown") if known else None,
        "propensity": (share if out else 1 - share) if known else None,
        "request_id": exchange(request).request_id,
        "item_id": asked.page.item_id,
    }
    showcases = []
    for showcase in filled:
        parts.metrics.showcases.labels(str(showcase.strategy)).inc()
        showcases.append(
            {
                "placement": showcase.placement,
                "strategy": showcase.strategy,
                "title": showcase.title,
                "items": [] if out else items(showcase.recommendations.items),
                "attribution_token": token(
                    caller.shop, view, showcase.strategy, placement=showcase.placement, **experiment
                ),
                **({"held_out": True} if out else {"labels": labels(spoken)}),
            }
        )
    return showcases


def _remember_login(parts: Services, caller: Caller, who: Who, gathered: Gathered) -> None:
    if new_login(gathered.reading, who):
        parts.background.start(lambda: log_in(parts.state, caller.shop.name, who, parts.time()))
