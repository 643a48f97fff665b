"""Orders are credited to the last click of seven days, and to the item that was clicked."""

from typing import Any

import pytest

from tests.training.measuring.logs import log, token
from training.measuring.attribution import attributed
from training.measuring.orders import orders


def credited(*events: dict[str, Any]) -> dict[str, tuple[int, float, int, float]]:
    rows = log(*events)
    wanted = ("orders", "revenue", "same_item_orders", "same_item_revenue")
    found = attributed(rows, orders(rows, {})).to_dicts()
    return {row["placement"]: tuple(row[name] for name in wanted) for row in found}  # type: ignore[misc]


def clicked(placement: str, at: float, item: str = "a", **more: Any) -> dict[str, Any]:
    given = {"attribution_token": token(placement), "item_id": item, "visitor_id": "v"}
    return {"event": "select_item", "at": at, "verified": False, **given, **more}


def bought(at: float, item: str = "a", **more: Any) -> dict[str, Any]:
    return {"visitor_id": "v", "order_id": f"{at}", "value": 30.0, "item_id": item, "price": 12.0, "at": at} | more


def test_an_order_is_credited_whole_and_the_item_with_what_it_cost() -> None:
    assert credited(clicked("pdp", 1), bought(2, quantity=2.0)) == {"pdp": (1, 30.0, 1, 24.0)}


def test_another_item_is_credited_as_an_order_only() -> None:
    assert credited(clicked("pdp", 1), bought(2, "b")) == {"pdp": (1, 30.0, 0, 0.0)}


@pytest.mark.parametrize(("at", "found"), [(8, 1), (8.01, 0), (0.5, 0)], ids=["seven-days", "later", "before"])
def test_the_click_was_at_most_seven_days_before(at: float, found: int) -> None:
    assert credited(clicked("pdp", 1), bought(at))["pdp"][0] == found


def test_the_last_click_takes_all() -> None:
    found = credited(clicked("home", 1), clicked("pdp", 2, "b"), bought(3))
    assert found == {"pdp": (1, 30.0, 0, 0.0), "home": (0, 0.0, 0, 0.0)}


def test_popups_are_credited_like_placements() -> None:
    click = clicked("hello", 1) | {"event": "select_promotion", "item_id": None}
    assert credited(click, bought(2)) == {"hello": (1, 30.0, 0, 0.0)}


@pytest.mark.parametrize("broken", ["", "nonsense", "1.!!!.x", "1.e30.x", "1.WzFd.x"])
def test_a_token_that_says_no_placement_is_credited_with_nothing(broken: str) -> None:
    assert credited(clicked("pdp", 1) | {"attribution_token": broken}, bought(2)) == {}


def test_clicks_of_others_count_for_nothing() -> None:
    assert credited(clicked("pdp", 1, visitor_id="w"), bought(2)) == {"pdp": (0, 0.0, 0, 0.0)}


def test_without_clicks_there_is_nothing_to_credit() -> None:
    assert credited(bought(1)) == {}
