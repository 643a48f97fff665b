"""What was answered to a page view: which items stood where, and which campaigns might open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple, Self

import orjson

from recommender.engine import engine
from recommender.engine.answer import Showcase
from recommender.engine.snapshot import Snapshot
from recommender.experiments.assigning import Assigned
from recommender.replay.asked import Asked
from recommender.retention.arming import opening
from recommender.retention.facts import Facts

DIGEST_BYTES = 8


class Shown(NamedTuple):
    """One showcase as shoppers tell it from another."""

    placement: str
    strategy: str
    title: str
    items: tuple[str, ...]
    """Ids by position."""

    @property
    def seen(self) -> tuple[str, str, tuple[str, ...]]:
        """What a shopper sees of it: slot, title, and which item stands where."""
        return self.placement, self.title, self.items


@dataclass(frozen=True, slots=True)
class Answer:
    """One page."""

    shown: tuple[Shown, ...]
    armed: tuple[str, ...]
    """Campaigns that may open."""
    digest: str
    """Of every byte that the engine gave: titles, items, scores, reasons, cards."""

    @classmethod
    def of(cls, showcases: Sequence[Showcase], armed: Iterable[str]) -> Self:
        """From what the engine gave."""
        return cls(tuple(map(_shown, showcases)), tuple(armed), digest(showcases))

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return {"shown": [list(one) for one in self.shown], "armed": list(self.armed), "digest": self.digest}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """What :meth:`document` was made of."""
        shown = (
            Shown(placement, strategy, title, tuple(items)) for placement, strategy, title, items in document["shown"]
        )
        return cls(tuple(shown), tuple(document["armed"]), document["digest"])

    def same_lists(self, other: Self) -> bool:
        """Whether the same items stand in the same places, under the same titles."""
        return [one.seen for one in self.shown] == [one.seen for one in other.shown]


def put(asked: Asked, snapshot: Snapshot, own: Assigned, facts: Facts, *, explain: bool = False) -> list[Showcase]:
    """Put a page to the engine: what the service does for a visitor, and replay again.

    Args:
        asked: the page.
        snapshot: the shop.
        own: the snapshot's configuration as the visitor has it.
        facts: what is known of the visitor.
        explain: whether items carry their scores by source.
    """
    return engine.page(
        snapshot,
        asked.visitor,
        asked.told.page,
        asked.placements,
        asked.now,
        asked.language,
        explain=explain,
        configuration=own.configuration,
        interleaved=own.interleaved,
        facts=facts,
    )


def answer(asked: Asked, snapshot: Snapshot, own: Assigned) -> Answer:
    """Answer a logged page by the functions that answered it; arguments as of :func:`put`."""
    facts = asked.facts(snapshot)
    armed = opening(own.configuration, asked.visitor, facts, asked.now)
    return Answer.of(put(asked, snapshot, own, facts), (campaign.id for campaign in armed))


def digest(showcases: Sequence[Showcase]) -> str:
    """Sixteen characters that change with anything that the engine says, explanations aside."""
    told = [
        (one.placement, one.strategy, one.title, one.brought, [item[:4] for item in one.recommendations.items])
        for one in showcases
    ]
    found = blake2b(orjson.dumps(told), digest_size=DIGEST_BYTES)
    for one in showcases:
        for item in one.recommendations.items:
            found.update(item.document)
    return found.hexdigest()


def _shown(one: Showcase) -> Shown:
    return Shown(one.placement, str(one.strategy), one.title, tuple(item.item_id for item in one.recommendations.items))
