"""Which campaigns could show on a page, and why the others could not. Pure; `/show` asks once more, and decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from recommender.configuration import Configuration
from recommender.engine.request import Visitor
from recommender.engine.snapshot import Snapshot
from recommender.retention import knowledge
from recommender.retention.campaign import Campaign, Stop
from recommender.retention.caps import Caps, Shown, judge
from recommender.retention.facts import Facts, Scene
from recommender.retention.knowledge import Told
from recommender.retention.reason import Reason
from recommender.retention.settings import PopupSettings

MINUTE = 60.0


@dataclass(frozen=True)
class Past:
    """What a visitor met and did before."""

    shown: Sequence[Shown] = ()
    session_id: str | None = None
    """What `shown` calls the present visit."""
    last_purchase: float | None = None
    """Unix seconds, vouched for or not."""


def past(visitor: Visitor, campaigns: Sequence[Campaign], now: datetime) -> Past:
    """What the visitor's state says of it."""
    banners = {campaign.id for campaign in campaigns if campaign.slot is not None}
    return Past(knowledge.shown(visitor, now, banners), knowledge.THIS_VISIT, knowledge.last_purchase(visitor))


def standing(campaigns: Sequence[Campaign], scene: Scene, now: datetime, zone: ZoneInfo) -> list[Campaign]:
    """Campaigns that run on this page now, by priority: for most pages few, so that only they need to know more."""
    found = [
        campaign
        for campaign in campaigns
        if campaign.enabled and campaign.where.holds(scene) and campaign.schedule.runs(now, zone)
    ]
    return sorted(found, key=lambda campaign: -campaign.priority)


def opening(configuration: Configuration, visitor: Visitor, facts: Facts, now: datetime) -> list[Campaign]:
    """Campaigns that may open on a page, by priority; of popups only the first where the visitor may not be known.

    Args:
        configuration: as this visitor has it.
        visitor: who looks at the page.
        facts: what is known of them and of the page.
        now: the moment.
    """
    here = standing(configuration.campaigns, facts.scene, now, configuration.shop.zone)
    if not here:
        return []
    met = past(visitor, configuration.campaigns, now)
    found = [one for one in here if not any(personal(one, facts, met, now, settings=configuration.popups))]
    if not facts.identified:
        dialogs = [one for one in found if one.slot is None]
        found = [one for one in found if one.slot is not None or one is dialogs[0]]
    return found


def why_not(
    snapshot: Snapshot, configuration: Configuration, visitor: Visitor, told: Told, now: datetime
) -> dict[str, Reason | None]:
    """By campaign, the first thing that keeps it from opening on a page of the shop that said `told`; None: it may."""
    zone, settings = configuration.shop.zone, configuration.popups
    facts, met = knowledge.facts(snapshot, visitor, told, now), past(visitor, configuration.campaigns, now)
    may = {campaign.id for campaign in opening(configuration, visitor, facts, now)}
    found = {}
    for one in configuration.campaigns:
        reason = next(objections(one, facts, met, now, zone=zone, settings=settings), None)
        found[one.id] = None if one.id in may else reason or Reason.CONSENT
    return found


def objections(
    campaign: Campaign, facts: Facts, past: Past, now: datetime, *, zone: ZoneInfo, settings: PopupSettings
) -> Iterator[Reason]:
    """Everything known of page and visitor that speaks against the campaign, first things first."""
    if not campaign.enabled:
        yield Reason.DISABLED
    if not campaign.schedule.runs(now, zone):
        yield Reason.SCHEDULE
    if not campaign.where.holds(facts.scene):
        yield Reason.WHERE
    yield from personal(campaign, facts, past, now, settings=settings)


def personal(
    campaign: Campaign, facts: Facts, past: Past, now: datetime, *, settings: PopupSettings
) -> Iterator[Reason]:
    """What of that speaks against a campaign that stands on the page; see :func:`standing`."""
    if not campaign.whom.holds(facts):
        yield Reason.WHOM
    if campaign.offer is not None and not facts.identified:
        yield Reason.CONSENT
    if facts.identified:
        yield from _met(campaign, past, now, settings)


def _met(campaign: Campaign, past: Past, now: datetime, settings: PopupSettings) -> Iterator[Reason]:
    own = [one.at.timestamp() for one in past.shown if one.campaign_id == campaign.id]
    stops = Stop.CONVERSION in campaign.limits.stop_after
    if own and stops and past.last_purchase is not None and past.last_purchase > min(own):
        yield Reason.CONVERTED
    reason = judge(past.shown, limits(campaign, settings), now, campaign_id=campaign.id, session_id=past.session_id)
    if reason is not None:
        yield reason


def limits(campaign: Campaign, settings: PopupSettings) -> Caps:
    """The campaign's caps with what holds for all; a banner stands in the page and waits for nothing."""
    own = campaign.limits
    return Caps(
        per_session=own.per_session,
        per_visitor=own.per_visitor,
        days=own.days,
        cooldown_seconds=settings.cooldown_minutes * MINUTE if campaign.slot is None else 0.0,
        stop_after_dismissal=Stop.DISMISSAL in own.stop_after,
        stop_after_conversion=Stop.CONVERSION in own.stop_after,
    )
