"""`POST /v1/page`: everything for one page view in one call."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, StrictBool, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from api.allowing import allowed
from api.answers import answer, items, token
from api.arming import armed, country, device, told_device
from api.bootstrap import Services
from api.consent import ALL_GRANTED, Consent
from api.documentation import EITHER, documented
from api.exchange import FRESH, exchange
from api.gathering import Gathered, gather, visitor
from api.grouping import Grouping
from api.identity import Who, new_login, verified_customer
from api.keeping import chosen, keep, kept
from api.keys import Caller
from api.language import language
from api.recording import log_in
from api.routes.direct import Direct
from api.sent import Cart, Id, Language, Sent, Session, Text
from api.services import services
from api.shops import View
from api.snippet.labels import labels
from api.validation import json_body, parse
from recommender.engine.answer import Showcase
from recommender.engine.page import Page, PageType
from recommender.events.event import Event
from recommender.events.names import DecisionName
from recommender.events.origin import source
from recommender.events.rows import Received
from recommender.experiments.assigning import Drawn
from recommender.replay.answer import put
from recommender.replay.asked import Asked
from recommender.retention.arming import opening
from recommender.retention.facts import Device
from recommender.retention.knowledge import Told

router = APIRouter(route_class=Direct, tags=["storefront"])


def _cut(given: object) -> object:
    return given[:LONGEST_ADDRESS] if isinstance(given, str) else given


LONGEST_ADDRESS = 2000
Address = Annotated[str, BeforeValidator(_cut)]
"""What campaigns look at of an address; the rest of a longer one is no reason to leave a page empty."""


class PageSent(Sent):
    """The page that is shown."""

    type: PageType
    item_id: Id | None = None
    category: Text | None = None
    query: Text | None = None
    url: Address | None = None
    referrer: Address | None = None


Number = Annotated[float, Field(allow_inf_nan=False)]
AttributeName = Annotated[str, StringConstraints(max_length=100)]
Attribute = Annotated[str, StringConstraints(max_length=500)] | StrictBool | Number


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
    session_id: Id | None = None
    """The visit; half an hour of silence ends one."""
    page_views: int = Field(1, ge=1, le=100_000)
    """Pages of this visit, this one included."""
    device: Device | None = None
    """What the shop is looked at with; left out: as the browser says."""
    country: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$")] | None = None
    """Where the visitor is; left out: as a content network in front of the service says."""
    attributes: dict[AttributeName, Attribute] = Field(default_factory=dict, max_length=50)
    """What the shop knows of the visitor or customer, for campaigns that ask."""


@router.post("/v1/page", **documented("page", PageRequest, security=EITHER))
async def page(request: Request) -> Response:
    """Fill the showcases of a page, and say which popups may open on it.

    Without `placements`, all that are configured for the page's type. A visitor in the holdout gets every showcase
    empty, marked `held_out`. Nothing is shown twice on one page. A popup opens when one of its triggers fires and
    `/v1/popups/{campaign_id}/show` agrees.
    """
    parts = services(request)
    document = await json_body(request, parts.settings.body_bytes)
    caller = await parts.keys.either(request, document)
    asked = parse(PageRequest, document)
    customer = verified_customer(caller, asked.customer_id, asked.customer_token, parts.time())
    who = Who(asked.visitor_id, customer, allowed(request, caller, asked.consent))
    gathered = await gather(parts, request, caller, [who])
    _remember_login(parts, caller, who, gathered)
    person = visitor(gathered.reading, who, parts.time(), asked.session, asked.cart)
    told, now, view, request_id = _told(request, asked), parts.now(), gathered.view, exchange(request).request_id
    groups = Grouping.of(view, caller.shop.name, who, parts.settings.holdout, now)
    whole = Asked(
        now=now,
        visitor=person,
        told=told,
        placements=None if asked.placements is None else tuple(asked.placements),
        language=language(request, asked.language),
        model=view.version,
        configuration=view.configuration_version,
        catalog=view.snapshot.table.revision,
        drawn=chosen(groups),
    )
    facts = whole.facts(view.snapshot)
    filled = put(whole, view.snapshot, groups.assigned, facts, explain=asked.explain)
    showcases = _showcases(
        parts, request, caller, asked=asked, view=view, filled=filled, groups=groups, spoken=whole.language
    )
    entered = groups.entered([showcase["placement"] for showcase in showcases], facts.scene)
    _log(
        parts, request, caller, asked=asked, filled=filled, groups=groups, entered=entered,
        segments=facts.segments if groups.known else [], now=now,
    )  # fmt: skip
    campaigns = opening(groups.assigned.configuration, person, facts, now)
    if kept(parts, request_id, groups):
        keep(parts, request_id, whole, groups, showcases=filled, campaigns=campaigns, session_id=asked.session_id)
    return answer(
        {
            "request_id": request_id,
            "model_version": view.version,
            "showcases": showcases,
            "popups": armed(caller.shop, campaigns, person, told, session_id=asked.session_id, now=now),
        }
    )


def _showcases(
    parts: Services,
    request: Request,
    caller: Caller,
    *,
    asked: PageRequest,
    view: View,
    filled: list[Showcase],
    groups: Grouping,
    spoken: str,
) -> list[dict[str, Any]]:
    about = {"request_id": exchange(request).request_id, "item_id": asked.page.item_id}
    showcases = []
    for showcase in filled:
        credited = about | groups.credited(showcase.placement)
        parts.metrics.showcases.labels(str(showcase.strategy)).inc()
        showcases.append(
            {
                "placement": showcase.placement,
                "strategy": showcase.strategy,
                "title": showcase.title,
                "items": [] if groups.out else items(showcase.recommendations.items, view, showcase.brought),
                "attribution_token": token(
                    caller.shop, view, showcase.strategy, placement=showcase.placement, **credited
                ),
                **({} if showcase.layout is None else {"layout": showcase.layout}),
                **({"held_out": True} if groups.out else {"labels": labels(spoken)}),
            }
        )
    return showcases


def _log(
    parts: Services,
    request: Request,
    caller: Caller,
    *,
    asked: PageRequest,
    filled: list[Showcase],
    groups: Grouping,
    entered: list[Drawn],
    segments: list[str],
    now: datetime,
) -> None:
    """Write down, while the answer is on its way, which group the visitor was in when these showcases were decided.

    And which segments: a report by segment must know them as they were before anything that it measures.
    """
    if not ((filled or entered) and groups.known):
        return
    who = groups.who
    placements = {showcase.placement: showcase.strategy for showcase in filled}
    event = Event(
        event_id=next(FRESH),
        name=DecisionName.SHOWCASES_NOT_OFFERED if groups.out else DecisionName.SHOWCASES_OFFERED,
        timestamp=now,
        visitor_id=who.visitor_id,
        customer_id=who.customer_id,
        session_id=asked.session_id,
        extra={
            "request_id": exchange(request).request_id,
            "page_type": asked.page.type.value,
            **_origin(request, asked),
            "placements": placements,
            **groups.decided([*placements], entered),
            **groups.interleaved(filled),
            "segments": segments,
        },
    )
    parts.spooler.tell(caller.shop.name, Received(event, now, verified=True).encode())


def _origin(request: Request, asked: PageRequest) -> dict[str, str]:
    """With what the page is looked at, and which host led to it: no address, and nothing of the `User-Agent` itself."""
    with_what, led = told_device(request, asked.device), source(asked.page.referrer or "", asked.page.url or "")
    found = {"device": None if with_what is None else with_what.value, "source": led}
    return {name: value for name, value in found.items() if value is not None}


def _told(request: Request, asked: PageRequest) -> Told:
    return Told(
        page=Page(asked.page.type, asked.page.item_id, asked.page.category, asked.page.query),
        url=asked.page.url or "",
        referrer=asked.page.referrer or "",
        page_views=asked.page_views,
        country=country(request, asked.country),
        device=device(request, asked.device),
        attributes=asked.attributes,
        currency=asked.cart.currency if asked.cart else None,
    )


def _remember_login(parts: Services, caller: Caller, who: Who, gathered: Gathered) -> None:
    if new_login(gathered.reading, who):
        parts.background.start(lambda: log_in(parts.state, caller.shop.name, who, parts.time()))
