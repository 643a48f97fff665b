"""Logs of orders by customers who follow the purchase models."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa

from recommender.events import schema
from recommender.lifecycle.histories import Purchases

BEGIN = datetime(2024, 1, 1, 12, tzinfo=UTC)


def orders(purchases: Purchases, **fields: Any) -> pl.LazyFrame:
    """A log of one verified order for each day of purchase, by customers `c0`, `c1`, …, in euros."""
    count = len(purchases)
    numbers = pl.int_range(count, eager=True)
    frame = pl.DataFrame(
        {
            "event_id": "e" + numbers.cast(pl.String),
            "item_index": pl.repeat(0, count, eager=True, dtype=pl.Int32),
            "event": pl.repeat("purchase", count, eager=True),
            "timestamp": [BEGIN + timedelta(days=day) for day in purchases.days.tolist()],
            "verified": pl.repeat(value=True, n=count, eager=True),
            "customer_id": [f"c{customer}" for customer in purchases.customers.tolist()],
            "order_id": "o" + numbers.cast(pl.String),
            "value": purchases.values,
            "currency": pl.repeat("EUR", count, eager=True),
        }
        | {name: pl.Series(name, values) for name, values in fields.items()}
    )
    return whole(frame)


def whole(frame: pl.DataFrame) -> pl.LazyFrame:
    """The rows with every column of the log."""
    empty = pl.from_arrow(schema.SCHEMA.empty_table())
    assert isinstance(empty, pl.DataFrame)
    return pl.concat([empty, frame.cast({name: empty.schema[name] for name in frame.columns})], how="diagonal").lazy()


def table(frame: pl.LazyFrame) -> pa.Table:
    """The rows as the log takes them."""
    received = pl.col(schema.TIMESTAMP).alias(schema.RECEIVED_AT)
    numbers = pl.int_range(pl.len()).alias(schema.SEQUENCE)
    rows = frame.with_columns(received, numbers, pl.lit("w").alias(schema.WRITER)).collect().to_arrow()
    return rows.select(schema.SCHEMA.names).cast(schema.SCHEMA)
