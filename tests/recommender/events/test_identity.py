from datetime import UTC, datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.events.identity import links, with_person

Row = tuple[str, str | None, str | None]


def frame(*rows: Row) -> pl.LazyFrame:
    """Rows of moment, visitor and customer."""
    moments = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment, _, _ in rows]
    visitors, customers = [visitor for _, visitor, _ in rows], [customer for _, _, customer in rows]
    ids = {"visitor_id": pl.Series(visitors, dtype=pl.String), "customer_id": pl.Series(customers, dtype=pl.String)}
    return pl.DataFrame({"timestamp": pl.Series(moments, dtype=pl.Datetime("us", "UTC")), **ids}).lazy()


def persons(*rows: Row) -> list[str | None]:
    return with_person(frame(*rows)).collect()["person"].to_list()


def test_a_visitor_that_never_logs_in_stays_a_visitor() -> None:
    assert persons(("2025-01-01", "v", None)) == ["visitor:v"]


def test_a_customer_without_a_browser_is_a_customer() -> None:
    assert persons(("2025-01-01", None, "c")) == ["customer:c"]


def test_a_row_without_any_id_is_nobodys() -> None:
    assert persons(("2025-01-01", None, None)) == [None]


def test_a_visitor_and_a_customer_of_one_id_are_two() -> None:
    assert persons(("2025-01-01", "x", None), ("2025-01-01", None, "x")) == ["visitor:x", "customer:x"]


def test_a_visitor_with_one_customer_merges_30_days_back() -> None:
    assert persons(
        ("2025-01-30T11:59:59", "v", None),
        ("2025-01-30T12:00:00", "v", None),
        ("2025-03-01T12:00:00", "v", "c"),
        ("2025-09-01", "v", None),
    ) == ["visitor:v", "customer:c", "customer:c", "customer:c"]


def test_two_browsers_of_one_customer_are_one_person() -> None:
    assert (
        persons(("2025-01-01", "phone", "c"), ("2025-01-02", "phone", None), ("2025-01-03", "laptop", "c"))
        == ["customer:c"] * 3
    )


def test_a_visitor_with_several_customers_is_each_of_them_after_their_login() -> None:
    assert persons(
        ("2025-01-01T09:00", "v", None),
        ("2025-01-01T10:00", "v", "a"),
        ("2025-01-01T10:05", "v", None),
        ("2025-01-02T10:00", "v", None),
        ("2025-01-03T10:00", "v", "b"),
        ("2025-01-03T10:05", "v", None),
    ) == ["visitor:v", "customer:a", "customer:a", "customer:a", "customer:b", "customer:b"]


def test_in_a_session_that_ends_as_another_customer_the_time_before_that_login_is_nobodys_account() -> None:
    assert persons(
        ("2025-01-01T10:00", "v", "a"),
        ("2025-01-03T09:50", "v", None),
        ("2025-01-03T10:00", "v", "b"),
    ) == ["customer:a", "visitor:v", "customer:b"]


def test_two_logins_in_one_session_divide_it() -> None:
    assert persons(
        ("2025-01-01T10:00", "v", "a"),
        ("2025-01-01T10:10", "v", None),
        ("2025-01-01T10:20", "v", "b"),
        ("2025-01-01T10:30", "v", None),
    ) == ["customer:a", "customer:a", "customer:b", "customer:b"]


def test_what_happens_at_the_moment_of_a_login_comes_after_it() -> None:
    assert persons(
        ("2025-01-01T10:00", "v", None),
        ("2025-01-01T10:00", "v", "a"),
        ("2025-02-01T10:00", "v", "b"),
    ) == ["customer:a", "customer:a", "customer:b"]


def test_links_name_visitors_that_are_one_customer() -> None:
    found = links(
        frame(
            ("2025-03-05", "v", "c"),
            ("2025-03-01", "v", "c"),
            ("2025-03-01", "shared", "a"),
            ("2025-03-02", "shared", "b"),
            ("2025-03-02", "alone", None),
        )
    ).collect()

    assert found.rows() == [("v", "c", datetime(2025, 1, 30, tzinfo=UTC))]


def test_an_empty_log_has_nobody() -> None:
    assert persons() == []
    assert links(frame()).collect().is_empty()


def test_a_visitor_id_that_many_customers_share_links_nobody() -> None:
    """A tag that sends `undefined`: twenty-one accounts over three weeks."""
    logins = [(f"2025-01-{day:02}T10:00", "undefined", f"c{day}") for day in range(1, 22)]
    found = persons(*logins, ("2025-01-21T10:05", "undefined", None), ("2025-01-21T10:06", "own", "c1"))
    assert found == [*(f"customer:c{day}" for day in range(1, 22)), None, "customer:c1"]
    assert links(frame(*logins)).collect().is_empty()


def test_twenty_accounts_in_three_weeks_may_be_a_shared_computer() -> None:
    logins = [(f"2025-01-{day:02}T10:00", "hall", f"c{day}") for day in range(1, 21)]
    assert persons(*logins, ("2025-01-20T10:05", "hall", None))[-1] == "customer:c20"


def test_eleven_accounts_on_one_day_are_no_shared_computer() -> None:
    logins = [(f"2025-01-01T10:{minute}", "0", f"c{minute}") for minute in range(10, 21)]
    assert persons(*logins, ("2025-01-01T10:30", "0", None))[-1] is None


def test_a_customer_id_that_many_visitors_share_joins_none_of_them() -> None:
    """A shop that sends `guest` for everybody without an account."""
    logins = [("2025-01-01T10:00", f"v{number}", "guest") for number in range(21)]
    rows = (*logins, ("2025-01-02", "v3", None), ("2025-01-02", None, "guest"), ("2025-01-03", "v4", "ann"))
    assert persons(*rows) == [*(f"visitor:v{number}" for number in range(4)), "customer:ann"] + [
        f"visitor:v{number}" for number in range(5, 21)
    ] + ["visitor:v3", None, "customer:ann"]
    assert links(frame(*rows)).collect()["customer_id"].to_list() == ["ann"]


def test_a_customer_whose_browser_forgets_its_id_every_week_stays_one_person() -> None:
    logins = [
        (f"{2021 + week // 50}-{1 + week % 50 // 5:02}-{1 + week % 5:02}", f"v{week}", "c") for week in range(200)
    ]
    assert {*persons(*logins)} == {"customer:c"}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=200))
def test_two_accounts_are_never_joined(logins: list[tuple[int, int, int]]) -> None:
    """Whatever visitors they share: rows of an account are that account's, or nobody's."""
    rows = [(f"2025-01-01T{hour % 24:02}:00", f"v{visitor}", f"c{customer}") for hour, visitor, customer in logins]
    for (_, visitor, customer), person in zip(rows, persons(*rows), strict=True):
        assert person in {f"customer:{customer}", f"visitor:{visitor}", None}


IDS = st.sampled_from([None, "a", "b"])
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2025, 3, 1)).map(datetime.isoformat)


@given(st.lists(st.tuples(MOMENTS, IDS, IDS), max_size=20))
def test_rows_keep_their_order_and_a_named_customer_is_never_changed(rows: list[Row]) -> None:
    found = with_person(frame(*rows)).collect()

    assert found.drop("person").equals(frame(*rows).collect())
    for customer, visitor, person in found.select("customer_id", "visitor_id", "person").iter_rows():
        if customer is not None:
            assert person == f"customer:{customer}"
        elif visitor is None:
            assert person is None
        else:
            assert person == f"visitor:{visitor}" or person.startswith("customer:")
