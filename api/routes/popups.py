"""Popups and banners: whether one opens now, that it was closed, and what it would look like."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import structlog
from fastapi import APIRouter
from pydantic import Field, StringConstraints
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from api.allowing import allowed
from api.answers import JSON, answer
from api.bootstrap import Services
from api.consent import ALL_GRANTED, Consent
from api.deciding import Deciding, Outcome
from api.documentation import EITHER, SECRET, documented
from api.exchange import exchange
from api.gathering import gather, visitor
from api.identity import Who
from api.keys import Caller
from api.language import language
from api.previewing import PreviewQuery, previewing
from api.problems import Problem, unusable
from api.recording import Told as Heard
from api.recording import remember
from api.routes.direct import Direct
from api.sent import Cart, Language, Sent, Session
from api.services import services
from api.validation import json_body, parse, parse_query
from recommender.errors import InputError
from recommender.events.event import Event
from recommender.events.names import DecisionName
from recommender.events.rows import Received
from recommender.experiments.assigning import assigned
from recommender.retention.arm import Arm
from recommender.retention.deciding import Situation
from recommender.retention.triggers import TriggerKind

router = APIRouter(route_class=Direct, tags=["storefront"])

log = structlog.get_logger(__name__)

EXPERIMENT = frozenset(
    {
        "experiment",
        "variant",
        "propensity",
        "experiments",
        "controls",
        "epochs",
        "layers",
        "offer",
        "facts",
        "gate",
        "segments",
    }
)
"""What of a decision is left out where nobody may be told apart."""

ArmToken = Annotated[str, StringConstraints(min_length=1, max_length=8000)]


class ShowRequest(Sent):
    """A trigger fired."""

    arm_token: ArmToken
    """From the page's answer; asking again with it gives the same decision."""
    trigger: TriggerKind = TriggerKind.API
    """Which one."""
    cart: Cart | None = None
    """What lies in the cart now."""
    session: Session = Field(default=[])
    """What the visitor did lately, oldest first."""
    consent: Consent = ALL_GRANTED
    """Left out: the caller asserts that everything is granted."""
    language: Language | None = None
    """Of the texts; left out: the browser's."""


class DismissRequest(Sent):
    """The visitor closed it."""

    arm_token: ArmToken
    """The one that it was shown for."""
    consent: Consent = ALL_GRANTED
    """Left out: the caller asserts that everything is granted."""


@router.post("/v1/popups/{campaign_id}/show", **documented("show_popup", ShowRequest, security=EITHER, also=[404]))
async def show(request: Request) -> Response:
    """Decide, now that a trigger fired, whether the popup opens, and reserve what it offers.

    Everything is asked once more: caps, cooldown, holdout, budget, consent, stock, margin, deadline. What is refused
    says why in one word.
    """
    parts = services(request)
    document = await json_body(request, parts.settings.body_bytes)
    caller = await parts.keys.either(request, document)
    asked = parse(ShowRequest, document)
    asked = asked.model_copy(update={"consent": allowed(request, caller, asked.consent)})
    arm = _arm(request, caller, asked.arm_token)
    who = Who(arm.visitor_id, arm.customer_id, asked.consent)
    if not asked.consent.remembered:
        arm, who = arm.of_nobody(), Who(None, None, asked.consent)
    gathered = await gather(parts, request, caller, [who])
    now = parts.now()
    person = visitor(gathered.reading, who, now.timestamp(), asked.session, asked.cart)
    situation = Situation(
        snapshot=gathered.view.snapshot,
        visitor=person,
        told=arm.told.paying(asked.cart.currency if asked.cart else None),
        now=now,
        language=language(request, asked.language),
        assigned=assigned(
            gathered.view.snapshot.configuration, caller.shop.name, who.assigned, now, gathered.view.learned
        ),
    )
    deciding = Deciding(parts.records, caller.shop, gathered.view, parts.settings.holdout)
    campaign, request_id = situation.configuration.campaign(arm.campaign_id), exchange(request).request_id
    belongs = situation.facts.segments if asked.consent.identified else []  # models are asked on the event loop only
    if campaign is None:
        outcome = deciding.unknown(arm, request_id)
    else:
        if campaign.own_codes and not caller.secret:
            parts.limits.code(request, caller.shop)
        found = deciding.products(campaign, situation)  # engines work on the event loop only
        outcome = await asyncio.to_thread(deciding.show, campaign, arm, situation, found, request_id)
    if not outcome.repeated:
        await _log(parts, caller, arm, asked, outcome, now, belongs)
    parts.metrics.popups.labels(outcome.reason.value if outcome.reason else "shown").inc()
    return Response(outcome.answer, headers={"Cache-Control": "no-store"}, media_type=JSON)


