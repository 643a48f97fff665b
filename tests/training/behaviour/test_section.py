"""The page says what was counted, also where that is nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.training.behaviour.test_funnel import did
from tests.training.measuring.logs import START, log
from training.behaviour.reading import Behaviour
from training.behaviour.section import section
from training.behaviour.window import Window
from training.behaviour.wording import duration, label, share


def html(*events: dict[str, Any], days: int = 70) -> str:
    end = START + timedelta(days=days)
    return str(section(Behaviour(log(*events), Window(end - timedelta(days=days + 1), end)).everything()))


def text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("</style>")[1]))


def sold(order: str, day: float, customer: str) -> dict[str, Any]:
    return {"order_id": order, "customer_id": customer, "at": day, "value": 10.0, "verified": True}


def test_the_heat_map_marks_what_is_not_over() -> None:
    page = html(sold("1", 0, "ann"), sold("2", 3, "bob"), sold("3", 40, "ann"), sold("4", 62, "ann"))
    shown = text(page)
    assert "Mar 2025 2 50% 50%…" in shown
    assert 'class="cell open"' in page
    assert "all of them 50%" in shown
    assert "10.00 5.00 5.00…" in shown, "revenue of a customer"


def test_funnel_splits_and_flows_stand_on_the_page_escaped() -> None:
    device = {"extra": {"type": "home", "device": "<i>tv</i>"}}
    page = html(
        did("page_view", 0, **device), did("view_item", 1), did("add_to_cart", 2), did("begin_checkout", 3),
        did("purchase", 5, order_id="1"), did("view_item", 0, "w"),
    )  # fmt: skip
    shown = text(page)
    assert "view item 2 100% 50% 60 s" not in shown, "times are told in minutes from one on"
    assert "view item 2 100% 50% 1.0 min 1.0 min to 1.0 min exit 100%" in shown
    assert "By device" in shown
    assert "&lt;i&gt;tv&lt;/i&gt;" in page
    assert "<i>" not in page
    assert "home page → view item → add to cart → begin checkout → purchase" in shown
    assert page.count('<svg class="sankey"') == 2


@pytest.mark.parametrize("events", [(), (did("view_item", 0),), (did("view_item", 1), did("page_view", 0))])
def test_hardly_anything_is_shown_in_clear_words(events: tuple[dict[str, Any], ...]) -> None:
    page = html(*events)
    assert "No customer has ordered yet" in page
    assert "begin_checkout does not occur in this time" in page
    assert not re.search(r"\b(nan|none|inf)\b", text(page), re.IGNORECASE)


def test_values_are_told_as_they_are_read() -> None:
    assert [duration(seconds) for seconds in (0, 1.25, 42.4, 90, 5400, 200_000)] == [
        "0 s", "1.2 s", "42 s", "1.5 min", "1.5 h", "2.3 d",
    ]  # fmt: skip
    assert [share(value) for value in (None, 0, 0.0123, 0.5, 1)] == ["–", "0%", "1.2%", "50%", "100%"]  # noqa: RUF001
    assert [label(one) for one in ("page_view:not_found", "view_item", "select_item:item_list_id=home_1")] == [
        "not found page", "view item", "select item item list id=home 1",
    ]  # fmt: skip
