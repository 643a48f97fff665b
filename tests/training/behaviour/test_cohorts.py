"""Cohorts, with numbers worked out by hand."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.events.identity import PERSON
from tests.training.measuring.logs import START, log
from training.behaviour.cohorts import Cohorts, Every, cohorts, customers_orders
from training.orders import AT, REVENUE, vouched

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def orders(*rows: tuple[str, datetime, float], currency: str = "EUR") -> pl.DataFrame:
    kinds = {PERSON: pl.String, AT: pl.Datetime("us", "UTC"), REVENUE: pl.Float64}
    return pl.DataFrame(rows, schema=kinds, orient="row").with_columns(pl.lit(currency).alias("currency"))


def on(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2025, month, day, hour, tzinfo=UTC)


def found(*rows: tuple[str, datetime, float], until: datetime, **asked: Any) -> dict[str, Any]:
    return cohorts(orders(*rows), Cohorts(until, **{"zone": UTC_ZONE, **asked}))


ROWS = (
    ("ann", on(1, 5), 10.0), ("bob", on(1, 31), 20.0), ("ann", on(2, 1), 30.0), ("ann", on(2, 28), 5.0),
    ("cid", on(2, 10), 50.0), ("bob", on(3, 3), 8.0), ("cid", on(3, 9), 2.0),
)  # fmt: skip


def test_who_ordered_again_is_counted_by_months_since_the_first_order() -> None:
    january, february = found(*ROWS, until=on(4, 1))["cohorts"]
    assert (january["begins"], january["customers"]) == (date(2025, 1, 1), 2)
    assert [cell["share"] for cell in january["periods"]] == [1.0, 0.5, 0.5, None]
    assert [cell["revenue_per_customer"] for cell in january["periods"]] == [15.0, 17.5, 4.0, None]
    assert [cell["revenue_per_customer_to_date"] for cell in january["periods"]][:3] == [15.0, 32.5, 36.5]
    assert (february["customers"], [cell["share"] for cell in february["periods"]]) == (1, [1.0, 1.0, None])


def test_a_period_that_is_not_over_has_no_share_and_is_in_no_average() -> None:
    document = found(*ROWS, until=on(3, 10))
    january, february = document["cohorts"]
    assert january["periods"][2] | {"complete": False, "share": None, "share_so_far": 0.5} == january["periods"][2]
    assert february["periods"][1]["share"] is None
    assert document["average"] == [
        {"after": 0, "cohorts": 2, "customers": 3, "share": 1.0, "revenue_per_customer": 80 / 3},
        {"after": 1, "cohorts": 1, "customers": 2, "share": 0.5, "revenue_per_customer": 17.5},
    ]


def test_a_period_is_over_with_its_last_moment_by_the_shops_clock() -> None:
    for hour, complete in ((22, False), (23, True)):
        (january,) = found(ROWS[0], until=on(2, 28, hour), zone=BERLIN)["cohorts"]
        assert january["periods"][1]["complete"] is complete


def test_what_was_ordered_at_the_very_end_counts_and_nothing_later() -> None:
    for until, orders in ((on(2, 1), 1), (on(2, 1, 11), 0)):
        (january,) = found(ROWS[0], ROWS[2], until=until)["cohorts"]
        assert january["periods"][1]["orders"] == orders


def test_days_begin_at_midnight_of_the_shop() -> None:
    late = ("ann", on(1, 31, 23), 10.0)
    assert found(late, until=on(3, 1))["cohorts"][0]["begins"] == date(2025, 1, 1)
    assert found(late, until=on(3, 1), zone=BERLIN)["cohorts"][0]["begins"] == date(2025, 2, 1)


def test_weeks_begin_on_monday_also_where_years_change() -> None:
    rows = (("ann", datetime(2024, 12, 29, 12, tzinfo=UTC), 1.0), ("ann", on(1, 5), 1.0), ("bob", on(1, 6), 1.0))
    first, second = found(*rows, until=on(1, 20), every=Every.WEEK)["cohorts"]
    assert (first["begins"], second["begins"]) == (date(2024, 12, 23), date(2025, 1, 6))
    assert [cell["customers"] for cell in first["periods"]] == [1, 1, 0, 0, 0]


def test_only_the_last_cohorts_are_shown_and_the_first_of_the_log_is_marked() -> None:
    rows = tuple((f"c{month}", on(month, 3), 1.0) for month in range(1, 10))
    document = found(*rows, until=on(10, 1), shown=4)
    assert [row["begins"].month for row in document["cohorts"]] == [6, 7, 8, 9]
    assert (document["customers"], document["notes"]) == (9, [])
    assert "who had ordered before counts as new" in found(*rows, until=on(10, 1))["notes"][0]


def test_revenue_is_in_the_currency_of_most_orders_unless_another_is_asked_for() -> None:
    unnamed = orders(("dan", on(1, 8), 1.0)).with_columns(pl.lit(None, pl.String).alias("currency"))
    both = pl.concat([orders(*ROWS), orders(("dan", on(1, 9), 999.0), currency="USD"), unnamed])
    document = cohorts(both, Cohorts(on(4, 1), UTC_ZONE))
    assert (document["currency"], document["orders_in_other_currencies"]) == ("EUR", 1)
    assert document["cohorts"][0]["periods"][0]["revenue"] == 31.0
    assert document["cohorts"][0]["customers"] == 3
    dollars = cohorts(both, Cohorts(on(4, 1), UTC_ZONE, currency="USD"))
    assert dollars["cohorts"][0]["periods"][0]["revenue"] == 999.0


def test_without_orders_it_is_said_which_would_count() -> None:
    document = found(until=on(1, 1))
    assert (document["cohorts"], document["average"], document["customers"]) == ([], [], 0)
    assert "vouched for" in document["notes"][0]


def test_a_customer_is_one_person_in_all_browsers_and_robots_are_none() -> None:
    sold = {"verified": True, "value": 10.0}
    events = (
        {"order_id": "1", "visitor_id": "v", "at": 0, **sold},
        {"event": "page_view", "visitor_id": "v", "customer_id": "ann", "at": 1},
        {"order_id": "2", "customer_id": "ann", "at": 2, **sold},
        {"order_id": "3", "visitor_id": "v", "at": 3, "verified": False, "value": 99.0},
        {"order_id": "4", "visitor_id": "robot", "at": 3, **sold},
    )
    rows = log(*events)
    found = customers_orders(rows, vouched(rows, {}), pl.Series(["robot"]))
    assert found.select(PERSON, REVENUE).rows() == [("customer:ann", 10.0), ("customer:ann", 10.0)]


MOMENTS = st.integers(0, 400 * 24).map(lambda hour: START.timestamp() + 3600 * hour)
ORDERS = st.lists(st.tuples(st.sampled_from("abcd"), MOMENTS.map(lambda at: datetime.fromtimestamp(at, UTC))))


@settings(max_examples=25, deadline=None)
@given(ORDERS, st.sampled_from(Every))
def test_cohorts_add_up_to_all_customers_and_shares_lie_between_none_and_all(
    rows: list[tuple[str, datetime]], every: Every
) -> None:
    until = START.replace(year=2027)
    document = found(*((who, at, 1.0) for who, at in rows), until=until, every=every, shown=200)
    assert sum(row["customers"] for row in document["cohorts"]) == len({who for who, _ in rows})
    cells = [cell for row in document["cohorts"] for cell in row["periods"]]
    assert sum(cell["orders"] for cell in cells) == len(rows)
    assert all(0 <= cell["share"] <= 1 for cell in cells if cell["complete"])
    assert all(row["periods"][0]["share"] == 1 for row in document["cohorts"])


@pytest.mark.parametrize("every", Every)
def test_periods_are_numbered_without_gaps(every: Every) -> None:
    days = pl.DataFrame({"day": pl.date_range(date(2023, 12, 20), date(2025, 1, 20), eager=True)})
    numbers = days.select(every.number().alias("number"), "day")
    assert set(numbers["number"].diff().drop_nulls()) == {0, 1}
    for number, day in numbers.iter_rows():
        assert every.begins(number) <= day < every.begins(number + 1)
