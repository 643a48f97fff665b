"""What segments may ask of a person: the one table of it, which `vitrine segments list` and the documentation show.

A trait is read in two ways that must agree: from the facts of one visitor, and as a column of everybody in the artifact
(`population.py`). What only a page tells has no column.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from recommender.days import DAY
from recommender.lifecycle.rfm import RfmGroup
from recommender.models.intent.model import Intent
from recommender.occasion import Occasion

if TYPE_CHECKING:
    from recommender.retention.facts import Facts


class Value(NamedTuple):
    """What is known of a trait: one value, or an array of them."""

    of: Any
    known: Any = True
    """A bool, or an array of them."""
    open: bool = False
    """Whether it may still turn out to be anything: what only a page will tell."""


UNKNOWN: Final = Value(None, known=False)


class Kind(StrEnum):
    """What a trait is compared with."""

    NUMBER = "number"
    TEXT = "text"
    FLAG = "flag"


@dataclass(frozen=True, eq=False, repr=False)
class Trait:
    """Something that may be known of a person."""

    name: str
    kind: Kind
    words: str
    """What it is, for the documentation."""
    of: "Callable[[Facts], Any]"
    """What is known of one visitor; None: nothing."""
    on_page: bool = False
    """Whether it is known only while the visitor looks at a page."""
    values: tuple[str, ...] = ()
    """The only texts that it can be."""
    pattern: str = ""
    """How its texts are spelled, and ..."""
    example: str = ""
    """... what that looks like."""

    def __repr__(self) -> str:
        return self.name


def _scored(name: str) -> "Callable[[Facts], Any]":
    """What the last training said of a customer ..."""
    return lambda facts: None if facts.customer is None else getattr(facts.customer, name)


def _expected(name: str) -> "Callable[[Facts], Any]":
    """... and what of it no longer holds once they have ordered again."""

    def read(facts: "Facts") -> Any:
        customer = facts.customer
        return None if customer is None or facts.orders > customer.orders else getattr(customer, name)

    return read


def _days_since_first_order(facts: "Facts") -> float | None:
    return None if facts.customer is None else max(facts.now - facts.customer.first, 0.0) / DAY


def _days_to_next_order(facts: "Facts") -> float | None:
    moment = _expected("expected_date_of_next_order")(facts)
    return None if moment is None else float(moment - facts.now) / DAY


def _items(occasion: Occasion) -> "Callable[[Facts], Any]":
    return lambda facts: facts.behaviour.items(occasion)


_ALL: Final = (
    Trait("orders", Kind.NUMBER, "orders that the shop's server or an import vouched for", lambda facts: facts.orders),
    Trait("spend", Kind.NUMBER, "what those came to, less refunds", lambda facts: facts.spend),
    Trait("days_since_order", Kind.NUMBER, "days since the last of them", lambda facts: facts.days_since_order),
    Trait("days_since_first_order", Kind.NUMBER, "days since the first of them", _days_since_first_order),
    Trait(
        "seen_before", Kind.FLAG, "was here before this visit; of everybody in the artifact: anything is known of them",
        lambda facts: facts.returning,
    ),
    Trait("recency", Kind.NUMBER, "1 (ordered longest ago) to 5 (latest fifth of customers)", _expected("recency")),
    Trait("frequency", Kind.NUMBER, "1 to 5 by number of orders", _scored("frequency")),
    Trait("monetary", Kind.NUMBER, "1 to 5 by spend", _scored("monetary")),
    Trait(
        "rfm_group", Kind.TEXT, "what the three scores make of a customer", _expected("rfm_group"),
        values=tuple(one.value for one in RfmGroup),
    ),
    Trait("average_order_value", Kind.NUMBER, "spend by order", _scored("average_order_value")),
    Trait(
        "average_days_between_orders", Kind.NUMBER, "the customer's own rhythm, from the second order on",
        _scored("average_days_between_orders"),
    ),
    Trait("historic_clv", Kind.NUMBER, "what orders brought; profit where costs are known", _scored("historic_clv")),
    Trait("predicted_clv", Kind.NUMBER, "what orders will bring in `horizon_days`, a year", _expected("predicted_clv")),
    Trait("total_clv", Kind.NUMBER, "both together", _expected("total_clv")),
    Trait(
        "predicted_number_of_orders", Kind.NUMBER, "orders to be expected in that time",
        _expected("predicted_number_of_orders"),
    ),
    Trait(
        "churn_probability", Kind.NUMBER, "0 to 1: that no order comes for `churn_days`, 90",
        _expected("churn_probability"),
    ),
    Trait("days_to_next_order", Kind.NUMBER, "days until the next order is expected", _days_to_next_order),
    Trait("cart_value", Kind.NUMBER, "what lies in the cart comes to", lambda facts: facts.cart_value, on_page=True),
    Trait("cart_items", Kind.NUMBER, "pieces in the cart", lambda facts: facts.cart_items, on_page=True),
    Trait("page_views", Kind.NUMBER, "pages of this visit", lambda facts: facts.page_views, on_page=True),
    Trait(
        "items_viewed", Kind.NUMBER, "different items looked at in this visit", lambda facts: facts.items_viewed,
        on_page=True,
    ),
    Trait(
        "country", Kind.TEXT, "where the visitor is", lambda facts: facts.country, on_page=True,
        pattern="[A-Z]{2}", example="'DE'",
    ),
    Trait(
        "device", Kind.TEXT, "what the shop is looked at with", lambda facts: facts.device, on_page=True,
        values=("phone", "tablet", "desktop"),
    ),
    Trait(
        "purchase_intent", Kind.NUMBER, "0 to 1: that this visit ends with an order",
        lambda facts: facts.behaviour.purchase_intent, on_page=True,
    ),
    Trait(
        "intent", Kind.TEXT, "what that makes of the visitor", lambda facts: facts.behaviour.intent, on_page=True,
        values=tuple(one.value for one in Intent),
    ),
    *(
        Trait(f"{one.value}_items", Kind.NUMBER, f"items with the occasion {one.value}", _items(one), on_page=True)
        for one in Occasion
    ),
)  # fmt: skip
TRAITS: Final = {trait.name: trait for trait in _ALL}
"""By name."""
