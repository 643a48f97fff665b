"""Who ordered when, and for how much: a few numbers for each customer, from a log that no memory holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from recommender.days import DAY
from recommender.events import schema
from recommender.events.identity import PERSON, person_of_customer, person_of_visitor
from recommender.lifecycle.histories import Purchases
from training.browsing import BROWSING
from training.buying import COSTED, notes, recognised
from training.orders import AT, COST, ORDER, PROFIT, PURCHASE, REFUND, REVENUE, UNKNOWN, vouched
from training.spark.people import Keep, links, login, with_person
from training.spark.transfer import lengths, streamed

LINES = (
    schema.EVENT_ID, schema.EVENT, schema.TIMESTAMP, schema.VISITOR_ID, schema.CUSTOMER_ID, schema.ITEM_ID,
    schema.QUANTITY, schema.PRICE, schema.ORDER_ID, schema.VALUE, schema.CURRENCY, schema.VERIFIED,
)  # fmt: skip
LINES_A_PART: Final = 200_000
"""Lines of orders that one task turns into orders."""
ORDERS: Final = f"{ORDER} string, currency string, {AT} timestamp, {REVENUE} double, {PROFIT} double, costed boolean"
VALUE, PART, DAYS = "worth", "part", "days"
TOTALS: Final = (
    "orders", "spend", "historic_clv", "first", "last", "average_order_value", "average_days_between_orders",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Customers:
    """A shop's :class:`training.buying.Bought`, from jobs."""

    people: list[str]
    totals: pl.DataFrame
    purchases: Purchases
    end: datetime
    currency: str | None
    money: str
    notes: Sequence[str]

    @property
    def end_day(self) -> int:
        """Days since 1970 of the last one."""
        return int(self.end.timestamp() // DAY)

    @cached_property
    def recognised(self) -> NDArray[np.bool_]:
        """See :func:`training.buying.recognised`."""
        return recognised(self.people)


def buying(log: DataFrame, costs: Mapping[str, float], now: datetime, end: datetime, keep: Keep) -> Customers | None:
    """The orders of a log by customer; None when nobody ordered. See :func:`training.buying.buying`.

    Args:
        log: the event log.
        costs: what one piece of each item costs the shop, where that is known.
        now: what is later is left out.
        end: the last moment of what is left.
        keep: keeps rows that are read several times.
    """
    past = log.where(fn.col(schema.TIMESTAMP) <= fn.lit(now))
    found = keep(_orders(past, costs).join(_orderers(past, keep), ORDER))
    currency, costed = usual(found, ORDER), found.agg(fn.avg(fn.col("costed").cast("double"))).first()
    if costed is None or costed[0] is None:
        return None
    profit = costed[0] >= COSTED
    same = fn.col("currency").isNull() | (fn.col("currency") == (currency or ""))
    orders = found.select(
        PERSON,
        AT,
        fn.when(same, fn.col(REVENUE)).alias(REVENUE),
        fn.when(same, fn.col(PROFIT if profit else REVENUE)).alias(VALUE),
    )
    late = log.where((fn.col(schema.TIMESTAMP) > fn.lit(now)) & (fn.col(schema.EVENT) == PURCHASE))
    future = late.select(fn.coalesce(schema.ORDER_ID, schema.EVENT_ID)).distinct().count()
    other = orders.where(fn.col(REVENUE).isNull()).count()
    people, totals, purchases = _brought(orders)
    money = "profit" if profit else "revenue"
    return Customers(people, totals, purchases, end, currency, money, notes(future, other, currency))


def usual(rows: DataFrame, order: str | Column) -> str | None:
    """The currency of most orders; of two that are as frequent, the first by name."""
    named = rows.where(fn.col(schema.CURRENCY).isNotNull())
    counted = named.groupBy(fn.upper(schema.CURRENCY).alias(schema.CURRENCY)).agg(
        fn.count_distinct(order).alias("orders")
    )  # fmt: skip
    first = counted.orderBy(fn.desc("orders"), schema.CURRENCY).first()
    return None if first is None else str(first[schema.CURRENCY])


def browsers(log: DataFrame, people: Sequence[str], keep: Keep) -> dict[str, int]:
    """Rows of the customers to whom alone browsers belong, under the keys of these."""
    owned = links(log, keep).select(
        fn.concat(fn.lit(person_of_visitor("")), schema.VISITOR_ID).alias("browser"),
        fn.concat(fn.lit(person_of_customer("")), schema.CUSTOMER_ID).alias(PERSON),
    )
    found = owned.join(_rows(log, people), PERSON).select("browser", "row")
    batches = [*streamed(found)]
    return dict(sorted((key, row) for one in batches for key, row in zip(*map(pa.Array.to_pylist, one), strict=True)))


def browsed(log: DataFrame, people: Sequence[str], keep: Keep) -> pl.DataFrame:
    """Days on which customers browsed; see :func:`training.browsing.browsing`."""
    browsing = fn.col(schema.EVENT).isin([name.value for name in BROWSING])
    carts = fn.count_if(fn.col(schema.EVENT) == "add_to_cart").alias("carts")
    day = fn.unix_date(fn.to_date(schema.TIMESTAMP)).alias("day")
    found = with_person(log.where(browsing | login()), keep).where(browsing).join(_rows(log, people), PERSON)
    counted = found.groupBy("row", day).agg(fn.count(fn.lit(1)).alias("events"), carts)
    batches = [pl.from_arrow(one) for one in streamed(counted)]
    empty = pl.DataFrame(schema={"row": pl.Int32, "day": pl.Int32, "events": pl.Int64, "carts": pl.Int64})
    return pl.concat([empty, *(one for one in batches if isinstance(one, pl.DataFrame))])


def _rows(log: DataFrame, people: Sequence[str]) -> DataFrame:
    numbers = np.arange(len(people), dtype=np.int32)
    table = pa.table({PERSON: pa.array([*people], pa.string()), "row": pa.array(numbers)})
    return log.sparkSession.createDataFrame(table)


def _orders(past: DataFrame, costs: Mapping[str, float]) -> DataFrame:
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

    return lines.withColumn(PART, fn.pmod(fn.hash(order), fn.lit(parts))).groupBy(PART).applyInArrow(once, ORDERS)


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


def _orderers(past: DataFrame, keep: Keep) -> DataFrame:
    """Who made each order; see :func:`training.buying.orderers`."""
    bought = (fn.col(schema.EVENT) == PURCHASE) & fn.col(schema.VERIFIED)
    known = with_person(past.where(bought | login()), keep).where(bought & fn.col(PERSON).isNotNull())
    first = fn.min_by(PERSON, fn.struct(schema.TIMESTAMP, PERSON)).alias(PERSON)
    return known.groupBy(fn.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER)).agg(first)


