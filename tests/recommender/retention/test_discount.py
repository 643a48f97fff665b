from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import money
from recommender.retention.cart import Cart, Line
from recommender.retention.discount import Benefit, NextTier, benefit, most_cost, next_tier
from recommender.retention.offers import Offer
from recommender.retention.reason import Reason

CURRENCIES = st.sampled_from(["JPY", "KWD", "BRL", "EUR"])


def cart(total: str | Decimal, currency: str = "EUR", cost: str | None = None) -> Cart:
    return Cart(currency, (Line("x", Decimal(1), Decimal(total), None if cost is None else Decimal(cost)),))


def offer(**members: Any) -> Offer:
    return Offer.model_validate(members)


def got(offer: Offer, cart: Cart, **more: Any) -> Benefit:
    found = benefit(offer, cart, **more)
    assert isinstance(found, Benefit)
    return found


@pytest.mark.parametrize(
    ("total", "discount"),
    [
        ("100.01", "5.00"),  # 5 % of it is 5.0005
        ("200.00", "10.00"),
        ("200.01", "20.00"),
        ("300.00", "30.00"),
        ("300.01", "45.00"),
    ],
)
def test_a_tier_begins_one_cent_above_its_threshold(total: str, discount: str) -> None:
    assert got(offer(tiers=True), cart(total)).discount == Decimal(discount)


@pytest.mark.parametrize("total", ["0", "99.99", "100.00"])
def test_at_the_first_threshold_there_is_nothing_yet(total: str) -> None:
    assert benefit(offer(tiers=True), cart(total)) is Reason.MINIMUM


@pytest.mark.parametrize(
    ("total", "currency", "missing", "percent"),
    [
        ("87.60", "EUR", "12.41", 5),
        ("100.00", "EUR", "0.01", 5),
        ("100.01", "EUR", "100.00", 10),
        ("200", "JPY", "1", 10),
        ("299.999", "KWD", "0.002", 15),
    ],
)
def test_what_is_missing_is_enough_to_get_the_next_tier(total: str, currency: str, missing: str, percent: int) -> None:
    assert next_tier(offer(tiers=True), cart(total, currency)) == NextTier(Decimal(missing), Decimal(percent))


def test_there_is_nothing_after_the_last_tier() -> None:
    assert next_tier(offer(tiers=True), cart("300.01")) is None
    assert next_tier(offer(percent=5), cart("1")) is None
    assert next_tier(offer(tiers=True, currency="USD"), cart("1")) is None


@pytest.mark.parametrize(
    ("currency", "total", "discount"), [("JPY", "1999", "199"), ("BRL", "19.99", "1.99"), ("KWD", "1.999", "0.199")]
)
def test_a_discount_is_a_whole_number_of_coins(currency: str, total: str, discount: str) -> None:
    assert str(got(offer(percent=10), cart(total, currency)).discount) == discount


def test_a_sum_is_rounded_once_not_line_by_line() -> None:
    lines = (Line("a", Decimal(3), Decimal("0.335")), Line("b", Decimal("0.5"), Decimal("1.99")))
    assert Cart("EUR", lines).total == Decimal("2.00")  # 1.005 + 0.995


def test_fifteen_percent_of_two_hundred_come_back_as_thirty() -> None:
    found = got(offer(cashback={"percent": 15}), cart("200"))
    assert found == Benefit("EUR", cashback=Decimal(30), cost=Decimal(30))


def test_an_amount_is_never_more_than_the_cart() -> None:
    assert got(offer(amount=5, currency="EUR"), cart("3.20")).discount == Decimal("3.20")


def test_free_shipping_and_gifts_cost_what_they_are_worth() -> None:
    shipping = got(offer(free_shipping={"worth": "4.95"}, currency="EUR"), cart("1"))
    assert shipping == Benefit("EUR", free_shipping=True, cost=Decimal("4.95"))
    gift = got(offer(gift={"item_id": "bow"}), cart("1"), gift_worth=Decimal(2))
    assert gift == Benefit("EUR", gift="bow", cost=Decimal(2))


