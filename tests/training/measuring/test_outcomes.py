"""What visitors did is told apart by whether they had entered."""

from typing import Any

import pytest

from tests.training.measuring.logs import decided, log
from training.measuring.groups import groups
from training.measuring.orders import orders
from training.measuring.outcomes import outcomes, visits
from training.measuring.stretches import stretches


def of_v(*events: dict[str, Any]) -> dict[str, Any]:
    """What the visitor `v` did, who entered after forty days."""
    rows = log(decided("v", "shown", at=40), *events)
    entered = groups(rows)
    (found,) = outcomes(
        stretches("showcases", entered).visitors, orders(rows, {"a": 4.0}), visits(rows, entered)
    ).to_dicts()
    return found


def bought(at: float, value: float = 10.0, visitor: str = "v") -> dict[str, Any]:
    return {"visitor_id": visitor, "order_id": f"{at}", "value": value, "item_id": "a", "at": at}


def seen(at: float) -> dict[str, Any]:
    return {"event": "page_view", "visitor_id": "v", "at": at}


def test_orders_after_entering_are_outcomes_and_those_before_foretell() -> None:
    found = of_v(bought(20, 7.0), bought(40), bought(45, 20.0), bought(46, 99.0, visitor="w"))
    assert (found["orders"], found["converted"], found["revenue"], found["profit"]) == (2, 1, 30.0, 22.0)
    assert (found["pre_orders"], found["pre_revenue"], found["pre_profit"]) == (1, 7.0, 3.0)


@pytest.mark.parametrize(("at", "counted"), [(10, 1.0), (9.99, 0.0), (39.99, 1.0)])
def test_thirty_days_before_entering_foretell(at: float, counted: float) -> None:
    assert of_v(bought(at))["pre_orders"] == counted


def test_who_orders_again_repeats_and_has_days_between_orders() -> None:
    found = of_v(bought(41), bought(44), bought(51))
    assert (found["repeat"], found["gap_days"], found["gaps"]) == (1.0, 10.0, 2.0)
    assert (of_v(bought(41))["repeat"], of_v(bought(41))["gap_days"], of_v(bought(41))["gaps"]) == (0.0, 0.0, 0.0)


def test_who_does_nothing_has_noughts() -> None:
    found = of_v()
    assert {found[name] for name in ("orders", "revenue", "profit", "repeat", "bounced", "pre_revenue")} == {0.0}


def test_one_page_in_the_visit_of_entering_is_a_bounce() -> None:
    assert of_v(seen(40))["bounced"] == 1.0
    assert of_v(seen(40), seen(40.01))["bounced"] == 0.0
    assert of_v(seen(40), seen(40.05))["bounced"] == 1.0, "that is another visit"
    assert of_v(seen(39))["bounced"] == 0.0, "nothing was seen in that visit"
