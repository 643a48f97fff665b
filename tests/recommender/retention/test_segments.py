"""Segments: names and expressions, judged with three values, refused with the place where they go wrong."""

from decimal import Decimal
from typing import Any

import pytest

from recommender.errors import InputError
from recommender.lifecycle.rfm import RfmGroup
from recommender.models.customers import Customer
from recommender.models.intent.model import Intent
from recommender.occasion import Occasion
from recommender.retention.behaviour import Known
from recommender.retention.facts import Device, Facts
from recommender.retention.grammar import DEEPEST, LONGEST, MOST_CONDITIONS
from recommender.retention.segments import SEGMENTS, Registry
from recommender.retention.traits import Kind, Trait

DAY = 86_400.0


def customer(orders: int = 3, spend: float = 300.0, **more: Any) -> Customer:
    return Customer(orders, spend, 10 * DAY, 40 * DAY, **more)


def known(orders: int = 3, **more: Any) -> Facts:
    """A customer as the last training left them, fifty days after 1970."""
    return Facts(
        now=50 * DAY,
        returning=True,
        orders=orders,
        spend=Decimal(300),
        days_since_order=10.0,
        customer=customer(orders, **more),
    )


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
        ("active", Facts(orders=1), True),
        ("active", Facts(), False),
        ("active", known(recency=3), True),
        ("active", known(recency=2), False),
        ("loyal", known(recency=3, frequency=5), True),
        ("loyal", known(recency=3, frequency=4), False),
        ("loyal", known(recency=2, frequency=5), False),
        ("loyal", known(orders=1, recency=3, frequency=5), False),
        ("high_value", known(monetary=5), True),
        ("high_value", known(monetary=4), False),
        ("high_value", Facts(orders=9), False),
        ("vip", known(recency=5, frequency=5, monetary=5), True),
        ("vip", known(recency=1, frequency=5, monetary=5), False),
        ("lost", known(recency=1, churn_probability=0.5), True),
        ("lost", known(recency=1, churn_probability=0.4), False),
        ("lost", known(recency=2, churn_probability=0.9), False),
        ("lost", known(recency=1), True),
        ("lost", known(recency=2), False),
        ("at_risk", known(recency=1, churn_probability=0.4), True),
        ("at_risk", known(recency=2, churn_probability=0.9), True),
        ("at_risk", known(recency=2), True),
        ("at_risk", known(recency=1), False),
        ("at_risk", known(recency=4), False),
        ("at_risk", Facts(), False),
        ("orders >= 2", Facts(orders=2), True),
        ("orders >= 2", Facts(orders=1), False),
        ("orders>=2", Facts(orders=2), True),
        ("orders>-2", Facts(), True),
        ("spend > 99.99", Facts(spend=Decimal("100")), True),
        ("spend > 100", Facts(spend=Decimal("100")), False),
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
        ("price_drop_items >= 2", Facts(behaviour=Known(found={Occasion.PRICE_DROP: 2})), True),
        ("cart_abandoned_items == 0", Facts(), True),
        ("orders in [1, 3]", Facts(orders=3), True),
        ("orders not in [1, 3]", Facts(orders=3), False),
        ("country in ['DE', \"AT\"]", Facts(country="AT"), True),
        ("country != 'DE'", Facts(country="AT"), True),
        ("device == 'phone'", Facts(device=Device.PHONE), True),
        ("rfm_group == 'champions'", known(rfm_group=RfmGroup.CHAMPIONS), True),
        ("seen_before == false", Facts(), True),
        ("NOT seen_before AND orders == 0", Facts(), True),
        ("days_since_order > 2 * average_days_between_orders", known(average_days_between_orders=4.9), True),
        ("days_since_order > 2 * average_days_between_orders", known(average_days_between_orders=5.0), False),
        ("orders >= frequency", known(frequency=3), True),
        ("days_since_first_order == 40", known(), True),
        ("days_to_next_order == 5", known(expected_date_of_next_order=55 * DAY), True),
    ],
)
def test_a_visitor_belongs_to_a_segment_or_not(segment: str, facts: Facts, holds: bool) -> None:
    assert SEGMENTS.parse(segment).holds(facts) is holds


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("buyer or cart and new", True),  # and binds first
        ("(buyer or cart) and new", False),
        ("not cart and new", False),  # not binds before and
        ("not (cart and new)", True),
        ("not not buyer", True),
        ("cart or cart or buyer", True),
    ],
)
def test_not_binds_before_and_and_before_or(expression: str, holds: bool) -> None:
    assert SEGMENTS.parse(expression).holds(Facts(orders=1)) is holds


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("days_since_order <= 30", False),
        ("days_since_order > 30", False),
        ("not days_since_order > 30", False),
        ("days_since_order != 30", False),
        ("not country in ['DE']", False),
        ("country not in ['DE']", False),
        ("days_since_order > 30 or orders == 0", True),
        ("not (days_since_order > 30 and orders > 0)", True),
        ("days_since_order > 30 and orders == 0", False),
        ("days_since_order is missing", True),
        ("country is missing and not country is not missing", True),
        ("orders is missing", False),
        ("orders > 2 * average_days_between_orders", False),
    ],
)
def test_what_is_unknown_meets_no_comparison_nor_its_opposite(expression: str, holds: bool) -> None:
    assert SEGMENTS.parse(expression).holds(Facts()) is holds


