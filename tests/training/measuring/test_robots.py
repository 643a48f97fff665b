"""Who browses more than a person can is in no group, and no order is theirs."""

from datetime import timedelta
from typing import Any

import polars as pl

from tests.training.measuring.logs import START, decided, log
from training.measuring.groups import groups
from training.measuring.robots import robots, unnamed, without


def browsing(visitor: str, times: int, at: float = 0, **more: Any) -> list[dict[str, Any]]:
    return [{"event": "view_item", "item_id": "a", "visitor_id": visitor, "at": at, **more} for _ in range(times)]


def test_more_events_than_allowed_on_one_day_make_a_robot() -> None:
    rows = log(*browsing("busy", 3), *browsing("robot", 4), *browsing("steady", 3, 1), *browsing("steady", 3, 2))
    assert robots(rows, 3).to_list() == ["robot"]


def test_orders_pages_and_visits_of_nobody_make_no_robot() -> None:
    bought, pages = browsing("v", 4, event="purchase"), browsing("v", 4, event="page_view", item_id=None)
    assert robots(log(*bought, *pages, *browsing(None, 4)), 3).is_empty()  # type: ignore[arg-type]


def test_only_what_came_after_a_moment_is_looked_at() -> None:
    rows = log(*browsing("robot", 4, at=0.5), *browsing("robot", 1, at=2))
    assert robots(rows, 3, since=START + timedelta(days=1)).is_empty()


def test_robots_are_in_no_group() -> None:
    found = without(groups(log(decided("v", "shown"), decided("robot", "holdout"))), pl.Series(["robot"]))
    assert found["visitor_id"].to_list() == ["v"]


def test_orders_of_robots_stay_orders_and_are_nobodys() -> None:
    orders = pl.DataFrame({"order": ["1", "2", "3"], "visitor_id": ["v", "robot", None]})
    assert unnamed(orders, pl.Series(["robot"]))["visitor_id"].to_list() == ["v", None, None]
    nobody = pl.Series([], dtype=pl.String)
    assert unnamed(orders, nobody).equals(orders)
