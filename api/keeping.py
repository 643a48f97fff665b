"""Pages that are logged whole, so that `vitrine replay` can answer them again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from api.bootstrap import Services
from api.exchange import FRESH
from api.grouping import Grouping
from recommender.engine.answer import Showcase
from recommender.events.event import Event
from recommender.events.names import DecisionName
from recommender.events.rows import Received
from recommender.replay.answer import Answer
from recommender.replay.asked import Asked, Chosen, sampled
from recommender.retention.campaign import Campaign
from recommender.retention.knowledge import Told


def kept(parts: Services, request_id: str, groups: Grouping) -> bool:
    """Whether a page is one of the sample; of visitors who may not be told apart, or see nothing, none is."""
    return groups.known and not groups.out and sampled(groups.shop, request_id, parts.settings.replay_share)


def keep(
    parts: Services,
    request_id: str,
    asked: Asked,
    groups: Grouping,
    *,
    showcases: Sequence[Showcase],
    campaigns: Sequence[Campaign],
    session_id: str | None,
) -> None:
    """Log a page once its answer is on the way: until then nothing is worked out or written."""

    async def written() -> None:
        whole = replace(asked, told=asked_for(asked.told, groups.assigned.configuration.campaigns))
        answer = Answer.of(showcases, (campaign.id for campaign in campaigns))
        event = Event(
            event_id=next(FRESH),
            name=DecisionName.PAGE_ANSWERED,
            timestamp=asked.now,
            visitor_id=groups.who.visitor_id,
            customer_id=groups.who.customer_id,
            session_id=session_id,
            extra={"request_id": request_id, **whole.document(), **answer.document()},
        )
        await parts.spooler.append(groups.shop, [Received(event, asked.now, verified=True).encode()])

    parts.background.start(written)


def asked_for(told: Told, campaigns: Iterable[Campaign]) -> Told:
    """What a page said, without the addresses and attributes that no campaign asks for: they decide nothing."""
    standing = [*campaigns]
    names = {name for one in standing for name in one.whom.attributes or ()}
    url = told.url if any(one.where.urls for one in standing) else ""
    referrer = told.referrer if any(one.whom.referrers for one in standing) else ""
    return replace(told.only(names), url=url, referrer=referrer)


def chosen(groups: Grouping) -> tuple[Chosen, ...]:
    """The variants that the visitor has."""
    own = groups.assigned
    drawn = {*own.placements.values(), *own.campaigns.values()}
    return tuple(sorted(Chosen(one.experiment, one.variant, round(one.propensity, 9)) for one in drawn))
