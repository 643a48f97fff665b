"""Segments: names for kinds of visitors. The registry is open: what else is known of people adds its own."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final

from recommender.errors import InputError
from recommender.models.intent.model import Intent
from recommender.occasion import Occasion
from recommender.retention.facts import Facts

Number = int | float | Decimal
COMPARISON = re.compile(r"(?P<measure>[a-z_]+)\s*(?P<sign>>=|<=|==|>|<)\s*(?P<number>-?\d{1,12}(\.\d{1,6})?)")
SIGNS: Final = {">=": operator.ge, "<=": operator.le, "==": operator.eq, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class Segment:
    """A condition that a visitor meets or not."""

    name: str
    """As it was written."""
    holds: Callable[[Facts], bool] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Registry:
    """Segments by name, and measures that a comparison like `orders >= 2` may name."""

    named: dict[str, Callable[[Facts], bool]] = field(default_factory=dict)
    measures: dict[str, Callable[[Facts], Number | None]] = field(default_factory=dict)

    def parse(self, text: str) -> Segment:
        """The segment of this name, or the comparison that it spells out.

        A measure that is unknown of a visitor (days since an order that never was) meets no comparison.

        Raises:
            InputError: there is none; the message names those that there are.
        """
        text = " ".join(text.split())
        if (holds := self.named.get(text)) is not None:
            return Segment(text, holds)
        match = COMPARISON.fullmatch(text)
        if match is None or (measure := self.measures.get(match["measure"])) is None:
            raise InputError("segment", text, self._allowed())
        return Segment(text, _comparison(measure, match["sign"], Decimal(match["number"])))

    def _allowed(self) -> str:
        return (
            f"use {', '.join(self.named)}, or a comparison like 'orders >= 2' of {', '.join(self.measures)}"
            f" with {' '.join(SIGNS)}"
        )


def _comparison(measure: Callable[[Facts], Number | None], sign: str, number: Decimal) -> Callable[[Facts], bool]:
    compare = SIGNS[sign]

    def holds(facts: Facts) -> bool:
        value = measure(facts)
        return value is not None and bool(compare(value, number))

    return holds


def _about(intent: Intent, facts: Facts) -> bool:
    return facts.behaviour.intent is intent


def _reminded(occasion: Occasion, facts: Facts) -> bool:
    return _items(occasion, facts) > 0


def _items(occasion: Occasion, facts: Facts) -> int:
    return facts.behaviour.items(occasion)


SEGMENTS: Final = Registry(
    named={
        "new": lambda facts: not facts.returning and not facts.orders,
        "returning": lambda facts: facts.returning or facts.orders > 0,
        "buyer": lambda facts: facts.orders > 0,
        "cart": lambda facts: facts.cart_items > 0,
        **{intent.value: partial(_about, intent) for intent in Intent},
        **{occasion.value: partial(_reminded, occasion) for occasion in Occasion},
    },
    measures={
        "orders": lambda facts: facts.orders,
        "spend": lambda facts: facts.spend,
        "days_since_order": lambda facts: facts.days_since_order,
        "cart_value": lambda facts: facts.cart_value,
        "cart_items": lambda facts: facts.cart_items,
        "page_views": lambda facts: facts.page_views,
        "items_viewed": lambda facts: facts.items_viewed,
        "purchase_intent": lambda facts: facts.behaviour.purchase_intent,
        **{occasion.value: partial(_items, occasion) for occasion in Occasion},
    },
)
"""What every shop has; lifecycle models add theirs."""
