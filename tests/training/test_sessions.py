from typing import Any

from recommender.training import CleaningConfig
from tests.training.logs import event, scan
from training.cleaning import clean
from training.sessions import SESSION, sessionise

MINUTE = 1 / 1440


def sessions(*events: dict[str, Any]) -> dict[str, int]:
    rows = sessionise(clean(scan(*events), CleaningConfig()).rows, idle_minutes=30)
    return dict(zip(rows["item_id"].to_list(), rows[SESSION].to_list(), strict=True))


def test_a_pause_of_more_than_half_an_hour_begins_a_session() -> None:
    found = sessions(
        event("view_item", "a", ago=100 * MINUTE),
        event("view_item", "b", ago=70 * MINUTE),
        event("view_item", "c", ago=39 * MINUTE),
    )

    assert found["a"] == found["b"] != found["c"]


def test_browsers_do_not_share_sessions() -> None:
    found = sessions(event("view_item", "a", visitor_id="ann"), event("view_item", "b", visitor_id="bob"))

    assert found["a"] != found["b"]


def test_a_session_that_the_shop_names_lasts_as_long_as_its_name() -> None:
    found = sessions(
        event("view_item", "a", session_id="s1", ago=100 * MINUTE),
        event("view_item", "b", session_id="s1", ago=10 * MINUTE),
        event("view_item", "c", session_id="s2", ago=9 * MINUTE),
    )

    assert found["a"] == found["b"] != found["c"]


def test_equal_names_of_two_browsers_are_two_sessions() -> None:
    found = sessions(
        event("view_item", "a", visitor_id="ann", session_id="1"),
        event("view_item", "b", visitor_id="bob", session_id="1"),
    )

    assert found["a"] != found["b"]


def test_a_customer_without_a_browser_has_sessions() -> None:
    found = sessions(
        event("purchase", "a", customer_id="c", ago=2),
        event("purchase", "b", customer_id="c", ago=2),
        event("purchase", "x", customer_id="c"),
    )

    assert found["a"] == found["b"] != found["x"]


def test_nobody_has_no_session() -> None:
    assert sessions(event("view_item", "a", visitor_id=None)) == {"a": -1}
