"""Every trigger is accounted for: shown, or why not."""

from typing import Any

from tests.training.measuring.logs import log, triggered
from training.measuring.campaigns import campaigns


def about(event: str, campaign: str = "hello") -> dict[str, Any]:
    return {"event": event, "visitor_id": "v", "extra": {"promotion_id": campaign}}


def test_what_became_of_each_trigger_is_counted() -> None:
    found = campaigns(
        log(
            *(triggered("v") for _ in range(3)),
            triggered("v", reason="holdout"),
            triggered("v", reason="cap"),
            triggered(None, reason="cap"),
            *(about("view_promotion") for _ in range(2)),
            about("select_promotion"),
            about("promotion_dismissed"),
            triggered("v", campaign="bye", reason="budget"),
        )
    )
    hello = {"campaign": "hello", "shown": 3, "seen": 2, "taken": 1, "dismissed": 1}
    bye = {"campaign": "bye", "shown": 0, "seen": 0, "taken": 0, "dismissed": 0}
    assert found == [
        {**bye, "refused": {"budget": 1}, "triggered": 1},
        {**hello, "refused": {"cap": 2, "holdout": 1}, "triggered": 6},
    ]


def test_promotions_of_the_shop_itself_are_no_campaigns() -> None:
    assert campaigns(log({"event": "view_promotion", "extra": {"creative": "banner"}})) == []
