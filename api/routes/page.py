"""`POST /v1/page`: everything for one page view in one call."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, StrictBool, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, items, token
from api.arming import armed, country, device
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
from api.sent import Amount, Cart, Id, Language, Sent, Session, Text
from api.services import services
from api.shops import View
from api.snippet.labels import labels
from api.validation import json_body, parse
from recommender.assignment import held_out
from recommender.engine import engine
from recommender.engine.page import Page, PageType
from recommender.engine.request import Visitor
from recommender.events.event import Event
from recommender.events.names import DecisionName
from recommender.events.rows import Received
from recommender.experiments.assigning import Assigned, Drawn, assigned, logged
from recommender.retention import knowledge
from recommender.retention.deciding import out_of_experiment
from recommender.retention.facts import Device, Scene
from recommender.retention.knowledge import Told

LAYER = "showcases"
"""The experiment that measures showcases as a whole."""

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


Attribute = Annotated[str, StringConstraints(max_length=500)] | StrictBool | Amount


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
    attributes: dict[Annotated[str, StringConstraints(max_length=100)], Attribute] = Field({}, max_length=50)
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
    who = Who(asked.visitor_id, customer, asked.consent)
    gathered = await gather(parts, request, caller, [who])
    _remember_login(parts, caller, who, gathered)
    person = visitor(gathered.reading, who, parts.time(), asked.session, asked.cart)
    told = _told(request, asked)
    own = assigned(gathered.view.snapshot.configuration, caller.shop.name, who.assigned, parts.now())
    showcases = _showcases(parts, request, caller, asked=asked, who=who, view=gathered.view, person=person, own=own)
    entered = own.entered([showcase["placement"] for showcase in showcases if "held_out" not in showcase])
    if own.campaigns:
        entered += _met(parts, caller, own, who, knowledge.scene(gathered.view.snapshot, told))
    _log(parts, request, caller, asked=asked, who=who, showcases=showcases, entered=entered)
    return answer(
        {
            "request_id": exchange(request).request_id,
            "model_version": gathered.view.version,
            "showcases": showcases,
            "popups": armed(
                caller.shop,
                gathered.view,
                own.configuration,
                person,
                told,
                session_id=asked.session_id,
                now=parts.now(),
            ),
        }
    )


def _showcases(
    parts: Services,
    request: Request,
    caller: Caller,
    *,
    asked: PageRequest,
    who: Who,
    view: View,
    person: Visitor,
    own: Assigned,
) -> list[dict[str, Any]]:
    now, share, spoken = parts.now(), parts.settings.holdout, language(request, asked.language)
    known = who.visitor_id if who.consent.identified else None
    out = known is not None and held_out(caller.shop.name, known, LAYER, share)
    filled = engine.page(
        view.snapshot,
        person,
        _page(asked),
        asked.placements,
        now,
        spoken,
        explain=asked.explain,
        configuration=own.configuration,
    )
    about = {"request_id": exchange(request).request_id, "item_id": asked.page.item_id}
    group = _assigned(share, out=out) if known else {}
    showcases = []
    for showcase in filled:
        drawn = None if out else own.placements.get(showcase.placement)
        credited = about | (group if drawn is None else drawn.credited(1 - share))
        parts.metrics.showcases.labels(str(showcase.strategy)).inc()
        showcases.append(
            {
                "placement": showcase.placement,
                "strategy": showcase.strategy,
                "title": showcase.title,
                "items": [] if out else items(showcase.recommendations.items, view),
                "attribution_token": token(
                    caller.shop, view, showcase.strategy, placement=showcase.placement, **credited
                ),
                **({"held_out": True} if out else {"labels": labels(spoken)}),
            }
        )
    return showcases


def _assigned(share: float, *, out: bool) -> dict[str, Any]:
    """Which group it is, and how probable that was."""
    return {"experiment": LAYER, "variant": "holdout" if out else "shown", "propensity": share if out else 1 - share}


def _met(parts: Services, caller: Caller, own: Assigned, who: Who, scene: Scene) -> list[Drawn]:
    """Variants of campaigns that may open on this page, in whichever of them; who is held out could have met none."""
    found = []
    for id_, drawn in own.campaigns.items():
        campaign = own.configuration.campaign(id_)
        if campaign is not None and drawn.on_page and campaign.where.holds(scene):
            out, _ = out_of_experiment(caller.shop.name, who.assigned, campaign, parts.settings.holdout)
            found += [] if out else [drawn]
    return found


def _log(
    parts: Services,
    request: Request,
    caller: Caller,
    *,
    asked: PageRequest,
    who: Who,
    showcases: list[dict[str, Any]],
    entered: list[Drawn],
) -> None:
    """Write down, once the answer is on its way, which group the visitor was in when these showcases were decided."""
    if not ((showcases or entered) and who.visitor_id and who.consent.identified):
        return
    out, now = bool(showcases) and "held_out" in showcases[0], parts.now()
    event = Event(
        event_id=secrets.token_hex(16),
        name=DecisionName.SHOWCASES_NOT_OFFERED if out else DecisionName.SHOWCASES_OFFERED,
        timestamp=now,
        visitor_id=who.visitor_id,
        customer_id=who.customer_id,
        session_id=asked.session_id,
        extra={
            "request_id": exchange(request).request_id,
            "page_type": asked.page.type.value,
            "placements": {showcase["placement"]: showcase["strategy"] for showcase in showcases},
            **(_assigned(parts.settings.holdout, out=out) if showcases else {}),
            **logged(entered),
        },
    )
    told = [Received(event, now, verified=True).encode()]
    parts.background.start(lambda: parts.spooler.append(caller.shop.name, told))


def _page(asked: PageRequest) -> Page:
    return Page(asked.page.type, asked.page.item_id, asked.page.category, asked.page.query)


def _told(request: Request, asked: PageRequest) -> Told:
    return Told(
        page=_page(asked),
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
