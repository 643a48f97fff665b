from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from recommender.refusals import explained
from recommender.retention.offers import Budget, Code, Offer


def refused(document: dict[str, Any], model: type[Offer | Budget] = Offer) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(document)
    return explained(caught.value, model)


@pytest.mark.parametrize(
    "document",
    [
        {"percent": 10},
        {"amount": 5, "currency": "EUR"},
        {"free_shipping": {"worth": "4.95"}, "currency": "EUR"},
        {"tiers": [{"above": 100, "percent": 5}, {"above": "200.50", "percent": 7.5}]},
        {"cashback": {"percent": 15}},
        {"gift": {"item_id": "bow"}, "minutes": 30, "margin_floor": 0.2, "most": None},
        {"percent": 10, "code": {"generated": {"prefix": "vt"}}, "most": 20, "hourly": 50, "stackable": True},
        {"percent": 10, "code": {"pool": True}},
    ],
)
def test_an_offer_is_read_again_as_it_was_written(document: dict[str, Any]) -> None:
    offer = Offer.model_validate(document)
    assert Offer.model_validate(offer.model_dump(mode="json")) == offer


def test_decimal_numbers_stay_what_they_look_like() -> None:
    assert Offer.model_validate({"percent": 0.1}).percent == Decimal("0.1")


@pytest.mark.parametrize("value", [True, "default"])
def test_the_usual_tiers_need_not_be_written(value: object) -> None:
    tiers = Offer.model_validate({"tiers": value}).tiers or ()
    assert [(tier.above, tier.percent) for tier in tiers] == [(100, 5), (200, 10), (300, 15)]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, "configuration: [] is not allowed; give exactly one of percent, amount, free_shipping, tiers"),
        ({"percent": 5, "gift": {"item_id": "x"}}, "['percent', 'gift'] is not allowed; give exactly one of percent"),
        ({"percent": -5}, "percent: -5 is not allowed; input should be greater than 0"),
        ({"percent": 101}, "percent: 101 is not allowed; input should be less than or equal to 100"),
        ({"percent": True}, "percent: True is not allowed; use a number"),
        ({"percent": 5, "minutes": True}, "minutes: True is not allowed; use a number"),
        ({"percent": 5, "minutes": 1.5}, "minutes: 1.5 is not allowed; input should be a valid integer"),
        ({"percent": "NaN"}, "percent: 'NaN' is not allowed"),
        ({"amount": 5}, "currency: None is not allowed; say in which currency amount is, like EUR"),
        ({"amount": 5, "currency": "EURO"}, "currency: 'EURO' is not allowed; use the three letters of a currency"),
        ({"amount": "5.005", "currency": "EUR"}, "amount: '5.005' is not allowed; EUR has 2 digits after the point"),
        ({"amount": "5.5", "currency": "JPY"}, "amount: '5.5' is not allowed; JPY has 0 digits after the point"),
        ({"free_shipping": {}, "currency": "EUR"}, "free_shipping.worth: {} is not allowed; field required"),
        (
            {"free_shipping": {"worth": 5}, "currency": "EUR", "most": 3},
            "most: '3' is not allowed; free_shipping gives",
        ),
        (
            {"tiers": [{"above": 200, "percent": 5}, {"above": 200, "percent": 10}]},
            "tiers[1].above: '200' is not allowed; each tier rises; use more than 200",
        ),
        (
            {"tiers": [{"above": 100, "percent": 10}, {"above": 200, "percent": 5}]},
            "tiers[1].percent: '5' is not allowed; each tier rises; use more than 10",
        ),
        ({"tiers": []}, "tiers: [] is not allowed; give at least one, or leave it out"),
        ({"percent": 5, "code": {}}, "code: [] is not allowed; give exactly one of shared, pool, generated"),
        ({"percent": 5, "code": {"shared": "A B"}}, "code.shared: 'A B' is not allowed"),
        ({"percent": 5, "colour": 1}, "colour: 1 is not allowed; use percent, amount, free_shipping, tiers"),
        ({"percent": 5, "margin_floor": 1}, "margin_floor: 1 is not allowed; input should be less than 1"),
        ({"percent": 5, "minutes": 0}, "minutes: 0 is not allowed; input should be greater than or equal to 1"),
    ],
)
def test_a_mistake_is_told_with_its_path_and_what_is_allowed(document: dict[str, Any], told: str) -> None:
    assert told in refused(document)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"currency": "EUR"}, "give total, per_day, or both"),
        ({"total": 10}, "currency: {'total': 10} is not allowed; field required"),
        ({"total": -1, "currency": "EUR"}, "total: -1 is not allowed; input should be greater than 0"),
        ({"per_day": "0.5", "currency": "JPY"}, "per_day: '0.5' is not allowed; JPY has 0 digits"),
    ],
)
def test_a_budget_with_a_mistake_is_refused(document: dict[str, Any], told: str) -> None:
    assert told in refused(document, Budget)


@pytest.mark.parametrize(
    ("document", "budgeted", "code"),
    [
        ({"percent": 5}, False, None),
        ({"percent": 5}, True, "VT"),
        ({"percent": 5, "minutes": 5}, False, "VT"),
        ({"cashback": {"percent": 5}}, False, "VT"),
        ({"percent": 5, "code": {"generated": {"prefix": "SPRING"}}}, False, "SPRING"),
    ],
)
def test_a_code_is_generated_where_one_is_needed(document: dict[str, Any], budgeted: bool, code: str | None) -> None:
    found = Offer.model_validate(document).taken_by(budgeted=budgeted)
    assert (found and found.generated and found.generated.prefix) == code


def test_the_shops_own_code_is_kept() -> None:
    offer = Offer.model_validate({"percent": 5, "minutes": 5, "code": {"shared": "spring"}})
    assert offer.taken_by(budgeted=True) == Code(shared="SPRING")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"percent": 5}, "offer.most: None is not allowed; a budget needs the most that percent may give"),
        ({"tiers": True}, "offer.most: None is not allowed; a budget needs the most that tiers may give"),
        ({"amount": 5, "currency": "USD"}, "offer.currency: 'USD' is not allowed; the budget is in EUR"),
        ({"percent": 5, "most": "1.005"}, "offer.most: '1.005' is not allowed; EUR has 2 digits"),
        ({"percent": 5, "most": 10}, None),
        ({"amount": 5, "currency": "EUR"}, None),
    ],
)
def test_a_budget_can_be_kept_only_with_a_bounded_offer(document: dict[str, Any], told: str | None) -> None:
    offer, budget = Offer.model_validate(document), Budget.model_validate({"total": 100, "currency": "EUR"})
    if told is None:
        offer.check_budget(budget)
        return
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - pydantic's own kind
        offer.check_budget(budget)
    context = caught.value.context  # type: ignore[attr-defined]
    assert f"{context['path'][1:]}: {context['value']!r} is not allowed; {context['allowed']}".startswith(told)