def _brought(orders: DataFrame) -> tuple[list[str], pl.DataFrame, Purchases]:
    """Everybody by name, their totals, and the days on which they bought: one line of numbers for each."""
    seconds = (fn.unix_millis(fn.max(AT)) - fn.unix_millis(fn.min(AT))) / 1000
    counted = fn.nullif(fn.count(REVENUE), fn.lit(0))
    again = fn.nullif(fn.count(fn.lit(1)) - 1, fn.lit(0))
    totals = (
        fn.count(fn.lit(1)),
        fn.round(fn.coalesce(fn.sum(REVENUE), fn.lit(0.0)), 6),
        fn.round(fn.coalesce(fn.sum(VALUE), fn.lit(0.0)), 6),
        fn.unix_seconds(fn.min(AT)),
        fn.unix_seconds(fn.max(AT)),
        fn.sum(REVENUE) / counted,
        seconds / DAY / again,
    )
    summed = orders.groupBy(PERSON).agg(*(one.alias(name) for one, name in zip(totals, TOTALS, strict=True)))
    day = fn.unix_date(fn.to_date(AT)).alias("day")
    worth = fn.coalesce(fn.sum(VALUE), fn.lit(float("nan"))).alias("value")
    daily = orders.groupBy(PERSON, day).agg(worth)
    days = daily.groupBy(PERSON).agg(fn.sort_array(fn.collect_list(fn.struct("day", "value"))).alias(DAYS))
    table = pa.Table.from_batches([*streamed(summed.join(days, PERSON))]).sort_by(PERSON).combine_chunks()
    lists = table[DAYS].combine_chunks()
    rows = np.repeat(np.arange(len(table), dtype=np.int32), lengths(lists))
    fields = lists.flatten()
    purchases = Purchases(rows, *(fields.field(name).to_numpy(zero_copy_only=False) for name in ("day", "value")))
    found = pl.from_arrow(table.select(TOTALS))
    assert isinstance(found, pl.DataFrame)
    return table[PERSON].to_pylist(), found.with_row_index("row"), purchases
