"""Behaviour as the visitor's state and the artifact tell it, each part worked out when a campaign asks for it."""

from dataclasses import dataclass
from datetime import datetime

from recommender.engine import visit
from recommender.engine.occasions import Occasions
from recommender.engine.request import Visitor
from recommender.engine.snapshot import Snapshot
from recommender.lazy import cached_property
from recommender.models.intent.model import Intent
from recommender.occasion import Occasion


@dataclass(frozen=True, eq=False)
class Observed:
    """A :class:`~recommender.retention.behaviour.Behaviour` that is worked out as far as anybody asks for it."""

    snapshot: Snapshot
    visitor: Visitor
    now: datetime

    @cached_property
    def purchase_intent(self) -> float | None:
        """See :meth:`Behaviour.purchase_intent`."""
        model = self.snapshot.models.intent
        if model is None or not self.visitor.personal:
            return None
        line = visit.line(self.snapshot, self.visitor, self.now)
        return float(model.probabilities(line)[0])

    @property
    def intent(self) -> Intent | None:
        """See :meth:`Behaviour.intent`."""
        model, chance = self.snapshot.models.intent, self.purchase_intent
        return None if model is None or chance is None else model.intent(chance)

    def items(self, occasion: Occasion) -> int:
        """See :meth:`Behaviour.items`."""
        return len(self._occasions.rows(occasion))

    @cached_property
    def _occasions(self) -> Occasions:
        return Occasions(self.snapshot, self.visitor, self.now)
