"""Segments: names and comparisons, and an open registry of both."""

from decimal import Decimal

import pytest

from recommender.errors import InputError
from recommender.models.intent.model import Intent
from recommender.occasion import Occasion
from recommender.retention.behaviour import Known
from recommender.retention.facts import Facts
from recommender.retention.segments import SEGMENTS, Registry


@pytest.mark.parametrize(
    ("segment", "facts", "holds"),
    [
        ("new", Facts(), True),
        ("new", Facts(returning=True), False),
        ("new", Facts(orders=1), False),
        ("returning", Facts(returning=True), True),
        ("returning", Facts(orders=1), True),
        ("returning", Facts(), False),
        ("buyer", Facts(orders=1), True),
        ("cart", Facts(cart_items=1), True),
        ("cart", Facts(), False),
        ("orders >= 2", Facts(orders=2), True),
        ("orders >= 2", Facts(orders=1), False),
        ("orders>=2", Facts(orders=2), True),
        ("spend > 99.99", Facts(spend=Decimal("100")), True),
        ("spend > 100", Facts(spend=Decimal("100")), False),
        ("days_since_order <= 30", Facts(days_since_order=30.0), True),
        ("days_since_order <= 30", Facts(days_since_order=31.0), False),
        ("days_since_order <= 30", Facts(), False),
        ("days_since_order > 30", Facts(), False),
        ("cart_value == 10", Facts(cart_value=Decimal("10.00")), True),
        ("items_viewed < 3", Facts(items_viewed=2), True),
        ("page_views >= 3", Facts(page_views=3), True),
        ("purchase_intent >= 0.5", Facts(behaviour=Known(0.5, Intent.BUYS_ANYWAY)), True),
        ("purchase_intent < 0.5", Facts(behaviour=Known(0.5, Intent.BUYS_ANYWAY)), False),
        ("purchase_intent < 0.5", Facts(), False),
        ("purchase_intent >= 0", Facts(), False),
        ("buys_anyway", Facts(behaviour=Known(0.5, Intent.BUYS_ANYWAY)), True),
        ("undecided", Facts(behaviour=Known(0.2, Intent.UNDECIDED)), True),
        ("undecided", Facts(), False),
        ("will_not_buy", Facts(behaviour=Known(0.01, Intent.WILL_NOT_BUY)), True),
        ("will_not_buy", Facts(), False),
        ("price_drop", Facts(behaviour=Known(found={Occasion.PRICE_DROP: 1})), True),
        ("back_in_stock", Facts(behaviour=Known(found={Occasion.PRICE_DROP: 1})), False),
        ("price_drop >= 2", Facts(behaviour=Known(found={Occasion.PRICE_DROP: 2})), True),
        ("cart_abandoned == 0", Facts(), True),
    ],
)
def test_a_visitor_belongs_to_a_segment_or_not(segment: str, facts: Facts, holds: bool) -> None:
    assert SEGMENTS.parse(segment).holds(facts) is holds


@pytest.mark.parametrize(
    "text", ["vip", "orders", "orders => 2", "age > 3", "orders >= many", "orders >= 2 and new", ""]
)
def test_an_unknown_segment_is_refused_and_the_known_ones_are_named(text: str) -> None:
    with pytest.raises(InputError, match=r"segment: .* is not allowed; use new, returning, .*orders >= 2.*days_since"):
        SEGMENTS.parse(text)


def test_other_parts_can_add_segments_and_measures() -> None:
    registry = Registry(dict(SEGMENTS.named), dict(SEGMENTS.measures))
    registry.named["loyal"] = lambda facts: facts.orders > 5
    registry.measures["countries"] = lambda facts: len(facts.country or "")
    assert registry.parse("loyal").holds(Facts(orders=6))
    assert registry.parse("countries == 2").holds(Facts(country="DE"))
