"""Orders count once, in the browser that made them, less what came back."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.measuring.logs import START, log, table
from training.measuring.orders import orders


def only(*events: dict[str, Any], costs: dict[str, float] | None = None) -> dict[str, Any]:
    """The one order of a log."""
    (row,) = orders(log(*events), costs or {}).to_dicts()
    return row


def test_an_order_is_worth_its_value_and_its_cost_is_that_of_its_goods() -> None:
    found = only(
        {"order_id": "1", "value": 30.0, "item_id": "a", "quantity": 2.0, "price": 10.0, "event_id": "e"},
        {"order_id": "1", "value": 30.0, "item_id": "b", "price": 12.0, "event_id": "e", "item_index": 1, "at": 0},
        costs={"a": 4.0, "b": 5.0},
    )
    assert (found["revenue"], found["cost"], found["profit"], found["unknown_costs"]) == (30.0, 13.0, 17.0, 0)


def test_without_a_value_the_lines_are_added_up() -> None:
    found = only(
        {"item_id": "a", "quantity": 2.0, "price": 10.0, "event_id": "e"},
        {"item_id": "b", "price": 12.0, "event_id": "e", "item_index": 1, "at": 0},
    )
    assert (found["order"], found["revenue"]) == ("e", 32.0)


def test_goods_of_unknown_cost_are_taken_to_cost_nothing_and_counted() -> None:
    found = only({"order_id": "1", "value": 30.0, "item_id": "a"}, costs={"b": 5.0})
    assert (found["profit"], found["unknown_costs"]) == (30.0, 1)


def test_an_order_told_twice_counts_once_and_at_its_first_moment() -> None:
    found = only({"order_id": "1", "value": 30.0}, {"order_id": "1", "value": 31.0})
    assert (found["revenue"], found["at"]) == (30.0, START)


def test_what_only_a_browser_claims_is_no_order() -> None:
    assert orders(log({"order_id": "1", "value": 30.0, "visitor_id": "v", "verified": False}), {}).is_empty()


@pytest.mark.parametrize("first", ["claim", "server"])
def test_a_browsers_claim_tells_in_which_browser_a_verified_order_was_made(first: str) -> None:
    claim = {"order_id": "1", "value": 99.0, "visitor_id": "v", "verified": False}
    server = {"order_id": "1", "value": 30.0, "customer_id": "ann"}
    found = only(*((claim, server) if first == "claim" else (server, claim)))
    assert (found["visitor_id"], found["customer_id"], found["revenue"]) == ("v", "ann", 30.0)


def login(visitor: str, at: float) -> dict[str, Any]:
    return {"event": "page_view", "visitor_id": visitor, "customer_id": "ann", "at": at}


def test_an_order_that_no_browser_claims_is_that_of_the_last_login_before_it() -> None:
    sold = {"order_id": "1", "value": 30.0, "customer_id": "ann", "at": 5}
    assert only(login("old", 1), login("new", 3), login("later", 6), sold)["visitor_id"] == "new"


def test_a_login_of_long_ago_tells_nothing() -> None:
    sold = {"order_id": "1", "value": 30.0, "customer_id": "ann"}
    assert only(login("v", 0), sold | {"at": 29.9})["visitor_id"] == "v"
    assert only(login("v", 0), sold | {"at": 30.1})["visitor_id"] is None


def test_a_claim_outweighs_a_login() -> None:
    sold = {"order_id": "1", "value": 30.0, "customer_id": "ann", "at": 2}
    claim = {"order_id": "1", "visitor_id": "claims", "verified": False, "at": 2}
    assert only(login("logged", 1), sold, claim)["visitor_id"] == "claims"


BOUGHT = [
    {"order_id": "1", "value": 30.0, "item_id": "a", "quantity": 2.0, "price": 10.0, "event_id": "e", "at": 0},
    {"order_id": "1", "value": 30.0, "item_id": "b", "price": 10.0, "event_id": "e", "item_index": 1, "at": 0},
]
BACK = {"event": "refund", "order_id": "1"}


@pytest.mark.parametrize(
    ("refunds", "revenue", "cost"),
    [
        ([BACK | {"value": 5.0}], 25.0, 13.0),
        ([BACK | {"value": 5.0}, BACK | {"value": 7.0}], 18.0, 13.0),
        ([BACK | {"value": 10.0, "item_id": "a"}], 20.0, 9.0),
        ([BACK | {"item_id": "a", "quantity": 2.0, "price": 9.0}], 12.0, 5.0),
        ([BACK | {"item_id": "b"}], 20.0, 8.0),
        ([BACK | {"item_id": "stranger"}], 0.0, 0.0),
        ([BACK], 0.0, 0.0),
        ([BACK | {"value": 300.0}], 0.0, 13.0),
        ([BACK | {"value": 5.0, "verified": False}], 30.0, 13.0),
        ([BACK | {"value": 5.0, "order_id": "2"}], 30.0, 13.0),
    ],
    ids=["partly", "twice", "with-goods", "by-price", "by-item", "unknown-item", "whole", "more", "claimed", "another"],
)
def test_what_came_back_is_taken_off(refunds: list[dict[str, Any]], revenue: float, cost: float) -> None:
    found = only(*BOUGHT, *refunds, costs={"a": 4.0, "b": 5.0})
    assert (found["revenue"], found["cost"], found["profit"]) == (revenue, cost, revenue - cost)


def test_a_log_without_orders_has_none() -> None:
    assert orders(log({"event": "page_view", "visitor_id": "v"}), {"a": 1.0}).is_empty()


TOTALS = """
WITH told AS (
    SELECT event_id, min("timestamp") AS told_at, any_value(event) AS event, any_value(verified) AS verified,
           any_value(coalesce(order_id, event_id)) AS ord,
           coalesce(any_value("value"), sum(price * coalesce(quantity, 1)), 0) AS amount
    FROM log WHERE event IN ('purchase', 'refund') GROUP BY event_id
), line AS (
    SELECT *, coalesce(order_id, event_id) AS ord, coalesce("value", price * coalesce(quantity, 1)) AS amount,
           "value" IS NULL OR abs("value" - price * coalesce(quantity, 1)) < 0.005 AS own
    FROM log WHERE event = 'purchase' AND verified
), first_line AS (
    SELECT DISTINCT ON (ord, item_id, quantity, price) * FROM line
    WHERE "timestamp" = (SELECT min("timestamp") FROM line AS other WHERE other.ord = line.ord)
    ORDER BY event_id
), bought AS (
    SELECT ord, CASE WHEN bool_and(own) THEN sum(amount) ELSE first(amount ORDER BY event_id) END AS amount
    FROM first_line GROUP BY ord
), back AS (SELECT ord, sum(amount) AS amount FROM told WHERE event = 'refund' AND verified GROUP BY ord)
SELECT count(*), coalesce(sum(greatest(bought.amount - coalesce(back.amount, 0), 0)), 0)
FROM bought LEFT JOIN back USING (ord)
"""
AMOUNTS = st.integers(0, 50).map(float)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "event": st.sampled_from(["purchase", "purchase", "refund", "view_item"]),
            "order_id": st.sampled_from(["1", "2", "3"]),
            "item_id": st.sampled_from(["a", "b"]),
            "price": AMOUNTS,
            "quantity": st.none() | st.integers(1, 3).map(float),
            "value": st.none() | AMOUNTS,
            "verified": st.booleans(),
            "visitor_id": st.none() | st.sampled_from(["v", "w"]),
            "customer_id": st.none() | st.sampled_from(["ann", "bob"]),
            "at": st.integers(0, 40),
        }
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(EVENTS)
def test_orders_and_revenue_are_those_of_plain_sql(events: list[dict[str, Any]]) -> None:
    with duckdb.connect() as connection:
        connection.register("log", table(*events))
        count, revenue = connection.execute(TOTALS).fetchone() or (0, 0.0)
    found = orders(log(*events), {"a": 1.0})
    assert (len(found), found["revenue"].sum()) == (count, pytest.approx(revenue))


@settings(max_examples=40)
@given(EVENTS)
def test_orders_are_put_in_the_browsers_that_a_plain_loop_finds(events: list[dict[str, Any]]) -> None:
    found = orders(log(*events), {})
    numbered = sorted(enumerate(events), key=lambda one: (one[1]["at"], f"e{one[0]}"))
    claims: dict[str, str | None] = {}
    sold: dict[str, dict[str, Any]] = {}
    logins: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for _, event in numbered:
        if event["event"] == "purchase":
            (sold if event["verified"] else claims).setdefault(event["order_id"], event)
        if event["visitor_id"] and event["customer_id"]:
            logins[event["customer_id"]].append((event["at"], event["visitor_id"]))
    for row in found.iter_rows(named=True):
        order, claim = sold[row["order"]], claims.get(row["order"])
        near = {at: who for at, who in sorted(logins[order["customer_id"]]) if order["at"] - 30 <= at <= order["at"]}
        logged = near[max(near)] if near else None
        expected = order["visitor_id"] or (claim["visitor_id"] if claim else None) or logged
        assert row["visitor_id"] == expected
        assert row["at"] == START + timedelta(days=order["at"])