@pytest.mark.parametrize(("minimum", "reason"), [(50, None), ("50.01", Reason.MINIMUM)])
def test_a_cart_below_the_minimum_gets_nothing(minimum: object, reason: Reason | None) -> None:
    found = benefit(offer(percent=10, minimum=minimum), cart("50"))
    assert (found if reason else None) == reason


def test_a_cart_in_another_currency_gets_nothing() -> None:
    assert benefit(offer(percent=10, currency="EUR"), cart("50", "USD")) is Reason.CURRENCY


def test_the_most_bounds_discount_and_cashback() -> None:
    assert got(offer(percent=10, most=4), cart("50")).discount == Decimal(4)
    assert got(offer(cashback={"percent": 10}, most=4), cart("50")).cashback == Decimal(4)


@pytest.mark.parametrize(
    ("cost", "found"),
    [("72", Decimal(10)), ("72.01", Reason.MARGIN), (None, Reason.MARGIN)],  # 90 paid, a fifth of it must remain
)
def test_the_margin_floor_holds_after_the_discount(cost: str | None, found: object) -> None:
    answer = benefit(offer(percent=10, margin_floor="0.2"), cart("100", cost=cost))
    assert (answer.discount if isinstance(answer, Benefit) else answer) == found


def test_other_codes_count_against_the_margin_and_the_cart() -> None:
    floored = offer(percent=10, margin_floor="0.2")
    assert benefit(floored, cart("100", cost="72"), taken=Decimal("0.01")) is Reason.MARGIN
    assert got(offer(amount=50, currency="EUR"), cart("60"), taken=Decimal(20)).discount == Decimal(40)


@pytest.mark.parametrize(
    ("members", "most"),
    [
        ({"percent": 10}, None),
        ({"percent": 10, "most": 7}, "7"),
        ({"amount": 5, "currency": "EUR"}, "5"),
        ({"free_shipping": {"worth": 4}, "currency": "EUR"}, "4"),
        ({"gift": {"item_id": "x"}}, "2.50"),
        ({"tiers": True, "most": 40}, "40"),
    ],
)
def test_what_an_offer_can_cost_is_known_where_something_bounds_it(members: dict[str, Any], most: str | None) -> None:
    found = most_cost(offer(**members), "EUR", gift_worth=Decimal("2.50"))
    assert found == (None if most is None else Decimal(most))


def test_what_is_set_aside_is_a_whole_number_of_coins_and_never_too_little() -> None:
    assert most_cost(offer(gift={"item_id": "x"}), "JPY", gift_worth=Decimal("2.1")) == Decimal(3)


@given(
    st.decimals(0, 10**6, places=3),
    st.sampled_from([
        offer(percent=10, most=25), offer(tiers=True, most=40), offer(cashback={"percent": 15}, most=10),
    ]),
    CURRENCIES,
)  # fmt: skip
def test_nothing_costs_more_than_was_set_aside(total: Decimal, promised: Offer, currency: str) -> None:
    found = benefit(promised, cart(total, currency))
    aside = most_cost(promised, currency)
    assert aside is not None
    assert not isinstance(found, Benefit) or Decimal() <= found.cost <= aside


@given(st.decimals("0.001", 10**6, places=3), st.decimals("0.01", 100, places=2), CURRENCIES)
def test_a_discount_is_never_more_than_the_percent_and_misses_less_than_a_coin(
    total: Decimal, percent: Decimal, currency: str
) -> None:
    bought = cart(total, currency)
    exact = bought.total * percent / 100
    discount = got(offer(percent=percent), bought).discount
    assert exact - money.coin(currency) < discount <= exact


@given(st.decimals(0, 400, places=3), CURRENCIES)
def test_what_is_missing_is_the_least_that_reaches_the_next_tier(total: Decimal, currency: str) -> None:
    promised, bought = offer(tiers=True), cart(total, currency)
    found = next_tier(promised, bought)
    if found is None:
        assert bought.total > 300
        return
    reached = got(promised, cart(bought.total + found.missing, currency))
    assert reached.discount == money.share(bought.total + found.missing, found.percent, currency)
    short = next_tier(promised, cart(bought.total + found.missing - money.coin(currency), currency))
    assert short is not None
    assert short.percent == found.percent
