"""What visitors prefer of two lists in one: each item counts for the variant that brought it."""

from typing import Any

import polars as pl
import pytest

from recommender.tokens import Attribution, sign
from tests.training.measuring.logs import decided, log
from training.measuring.interleaved import Preferred, interleaved

NOBODY = pl.Series([], dtype=pl.String)


def saw(visitor: str, request: str, first: list[str], second: list[str], at: float = 0) -> dict[str, Any]:
    one = decided(visitor, "shown", at=at)
    lists = {"experiment": "both", "placement": "pdp", "variants": ["old", "new"], "first": first, "second": second}
    one["extra"] |= {"request_id": request, "interleaved": [lists]}
    return one


def clicked(visitor: str, request: str, item: str, at: float = 0) -> dict[str, Any]:
    token = sign(Attribution("shop", "pdp", "similar", "1", request_id=request), "key")
    return {"event": "select_item", "visitor_id": visitor, "item_id": item, "attribution_token": token, "at": at}


def only(*events: dict[str, Any], robots: pl.Series = NOBODY) -> Preferred:
    (found,) = interleaved(log(*events), robots)
    return found


def counts(found: Preferred) -> tuple[int, int, int]:
    return found.found.first, found.found.second, found.found.ties


def test_a_click_counts_for_the_variant_that_brought_the_item_in_just_that_request() -> None:
    pages = [saw("v", "1", ["a"], ["b"]), saw("v", "2", ["b"], ["a"]), saw("w", "3", ["a"], ["b"])]
    assert counts(only(*pages)) == (0, 0, 2)
    assert counts(only(*pages, clicked("v", "1", "a"))) == (1, 0, 1)
    assert counts(only(*pages, clicked("v", "2", "a"))) == (0, 1, 1)
    assert counts(only(*pages, clicked("v", "1", "a"), clicked("v", "2", "a"))) == (0, 0, 2)
    assert counts(only(*pages, clicked("v", "3", "a"), clicked("v", "1", "z"))) == (0, 0, 2), "nobody showed them that"


def test_clicking_twice_counts_once_and_robots_not_at_all() -> None:
    pages = [saw("v", "1", ["a", "c"], ["b"]), saw("w", "2", ["a"], ["b"])]
    twice = [clicked("v", "1", "a")] * 2
    events = [*pages, *twice, clicked("w", "2", "b")]
    assert counts(only(*events)) == (1, 1, 0)
    assert counts(only(*events, robots=pl.Series(["w"]))) == (1, 0, 0)
    assert counts(only(*pages, *twice, clicked("v", "1", "b"))) == (0, 0, 2)


def crowd(new: int, old: int) -> list[dict[str, Any]]:
    """Visitors over a week of whom so many choose each."""
    events = []
    for place in range(new + old):
        who, at = f"v{place}", 7 * place / (new + old)
        events += [saw(who, who, ["a"], ["b"], at), clicked(who, who, "b" if place % (new + old) < new else "a", at)]
    return events


@pytest.mark.parametrize(("new", "old", "preferred"), [(190, 110, "new"), (110, 190, "old"), (160, 140, None)])
def test_what_is_preferred_is_said_with_its_interval_and_what_it_is_about(
    new: int, old: int, preferred: str | None
) -> None:
    document = only(*crowd(new, old)).document()
    assert document["preferred"] == preferred
    assert document["preference"] == pytest.approx(new / 300)
    low, high = document["interval"]
    assert low < new / 300 < high
    assert document["words"].startswith(f"Visitors prefer {preferred}:" if preferred else "Cannot tell yet")
    assert "about clicks, not about money" in document["words"]


def test_few_visitors_tell_nothing_however_sure_they_look() -> None:
    assert only(*crowd(99, 0)).preferred is None
    assert only(*crowd(100, 0)).preferred == "new"


def test_a_log_without_such_lists_has_nothing_to_say() -> None:
    assert interleaved(log(decided("v", "shown")), NOBODY) == []
