"""Segments: names for kinds of visitors, each an expression over what is known of them.

What every shop has is written here, once; a shop's own are added by its configuration. Thresholds are relative to the
shop: scores from 1 to 5 say in which fifth of its customers somebody is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from recommender.models.intent.model import Intent
from recommender.occasion import Occasion
from recommender.retention.expression import Expression, Read
from recommender.retention.grammar import parse
from recommender.retention.traits import TRAITS, UNKNOWN, Kind, Trait, Value

if TYPE_CHECKING:
    from recommender.retention.facts import Facts


@dataclass(frozen=True, slots=True)
class Segment:
    """A condition that a visitor meets or not; who is not known well enough does not."""

    name: str
    """Its name, or the expression itself."""
    when: str
    """As it was written."""
    expression: Expression = field(repr=False, compare=False)
    words: str = field(default="", compare=False)
    """What it is for."""

    def holds(self, facts: "Facts") -> bool:
        """Whether a visitor meets it."""
        return bool(self.expression.judge(_reading(facts)).holds)

    @property
    def on_page(self) -> list[str]:
        """What it asks for that is known only while somebody looks at a page."""
        return sorted({trait.name for trait in self.expression.traits() if trait.on_page})


def _reading(facts: "Facts") -> Read:
    """Tells what is known of each trait of a visitor; each is looked up once."""
    known: dict[str, Value] = {}

    def read(trait: Trait) -> Value:
        value = known.get(trait.name)
        if value is None:
            found = trait.of(facts)
            number = found is not None and trait.kind is Kind.NUMBER
            value = UNKNOWN if found is None else Value(float(found) if number else found)
            known[trait.name] = value
        return value

    return read


@dataclass(frozen=True, eq=False)
class Registry:
    """The segments of a shop by name, and the traits that expressions may ask for."""

    named: Mapping[str, Segment] = field(default_factory=dict)
    traits: Mapping[str, Trait] = field(default_factory=lambda: TRAITS)
    _written: dict[str, Segment] = field(default_factory=dict, repr=False)

    def parse(self, text: str, field: str = "segment") -> Segment:
        """The segment of this name, or what an expression says.

        Args:
            text: a name or an expression.
            field: what the error calls the place where it was written.

        Raises:
            InputError: it is neither; the message says where it goes wrong, and what is allowed there.
        """
        known = self.named.get(text.strip())
        if known is not None:
            return known
        expressions = {name: one.expression for name, one in self.named.items()}
        return Segment(text, text, parse(text, self.traits, expressions, field))

    def written(self, text: str) -> Segment:
        """The same for texts that come up again and again: those of a configuration."""
        found = self._written.get(text)
        if found is None:
            found = self._written[text] = self.parse(text)
        return found

    def with_segment(self, name: str, when: str, words: str = "", field: str = "when") -> Self:
        """The same with one more segment, which may refer to all that were there before.

        Raises:
            InputError: the expression is not understood.
        """
        segment = Segment(name, when, self.parse(when, field).expression, words)
        return type(self)({**self.named, name: segment}, self.traits)

    def with_segments(self, definitions: Iterable[tuple[str, str, str]]) -> Self:
        """The same with segments of a name, an expression, and words, in an order in which each can be understood."""
        found = self
        for definition in definitions:
            found = found.with_segment(*definition)
        return found

    def of(self, facts: "Facts") -> list[str]:
        """Names of all segments that a visitor belongs to."""
        read = _reading(facts)
        return [name for name, segment in self.named.items() if segment.expression.judge(read).holds]


INTENTS: Final = {
    Intent.BUYS_ANYWAY: "likely to order in this visit, as it is",
    Intent.UNDECIDED: "may order in this visit, or not",
    Intent.WILL_NOT_BUY: "hardly ever orders in such a visit",
}
OCCASIONS: Final = {
    Occasion.REPLENISHMENT_DUE: "it is time for something that they buy regularly",
    Occasion.REPLENISHMENT_LATE: "that time is well past",
    Occasion.PRICE_DROP: "something costs less than when they looked at it",
    Occasion.BACK_IN_STOCK: "something that was sold out when they looked at it, or later, is back",
    Occasion.CART_ABANDONED: "left something in the cart in an earlier visit, and did not buy it since",
}
SEGMENTS: Final = Registry().with_segments(
    [
        ("new", "not seen_before and orders == 0", "here for the first time"),
        ("returning", "seen_before or orders > 0", "was here before this visit, or has ordered"),
        ("buyer", "orders > 0", "has ordered"),
        ("cart", "cart_items > 0", "has something in the cart"),
        (
            "active",
            "orders > 0 and (recency is missing or recency >= 3)",
            "ordered since the last training, or lately beside the other customers",
        ),
        ("loyal", "active and orders >= 2 and frequency == 5", "active, and among the fifth that ordered most often"),
        ("high_value", "monetary == 5", "among the fifth of customers who spent most"),
        ("vip", "high_value and loyal", "spends most and orders often, still"),
        (
            "lost",
            "recency == 1 and (churn_probability is missing or churn_probability >= 0.5)",
            "among the fifth that ordered longest ago, and likelier gone than not",
        ),
        *((one.value, f"intent == '{one.value}'", words) for one, words in INTENTS.items()),
        *((one.value, f"{one.value}_items > 0", words) for one, words in OCCASIONS.items()),
        ("at_risk", "recency <= 2 and not lost", "ordered long ago beside the others, and may still come again"),
    ]
)
"""What every shop has. Who ordered and can be compared is either active, at_risk or lost."""
