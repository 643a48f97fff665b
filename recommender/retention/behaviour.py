"""How a visitor behaves: what they are about in this visit, and of what they may be reminded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from recommender.models.intent.model import Intent
from recommender.occasion import Occasion


class Behaviour(Protocol):
    """What campaigns can ask for of it."""

    @property
    def purchase_intent(self) -> float | None:
        """The chance that this visit ends with an order, from 0 to 1; None: nobody knows."""

    @property
    def intent(self) -> Intent | None:
        """What the visitor is taken to be about; None: nobody knows."""

    def items(self, occasion: Occasion) -> int:
        """Of how many items there is this occasion to remind them."""


@dataclass(frozen=True)
class Known:
    """Behaviour that has been found out; by default nothing is known."""

    purchase_intent: float | None = None
    intent: Intent | None = None
    found: Mapping[Occasion, int] = field(default_factory=dict)

    def items(self, occasion: Occasion) -> int:
        """See :meth:`Behaviour.items`."""
        return self.found.get(occasion, 0)


def observed(behaviour: Behaviour) -> dict[str, Any]:
    """What is known of it, as JSON values: the chance of an order, what that means, items by occasion."""
    chance, intent = behaviour.purchase_intent, behaviour.intent
    return {
        "purchase_intent": None if chance is None else round(chance, 4),
        "intent": None if intent is None else intent.value,
        "occasions": {one.value: count for one in Occasion if (count := behaviour.items(one))},
    }


UNKNOWN: Final[Behaviour] = Known()
