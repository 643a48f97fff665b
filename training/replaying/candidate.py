"""What else a page might have been: by another configuration, another model, or both; and by other draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from recommender.configuration import Configuration
from recommender.engine.snapshot import Snapshot
from recommender.experiments.assigning import as_drawn, assigned
from recommender.experiments.learned import NOTHING_LEARNED, Learned
from recommender.experiments.lottery import lots
from recommender.replay.answer import Answer, Shown, answer
from recommender.replay.asked import Asked


class Shop(NamedTuple):
    """Whose pages they are."""

    name: str
    learned: Learned = NOTHING_LEARNED
    """Weights that its experiments have learned."""


@dataclass(frozen=True)
class Candidate:
    """Another way to answer; what is None stays as it was."""

    configuration: Configuration | None = None
    model: Snapshot | None = None
    """The other model over the present catalogue."""

    @property
    def nothing(self) -> bool:
        """Whether everything stays."""
        return self.configuration is None and self.model is None

    def stage(self, base: Snapshot) -> Snapshot:
        """What a page is answered from, where it was answered from `base`."""
        return replace(self.model or base, configuration=self.configuration or base.configuration)

    def variants(self, shop: Shop, asked: Asked) -> Mapping[str, str]:
        """What the visitor has by experiments: what they had, where the configuration stays."""
        if self.configuration is None:
            return asked.variants
        own = assigned(self.configuration, shop.name, asked.visitor.visitor_id, asked.now, shop.learned)
        return {one.experiment: one.variant for one in (*own.placements.values(), *own.campaigns.values())}


NOTHING = Candidate()


class Choice(NamedTuple):
    """What might have stood on a page."""

    chance: float
    shown: tuple[Shown, ...]


def again(shop: Shop, asked: Asked, stage: Snapshot, variants: Mapping[str, str]) -> Answer:
    """The answer to a page for its visitor if they drew these variants."""
    return answer(asked, stage, as_drawn(stage.configuration, shop.name, asked.visitor.visitor_id, variants))


def choices(
    shop: Shop, asked: Asked, stage: Snapshot, variants: Mapping[str, str], own: Answer, *, as_logged: bool
) -> Sequence[Choice]:
    """Everything that experiments might have put on a page, with its chance.

    Args:
        shop: whose page it is.
        asked: the page.
        stage: what it is answered from.
        variants: that the visitor drew.
        own: the answer to those, so that it is not worked out twice.
        as_logged: whether they were drawn with the chances that the log tells of.

    Raises:
        InputError: that cannot be told; see :func:`recommender.experiments.lottery.lots`.
    """
    if asked.visitor.visitor_id is None:  # such visitors are in no experiment
        return [Choice(1.0, own.shown)]
    slots = asked.placements or [one.id for one in stage.configuration.on(asked.told.page.type)]
    told = {one.experiment: (one.variant, one.propensity) for one in asked.drawn} if as_logged else {}
    found = lots(stage.configuration, slots, asked.now, told, shop.learned)
    tried = {id_ for lot in found for id_ in lot.variants}
    mine = {id_: name for id_, name in variants.items() if id_ in tried}
    return [
        Choice(lot.chance, (own if lot.variants == mine else again(shop, asked, stage, lot.variants)).shown)
        for lot in found
    ]