def test_what_was_expected_of_a_customer_no_longer_holds_once_they_order_again() -> None:
    before = known(recency=1, frequency=5, monetary=5, churn_probability=0.99, rfm_group=RfmGroup.INACTIVE)
    after = Facts(orders=4, days_since_order=0.0, customer=before.customer)
    assert SEGMENTS.of(before) == ["returning", "buyer", "high_value", "lost"]
    assert SEGMENTS.of(after) == ["returning", "buyer", "active", "loyal", "high_value", "vip"]


@pytest.mark.parametrize(
    ("text", "place", "allowed"),
    [
        ("magic", "character 1, 'magic'", r"use new, returning, .*orders >= 2.*days_since"),
        ("", "character 1, the end", "use new, returning, "),
        ("orders", "character 7, the end", "compare orders: use == != < <= > >=, in, not in"),
        ("orders => 2", "character 8, '='", "use names, numbers, texts in quotes"),
        ("orders >= many", "character 11, 'many'", "use a number, or one of orders, spend"),
        ("orders >= 2 and age", "character 17, 'age'", "use new, returning"),
        ("orders >= 'two'", "character 11, \"'two'\"", "orders wants a number like 2"),
        ("orders >= 2 * device", "character 15, 'device'", "use a number, or one of orders"),
        ("orders == true", "character 11, 'true'", "use a number"),
        ("country > 'DE'", "character 9, '>'", "country has no order; use == !=, in, or not in"),
        ("country == 49", "character 12, '49'", "country wants a text in quotes"),
        ("country == 'de'", "character 12, \"'de'\"", "country is written 'DE'"),
        ("rfm_group in ['loyal', 'vip']", "character 24, \"'vip'\"", "rfm_group is one of champions, loyal"),
        ("device == 'phone", 'character 11, "\'"', "use names"),
        ("seen_before == 1", "character 16, '1'", "seen_before wants true or false"),
        ("seen_before > true", "character 13, '>'", "seen_before has no order"),
        ("(orders > 1", "character 12, the end", r"use \) here"),
        ("orders > 1)", "character 11, '\\)'", "use and, or, or end here"),
        ("orders > 1 spend > 2", "character 12, 'spend'", "use and, or, or end here"),
        ("orders in 1", "character 11, '1'", r"use \[ here"),
        ("orders in []", "character 12, '\\]'", "orders wants a number"),
        ("orders is 1", "character 11, '1'", "use missing here"),
        ("2 < orders", "character 1, '2'", "use new, returning"),
        ("1 < orders < 3", "character 1, '1'", "use new, returning"),
        ("__import__('os')", "character 1, '_'", "use names"),
        ("orders.real > 1", "character 7, '.'", "use names"),
        ("orders > 1e9", "character 10, '1'", "use names"),
        ("orders > 1_000", "character 10, '1'", "use names"),
        ("orders > 0x10", "character 10, '0'", "use names"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_allowed_there(text: str, place: str, allowed: str) -> None:
    with pytest.raises(InputError, match=f"segment: .* is not allowed; at {place}: {allowed}"):
        SEGMENTS.parse(text)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("orders > 1 or " * 100 + "buyer", f"use at most {LONGEST} characters"),
        ("not " * (DEEPEST + 1) + "buyer", f"use at most {DEEPEST} brackets and nots"),
        ("(" * (DEEPEST + 1) + "buyer" + ")" * (DEEPEST + 1), f"use at most {DEEPEST} brackets and nots"),
        (f"orders in [{', '.join(map(str, range(101)))}]", "use at most 100 values"),
        (f"rfm_group == '{'x' * 201}'", "use at most 200 characters in quotes"),
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str, allowed: str) -> None:
    with pytest.raises(InputError, match=allowed):
        SEGMENTS.parse(text)


def test_segments_that_name_one_another_cannot_grow_beyond_all_bounds() -> None:
    registry = Registry({}, SEGMENTS.traits).with_segment("s0", " or ".join(["orders > 1"] * 50))
    registry = registry.with_segment("s1", "s0 or s0 or s0 or s0")
    with pytest.raises(InputError, match=rf"use at most {MOST_CONDITIONS} conditions.*; these are 400"):
        registry.with_segment("s2", "s1 or s1")


def test_as_many_conditions_as_are_allowed_can_be_judged() -> None:
    registry = SEGMENTS.with_segment("many", " or ".join(["orders == 1"] * 50))
    wide = registry.parse("many or many or many or many")
    assert [wide.holds(Facts(orders=orders)) for orders in (0, 1)] == [False, True]


def test_other_parts_can_add_segments_and_traits() -> None:
    letters = Trait("letters", Kind.NUMBER, "in the country", lambda facts: len(facts.country or ""))
    registry = Registry(SEGMENTS.named, {**SEGMENTS.traits, "letters": letters}).with_segment("local", "letters == 2")
    assert registry.parse("local and not buyer").holds(Facts(country="DE"))
    assert registry.of(Facts(country="DE")) == ["new", "local"]
