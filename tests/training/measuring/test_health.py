"""Broken tracking is told in plain words, and sound tracking in none."""

from datetime import timedelta
from typing import Any

import pytest

from tests.training.measuring.logs import START, log
from training.measuring.health import health

WEEKS = 5
NOW = START + timedelta(weeks=WEEKS)
HOUR = 1 / 24


def steady(quiet: int = 0, each: int = 40, **more: Any) -> list[dict[str, Any]]:
    """Forty page views in each of the day's last six hours of five weeks, but none in the last `quiet` hours."""
    views = []
    for week in range(1, WEEKS + 1):
        for hour in range(6, quiet if week == WEEKS else 0, -1):
            one = {"event": "page_view", "visitor_id": "v", "at": 7 * week - hour * HOUR + HOUR / 2, "verified": False}
            views += [one | more] * each
    return views


def alarms(*events: dict[str, Any]) -> list[str]:
    found: list[str] = health(log(*events), NOW)["alarms"]
    return found


def test_events_as_usual_alarm_nobody() -> None:
    found = health(log(*steady()), NOW)
    assert (found["alarms"], found["events"]) == ([], 240)
    assert [(one["events"], one["usual"]) for one in found["hours"]][-7:] == [(0, 0.0), *[(40, 40.0)] * 6]


@pytest.mark.parametrize(("quiet", "told"), [(2, False), (3, True), (6, True)])
def test_three_hours_of_silence_are_an_alarm(quiet: int, told: bool) -> None:
    found = alarms(*steady(quiet))
    assert [one.split(" events")[0] for one in found] == [f"For {quiet} hours only 0"] * told


def test_hours_that_usually_have_few_events_may_be_silent() -> None:
    assert alarms(*steady(6, each=29)) == []


def test_imports_cannot_fall_silent_nor_come_late() -> None:
    late = {"writer": "import-1", "received_at": NOW + timedelta(days=9)}
    assert alarms(*steady(6, **late), {"event": "page_view", "visitor_id": "v", "at": 34} | late) == []


def test_the_usual_is_the_median_of_four_weeks() -> None:
    def week(number: int, count: int) -> list[dict[str, Any]]:
        return [{"event": "page_view", "visitor_id": "v", "at": 7 * number - HOUR / 2, "verified": False}] * count

    found = health(log(*week(1, 10), *week(2, 20), *week(3, 40), *week(4, 1000), *week(5, 7)), NOW)
    assert found["hours"][-1] == {"hour": NOW - timedelta(hours=1), "events": 7, "usual": 30.0}


def view(**more: Any) -> dict[str, Any]:
    return {"event": "view_item", "item_id": "a", "visitor_id": "v", "at": 34, "verified": False} | more


@pytest.mark.parametrize(
    ("broken", "share", "words"),
    [
        (view(visitor_id=None), "without_ids", "10% of last week's events come without any id"),
        (view(item_id=None), "without_item", "10% of last week's events that need an item have none"),
        (view(received_at=START), "late_or_early", "10% of last week's events are dated more than ten minutes away"),
    ],
)
def test_each_share_that_is_too_large_is_told(broken: dict[str, Any], share: str, words: str) -> None:
    found = health(log(broken, *[view()] * 9), NOW)
    assert found["shares"][share] == pytest.approx(0.1)
    assert [one[: len(words)] for one in found["alarms"]] == [words]


def test_what_vitrine_decided_is_no_event_of_the_shop() -> None:
    assert health(log({"event": "showcases_offered", "at": 34}, view()), NOW)["events"] == 1


def test_live_orders_that_no_browser_told_of_are_told() -> None:
    sold = [{"order_id": f"{n}", "value": 1.0, "customer_id": "c", "at": 34} for n in range(4)]
    claim = {"order_id": "0", "value": 1.0, "visitor_id": "v", "verified": False, "at": 34}
    found = health(log(*sold, claim), NOW)
    assert found["shares"]["orders_no_browser_claimed"] == 0.75
    assert [one[:3] for one in found["alarms"]] == ["75%"]


def test_imported_orders_need_no_browser() -> None:
    found = health(log({"order_id": "1", "customer_id": "c", "at": 34, "writer": "import-1"}), NOW)
    assert (found["shares"]["orders_no_browser_claimed"], found["alarms"]) == (0.0, [])


def test_a_log_without_recent_events_has_shares_of_nothing() -> None:
    found = health(log({"event": "page_view", "at": 0}), NOW)
    assert (found["events"], {*found["shares"].values()}, found["alarms"]) == (0, {0.0}, [])
