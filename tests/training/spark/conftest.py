"""One Spark for all tests of a process, small and quick to start, and one log that both engines read."""

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from recommender.training import TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import event, shop_events, table
from tests.training.spark.starting import frame, started
from training.interactions import Prepared
from training.spark.material import Gathered
from training.spark.steps import SparkSteps
from training.steps import LocalSteps

CONFIGURATION = TrainingConfiguration()


class Both(NamedTuple):
    """The same log by both engines."""

    rows: pa.Table
    log: pl.LazyFrame
    frame: DataFrame
    local: Prepared
    spark: Gathered
    steps: SparkSteps


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session of the tests."""
    session = started()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def both(spark: SparkSession) -> Both:
    """A log with everything that cleaning knows, read by both engines."""
    rows = table(*shop_events("view_item", "add_to_cart", "purchase"), *odd_events())
    log = pl.from_arrow(rows)
    assert isinstance(log, pl.DataFrame)
    told, steps = frame(spark, rows), SparkSteps(spark)
    return Both(
        rows,
        log.lazy(),
        told,
        LocalSteps().prepare(log.lazy(), {}, configuration=CONFIGURATION, now=NOW),
        steps.prepare(told, {}, configuration=CONFIGURATION, now=NOW),
        steps,
    )


def odd_events() -> Iterator[dict[str, object]]:
    """A robot, a crowd behind one default id, an order told twice and given back, a shared browser, and nobody."""
    second = 1 / 86_400
    yield from (event("view_item", "a1", visitor_id="robot", ago=1 - step * second / 3) for step in range(60))
    yield from (event("view_item", "b1", visitor_id=f"w{n}", customer_id="guest", ago=3) for n in range(25))
    yield event("purchase", "a1", visitor_id="v1", order_id="twice", ago=1, quantity=2)
    yield event("purchase", "a1", customer_id="c1", order_id="twice", ago=1)
    yield event("purchase", "a2", customer_id="c1", order_id="twice", ago=1)
    yield event("refund", "a1", customer_id="c1", order_id="twice", ago=0.5, quantity=2)
    yield event("purchase", "d1", customer_id="c3", order_id="gone", ago=2)
    yield event("refund", customer_id="c3", order_id="gone", ago=1)
    yield event("view_item", "c1", visitor_id="shared", customer_id="c1", ago=9)
    yield event("view_item", "c2", visitor_id="shared", ago=8)
    yield event("view_item", "c3", visitor_id="shared", ago=8 - 60 * second)
    yield event("view_item", "c3", visitor_id="shared", customer_id="c3", ago=8 - 120 * second)
    yield event("view_item", "c4", visitor_id="shared", ago=8 - 180 * second)
    yield event("view_item", "c4", visitor_id="", ago=7)
    yield event("purchase", "d2", customer_id="c5", ago=6, quantity=20_000)