@router.post(
    "/v1/popups/{campaign_id}/dismiss",
    **documented("dismiss_popup", DismissRequest, security=EITHER, status=204, also=[404]),
)
async def dismiss(request: Request) -> Response:
    """Remember that the visitor closed the popup without taking what it offered."""
    parts = services(request)
    document = await json_body(request, parts.settings.body_bytes)
    caller = await parts.keys.either(request, document)
    asked = parse(DismissRequest, document)
    consent = allowed(request, caller, asked.consent)
    arm, now = _arm(request, caller, asked.arm_token), parts.now()
    if arm.visitor_id is not None and consent.remembered:
        if not caller.secret:
            parts.limits.visitor(request, caller.shop, arm.visitor_id)
        try:
            await asyncio.to_thread(parts.records.popups.dismiss, caller.shop.name, arm.arm_id, now)
        except SQLAlchemyError as error:  # the visitor's state and the log will know it
            log.warning("the records cannot note a dismissal", campaign=arm.campaign_id, error=str(error))
        event = _event(arm, DecisionName.PROMOTION_DISMISSED, now, f"{arm.arm_id}-dismissed")
        await _write(parts, caller, event, consent, now)
    return Response(status_code=204)


@router.get(
    "/v1/popups/{campaign_id}/preview", **documented("preview_popup", query=PreviewQuery, security=SECRET, also=[404])
)
async def preview(request: Request) -> Response:
    """What a campaign would say to a visitor at a moment, and everything that would keep it from opening.

    Nothing is counted, reserved or logged.
    """
    parts = services(request)
    caller = await parts.keys.secret(request)
    previews = await previewing(request, caller, parse_query(PreviewQuery, request))
    campaign = previews.configuration.campaign(request.path_params["campaign_id"])
    if campaign is None:
        known = ", ".join(one.id for one in previews.configuration.campaigns) or "none"
        raise Problem(404, "not-found", f"no campaign {request.path_params['campaign_id']!r}; campaigns: {known}")
    return answer(await previews.of(campaign))


def _arm(request: Request, caller: Caller, token: str) -> Arm:
    """The armed campaign, if it is this shop's and the one that the path names.

    Raises:
        Problem: the token is none of ours, or speaks of another campaign (422).
    """
    try:
        arm = Arm.read(token, caller.shop.signing_key)
    except InputError as error:
        raise unusable([{"field": error.field, "detail": f"{error.shown} is not allowed; {error.allowed}"}]) from None
    campaign_id = request.path_params["campaign_id"]
    if arm.shop != caller.shop.name or arm.campaign_id != campaign_id:
        raise unusable([{"field": "arm_token", "detail": f"it was made for {arm.campaign_id!r}, not {campaign_id!r}"}])
    return arm


async def _log(
    parts: Services,
    caller: Caller,
    arm: Arm,
    asked: ShowRequest,
    outcome: Outcome,
    now: datetime,
    belongs: list[str],
) -> None:
    """Both outcomes are recorded, with the probability that the token carries and the segments of the visitor."""
    name = DecisionName.PROMOTION_OFFERED if outcome.reason is None else DecisionName.PROMOTION_NOT_OFFERED
    why = {} if outcome.reason is None else {"reason": outcome.reason.value}
    more = {**why, **outcome.experiment, "segments": belongs}
    event = _event(arm, name, now, arm.arm_id, trigger=asked.trigger.value, **more)
    await _write(parts, caller, replace(event, attribution_token=outcome.token), asked.consent, now)


async def _write(parts: Services, caller: Caller, event: Event, consent: Consent, now: datetime) -> None:
    """Log the event, without ids where they may not be logged, and remember it where it may be remembered."""
    extra = {name: value for name, value in event.extra.items() if name not in EXPERIMENT}
    nobody = replace(event, visitor_id=None, customer_id=None, session_id=None, attribution_token=None, extra=extra)
    logged = event if consent.identified else nobody
    await parts.spooler.append(caller.shop.name, [Received(logged, now, verified=True).encode()])
    await remember(parts.state, caller.shop.name, [Heard(event, consent)])


def _event(arm: Arm, name: DecisionName, now: datetime, event_id: str, **more: Any) -> Event:
    page = arm.told.page
    extra = {"promotion_id": arm.campaign_id, "page_type": page.type.value, **more}
    return Event(
        event_id=event_id,
        name=name,
        timestamp=now,
        visitor_id=arm.visitor_id,
        customer_id=arm.customer_id,
        session_id=arm.session_id,
        extra=extra | ({"about": page.item_id} if page.item_id else {}),
    )
