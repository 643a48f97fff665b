"""Orders are added up by person: vouched for, each once, less what came back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa

from recommender.events import schema
from training.buyers import buyers

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


def test_orders_spend_and_the_last_order_are_added_up_by_person() -> None:
    model = buyers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "order_id": "2", "item_id": "a", "price": 5.0, "quantity": 2.0},
            {"visitor_id": "v9", "order_id": "3", "value": 7.5},
        )
    )
    assert model is not None
    assert model.of(customer_id="ann") == (2, 30.0, (NOW + timedelta(days=1)).timestamp())
    assert model.of(visitor_id="v9") == (1, 7.5, (NOW + timedelta(days=2)).timestamp())
    assert model.of(customer_id="bob", visitor_id="nobody") is None


def test_claims_of_browsers_and_orders_told_twice_do_not_count() -> None:
    model = buyers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "order_id": "2", "value": 99.0, "verified": False},
        )
    )
    assert model is not None
    assert model.of(customer_id="ann") == (1, 20.0, NOW.timestamp())


def test_refunds_lessen_the_spend_and_one_without_amount_takes_back_all() -> None:
    model = buyers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0},
            {"customer_id": "ann", "order_id": "2", "value": 30.0},
            {"customer_id": "ann", "order_id": "1", "value": 5.0, "event": "refund"},
            {"customer_id": "ann", "order_id": "2", "event": "refund"},
        )
    )
    assert model is not None
    assert model.of(customer_id="ann") == (2, 15.0, (NOW + timedelta(days=1)).timestamp())


def test_spend_is_in_the_currency_of_most_orders() -> None:
    model = buyers(
        log(
            {"customer_id": "ann", "order_id": "1", "value": 20.0, "currency": "EUR"},
            {"customer_id": "ann", "order_id": "2", "value": 30.0, "currency": "EUR"},
            {"customer_id": "ann", "order_id": "3", "value": 9000.0, "currency": "JPY"},
        )
    )
    assert model is not None
    assert model.of(customer_id="ann") == (3, 50.0, (NOW + timedelta(days=2)).timestamp())


def test_a_log_without_orders_has_no_buyers() -> None:
    assert buyers(log({"customer_id": "ann", "event": "view_item", "item_id": "a"})) is None


def test_an_item_that_came_back_without_a_price_takes_back_what_the_order_asked_for_it() -> None:
    sold = {"customer_id": "ann", "order_id": "1", "event_id": "sold"}
    model = buyers(
        log(
            {**sold, "item_id": "a", "price": 5.0, "quantity": 2.0},
            {**sold, "item_id": "b", "price": 7.0, "item_index": 1, "sequence": 0},
            {"customer_id": "ann", "order_id": "1", "event": "refund", "item_id": "a", "quantity": 1.0},
        )
    )
    assert model is not None
    assert model.of(customer_id="ann") == (1, 12.0, NOW.timestamp())
