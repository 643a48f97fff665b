"""Orders are added up by person: vouched for, each once, less what came back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa

from recommender.events import schema
from recommender.lifecycle.settings import LifecycleConfig
from recommender.models.customers import CustomerModel
from training.customers import customers as told

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def log(*events: dict[str, Any]) -> pl.LazyFrame:
    """A log of one row an event."""
    rows = [
        {
            "event_id": f"e{place}",
            "item_index": 0,
            "event": "purchase",
            "timestamp": NOW + timedelta(days=place),
            "received_at": NOW,
            "verified": True,
            "writer": "w",
            "sequence": place,
            **event,
        }
        for place, event in enumerate(events)
    ]
    return pl.from_arrow(pa.Table.from_pylist(rows, schema=schema.SCHEMA)).lazy()  # type: ignore[union-attr]


def customers(events: pl.LazyFrame, costs: dict[str, float]) -> CustomerModel | None:
    return told(events, costs, LifecycleConfig(), NOW + timedelta(days=400))


def day(place: float) -> float:
    return (NOW + timedelta(days=place)).timestamp()


def totals(model: CustomerModel, **who: str) -> tuple[float, ...]:
    """Orders, spend, first and last order."""
    found = model.of(**who)
    assert found is not None
    return found[:4]


def test_orders_spend_and_the_last_order_are_added_up_by_person() -> None:
    model = customers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "order_id": "2", "item_id": "a", "price": 5.0, "quantity": 2.0},
            {"visitor_id": "v9", "order_id": "3", "value": 7.5},
        ),
        {},
    )
    assert model is not None
    assert totals(model, customer_id="ann") == (2, 30.0, day(0), day(1))
    assert totals(model, visitor_id="v9") == (1, 7.5, day(2), day(2))
    assert model.of(customer_id="bob", visitor_id="nobody") is None


def test_claims_of_browsers_and_orders_told_twice_do_not_count() -> None:
    model = customers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "order_id": "2", "value": 99.0, "verified": False},
        ),
        {},
    )
    assert model is not None
    assert totals(model, customer_id="ann") == (1, 20.0, day(0), day(0))


def test_an_order_told_by_one_event_for_each_line_is_one_order_of_all_of_them() -> None:
    """As a file of lines tells it; that it is told again by the shop's server, whole, adds nothing."""
    line = {"customer_id": "ann", "order_id": "1", "timestamp": NOW}
    model = customers(
        log(
            {**line, "item_id": "a", "price": 5.0, "quantity": 2.0, "value": 10.0},
            {**line, "item_id": "b", "price": 7.0, "quantity": 1.0, "value": 7.0},
            {**line, "item_id": "a", "price": 5.0, "quantity": 2.0, "value": 17.0, "event_id": "f"},
            {**line, "item_id": "b", "price": 7.0, "quantity": 1.0, "value": 17.0, "event_id": "f"},
            {**line, "item_id": "c", "price": 9.0, "timestamp": NOW + timedelta(days=3)},
        ),
        {},
    )
    assert model is not None
    assert totals(model, customer_id="ann") == (1, 17.0, day(0), day(0))


def test_a_value_that_every_line_repeats_is_that_of_the_whole_order() -> None:
    line = {"customer_id": "ann", "order_id": "1", "value": 15.0, "timestamp": NOW}
    model = customers(
        log({**line, "item_id": "a", "price": 10.0}, {**line, "item_id": "b", "price": 7.0}, {**line, "value": 99.0}),
        {},
    )
    assert model is not None
    assert totals(model, customer_id="ann") == (1, 15.0, day(0), day(0))


def test_refunds_lessen_the_spend_and_one_without_amount_takes_back_all() -> None:
    model = customers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "order_id": "2", "value": 30.0},
            {"customer_id": "ann", "order_id": "1", "value": 5.0, "event": "refund"},
            {"customer_id": "ann", "order_id": "2", "event": "refund"},
        ),
        {},
    )
    assert model is not None
    assert totals(model, customer_id="ann") == (2, 15.0, day(0), day(1))


def test_spend_is_in_the_currency_of_most_orders() -> None:
    model = customers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0, "currency": "EUR"},
            {"customer_id": "ann", "order_id": "2", "value": 30.0, "currency": "EUR"},
            {"customer_id": "ann", "order_id": "3", "value": 9000.0, "currency": "JPY"},
        ),
        {},
    )
    assert model is not None
    assert totals(model, customer_id="ann") == (3, 50.0, day(0), day(2))


def test_a_log_without_orders_has_no_customers() -> None:
    assert customers(log({"customer_id": "ann", "event": "view_item", "item_id": "a"}), {}) is None


def test_an_item_that_came_back_without_a_price_takes_back_what_the_order_asked_for_it() -> None:
    sold = {"customer_id": "ann", "order_id": "1", "event_id": "sold"}
    model = customers(
        log(
            {**sold, "item_id": "a", "price": 5.0, "quantity": 2.0},
            {**sold, "item_id": "b", "price": 7.0, "item_index": 1, "sequence": 0},
            {"customer_id": "ann", "order_id": "1", "event": "refund", "item_id": "a", "quantity": 1.0},
        ),
        {},
    )
    assert model is not None
    assert totals(model, customer_id="ann") == (1, 12.0, day(0), day(0))


def test_averages_are_of_what_was_paid_and_of_the_days_between() -> None:
    model = customers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "bob", "order_id": "2", "value": 5.0},
            {"customer_id": "ann", "order_id": "3", "value": 40.0},
        ),
        {},
    )
    assert model is not None
    ann, bob = model.of(customer_id="ann"), model.of(customer_id="bob")
    assert ann is not None
    assert bob is not None
    assert (ann.average_order_value, ann.average_days_between_orders) == (30.0, 2.0)
    assert (bob.average_order_value, bob.average_days_between_orders) == (5.0, None)
    assert (ann.rfm_group, ann.recency) == (None, None), "two customers have no fifths"


def test_a_browser_with_one_account_finds_the_account_and_a_shared_one_does_not() -> None:
    login = {"event": "page_view", "verified": True}
    model = customers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "visitor_id": "hers", **login},
            {"customer_id": "ann", "visitor_id": "shared", **login},
            {"customer_id": "bob", "visitor_id": "shared", **login},
        ),
        {},
    )
    assert model is not None
    assert model.of(visitor_id="hers") == model.of(customer_id="ann")
    assert model.of(visitor_id="shared") is None


def test_value_is_profit_where_goods_have_costs_and_revenue_elsewhere() -> None:
    sold = {"customer_id": "ann", "order_id": "1", "item_id": "a", "price": 5.0, "quantity": 2.0}
    for costs, money, value in (({"a": 2.0}, "profit", 6.0), ({"b": 2.0}, "revenue", 10.0)):
        model = customers(log(sold), costs)
        assert model is not None
        assert model.terms.money == money
        ann = model.of(customer_id="ann")
        assert ann is not None
        assert (ann.spend, ann.historic_clv) == (10.0, value)
