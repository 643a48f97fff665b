"""Orders: what each came to, in which money, and who made it."""

from collections.abc import Mapping
from typing import Final

import polars as pl
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from recommender.events import schema
from recommender.events.identity import PERSON
from training.orders import AT, COST, ORDER, PROFIT, PURCHASE, REFUND, REVENUE, UNKNOWN, vouched
from training.spark.people import login, with_person

LINES = (
    schema.EVENT_ID, schema.EVENT, schema.TIMESTAMP, schema.VISITOR_ID, schema.CUSTOMER_ID, schema.ITEM_ID,
    schema.QUANTITY, schema.PRICE, schema.ORDER_ID, schema.VALUE, schema.CURRENCY, schema.VERIFIED,
)  # fmt: skip
LINES_A_PART: Final = 200_000
"""Lines of orders that one task turns into orders."""
_COLUMNS: Final = f"{ORDER} string, currency string, {AT} timestamp, {REVENUE} double, {PROFIT} double, costed boolean"
PART: Final = "part"
_SCHEMA: Final = pa.schema(
    [
        (ORDER, pa.string()),
        (schema.CURRENCY, pa.string()),
        (AT, schema.MOMENT),
        (REVENUE, pa.float64()),
        (PROFIT, pa.float64()),
        ("costed", pa.bool_()),
    ]
)


def orders(past: DataFrame, costs: Mapping[str, float]) -> DataFrame:
    """What is an order, and what it came to: told by :func:`training.orders.vouched`, some of all orders at a time."""
    lines = past.where(fn.col(schema.EVENT).isin(PURCHASE, REFUND)).select(*LINES)
    parts = 1 + lines.count() // LINES_A_PART
    order = fn.coalesce(schema.ORDER_ID, schema.EVENT_ID)
    told = past.sparkSession.sparkContext.broadcast(dict(costs))

    def once(part: pa.Table) -> pa.Table:
        rows = pl.from_arrow(part.drop([PART]))
        assert isinstance(rows, pl.DataFrame)
        costed = ((pl.col(COST) > 0) & (pl.col(UNKNOWN) == 0)).alias("costed")
        code = pl.col(schema.CURRENCY).str.to_uppercase()
        found = vouched(rows.lazy(), told.value).select(ORDER, code, AT, REVENUE, PROFIT, costed)
        return found.to_arrow().cast(_SCHEMA)

    return lines.withColumn(PART, fn.pmod(fn.hash(order), fn.lit(parts))).groupBy(PART).applyInArrow(once, _COLUMNS)


def orderers(past: DataFrame) -> DataFrame:
    """Who made each order; see :func:`training.buying.orderers`."""
    bought = (fn.col(schema.EVENT) == PURCHASE) & fn.col(schema.VERIFIED)
    known = with_person(past.where(bought | login())).where(bought & fn.col(PERSON).isNotNull())
    first = fn.min_by(PERSON, fn.struct(schema.TIMESTAMP, PERSON)).alias(PERSON)
    return known.groupBy(fn.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER)).agg(first)


def usual(rows: DataFrame, order: str | Column) -> str | None:
    """The currency of most orders; of two that are as frequent, the first by name."""
    named = rows.where(fn.col(schema.CURRENCY).isNotNull())
    counted = named.groupBy(fn.upper(schema.CURRENCY).alias(schema.CURRENCY)).agg(
        fn.count_distinct(order).alias("orders")
    )  # fmt: skip
    first = counted.orderBy(fn.desc("orders"), schema.CURRENCY).first()
    return None if first is None else str(first[schema.CURRENCY])
