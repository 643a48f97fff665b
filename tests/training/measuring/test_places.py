"""Where customers stand is worked out from their orders up to a moment, and so is who moved from where to where."""

from datetime import timedelta
from typing import Any

import polars as pl

from recommender.lifecycle.rfm import RfmGroup, named
from recommender.lifecycle.settings import LifecycleConfig
from tests.training.measuring.logs import START, log
from training.buying import buying
from training.measuring.places import grouped, movement, places
from training.orders import vouched

BEFORE, AFTER = START + timedelta(days=50), START + timedelta(days=100)


def ordered(customer: int, at: float, value: float) -> dict[str, Any]:
    order = {"order_id": f"o{customer}-{at}", "value": value, "currency": "EUR"}
    return {"customer_id": f"c{customer}", "at": at, **order}


def shop() -> pl.LazyFrame:
    """Five who order once on days 1 to 5, for 10 to 50; c0 again on day 90 for 500, and c5 then for the first time."""
    once = [ordered(customer, customer + 1, 10.0 * (customer + 1)) for customer in range(5)]
    return log(*once, ordered(0, 90, 500.0), ordered(5, 91, 5.0))


def test_groups_are_those_of_what_was_ordered_by_the_moment() -> None:
    """Before, five customers: recency and worth 1 to 5, frequency 1 for all (nobody ordered less often).

    So scores (recency, frequency, monetary) are (1,1,1) (2,1,2) (3,1,3) (4,1,4) (5,1,5). After, six: recency by fifths
    of c1 c2 c3 c4 c0 c5 is 1 1 2 3 4 5, frequency 1 and for c0 1 + 25 // 6 = 5, worth of c5 c1 c2 c3 c4 c0 1 1 2 3 4 5.
    """
    bought = buying(shop(), {}, AFTER)
    assert bought is not None
    assert bought.people == [f"customer:c{number}" for number in range(6)]
    (early, _), (late, totals) = grouped(bought, BEFORE), grouped(bought, AFTER)
    inactive, seldom, recent = RfmGroup.INACTIVE, RfmGroup.NEEDS_ATTENTION, RfmGroup.RECENT
    assert [named(code) for code in early] == [inactive, inactive, seldom, recent, RfmGroup.LOYAL, None]
    champions = RfmGroup.CHAMPIONS
    assert [named(code) for code in late] == [champions, inactive, inactive, inactive, seldom, recent]
    assert totals["orders"].to_list() == [2, 1, 1, 1, 1, 1]
    assert totals["spend"].to_list() == [510.0, 20.0, 30.0, 40.0, 50.0, 5.0]
    assert movement(early, late) == {
        "new": {"recent": 1},
        "inactive": {"champions": 1, "inactive": 1},
        "needs_attention": {"inactive": 1},
        "recent": {"inactive": 1},
        "loyal": {"needs_attention": 1},
    }


def test_the_report_counts_who_had_not_ordered_before_as_new() -> None:
    found = places(shop(), vouched(shop(), {}), LifecycleConfig(), BEFORE, AFTER)
    assert found is not None
    assert found["movement"]["moved"]["new"] == {"recent": 1}
    assert {one["group"]: one["spend"] for one in found["groups"]}["champions"] == 510.0
