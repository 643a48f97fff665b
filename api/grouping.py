"""Where the visitor of a page stands: in the holdout of showcases or not, and in which experiments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from api.identity import Who
from api.shops import View
from recommender.assignment import Layer, held_out
from recommender.engine.answer import Showcase
from recommender.experiments.assigning import Assigned, Drawn, assigned, logged
from recommender.retention.deciding import met
from recommender.retention.facts import Scene

LAYER = "showcases"
"""The experiment that measures showcases as a whole."""


@dataclass(frozen=True)
class Grouping:
    """One visitor on one page."""

    shop: str
    who: Who
    share: float
    """Of visitors who are held out."""
    assigned: Assigned
    """What this visitor has by experiments."""
    out: bool
    """Whether they see no showcase."""

    @classmethod
    def of(cls, view: View, shop: str, who: Who, share: float, now: datetime) -> Self:
        """Draw the groups of a visitor; who may not be told apart is in none."""
        out = who.consent.identified and who.visitor_id is not None and held_out(shop, who.visitor_id, LAYER, share)
        own = assigned(view.snapshot.configuration, shop, who.assigned, now, view.learned)
        return cls(shop, who, share, own, out)

    @property
    def known(self) -> bool:
        """Whether the visitor may be told apart."""
        return self.who.visitor_id is not None and self.who.consent.identified

    def credited(self, placement: str) -> dict[str, Any]:
        """What the token of a showcase says: the experiment, where there is one, with the probability of just this."""
        drawn = None if self.out else self.assigned.placements.get(placement)
        return self._held() if drawn is None else drawn.credited(1 - self.share)

    def decided(self, placements: Sequence[str], entered: Sequence[Drawn]) -> dict[str, Any]:
        """What the log says of the decision about these placements: the holdout's group, and the experiments."""
        return (self._held() if placements else {}) | logged(entered)

    def entered(self, placements: Sequence[str], scene: Scene) -> list[Drawn]:
        """The variants that the visitor meets on this page, or could meet; who is held out meets none."""
        own = self.assigned
        shown = [] if self.out else [own.placements[id_] for id_ in placements if id_ in own.placements]
        return shown + met(self.shop, self.who.assigned, own, scene, self.share)

    def interleaved(self, filled: Sequence[Showcase]) -> dict[str, Any]:
        """What the log says of showcases that hold two variants' lists: who brought which item."""
        if self.out or not self.assigned.interleaved:
            return {}
        told = [self._brought(one) for one in filled if one.brought is not None]
        return {"interleaved": told} if told else {}

    def _brought(self, showcase: Showcase) -> dict[str, Any]:
        pairing = self.assigned.interleaved[showcase.placement]
        items = [*zip(showcase.recommendations.items, showcase.brought or (), strict=True)]
        first, second = ([one.item_id for one, by in items if by == name] for name in pairing.variants)
        about = {"experiment": pairing.experiment, "placement": showcase.placement, "variants": pairing.variants}
        return {**about, "first": first, "second": second}

    def _held(self) -> dict[str, Any]:
        """Which group it is, and how probable that was."""
        if not self.known:
            return {}
        return Layer.of(LAYER, self.share, out=self.out)._asdict()
