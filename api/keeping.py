"""Pages that are logged whole, so that `vitrine replay` can answer them again."""

import secrets
from collections.abc import Sequence

from api.bootstrap import Services
from api.grouping import Grouping
from recommender.engine.answer import Showcase
from recommender.events.event import Event
from recommender.events.names import DecisionName
from recommender.events.rows import Received
from recommender.replay.answer import Answer
from recommender.replay.asked import Asked, Chosen, sampled
from recommender.retention.campaign import Campaign


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
        answer = Answer.of(showcases, (campaign.id for campaign in campaigns))
        event = Event(
            event_id=secrets.token_hex(16),
            name=DecisionName.PAGE_ANSWERED,
            timestamp=asked.now,
            visitor_id=groups.who.visitor_id,
            customer_id=groups.who.customer_id,
            session_id=session_id,
            extra={"request_id": request_id, **asked.document(), **answer.document()},
        )
        await parts.spooler.append(groups.shop, [Received(event, asked.now, verified=True).encode()])

    parts.background.start(written)


def chosen(groups: Grouping) -> tuple[Chosen, ...]:
    """The variants that the visitor has."""
    own = groups.assigned
    drawn = {*own.placements.values(), *own.campaigns.values()}
    return tuple(sorted(Chosen(one.experiment, one.variant, round(one.propensity, 9)) for one in drawn))
