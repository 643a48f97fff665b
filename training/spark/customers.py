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
from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from recommender.days import DAY
from recommender.events import schema
from recommender.events.identity import PERSON, person_of_customer, person_of_visitor
from recommender.lifecycle.histories import Purchases
from training.browsing import BROWSING
from training.buying import COSTED, notes, recognised
from training.orders import AT, ORDER, PROFIT, PURCHASE, REVENUE
from training.spark.keeping import kept
from training.spark.orders import orderers, orders, usual
from training.spark.people import links, login, with_person
from training.spark.transfer import lengths, streamed

VALUE, DAYS = "worth", "days"
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


def buying(log: DataFrame, costs: Mapping[str, float], now: datetime, end: datetime) -> Customers | None:
    """The orders of a log by customer; None when nobody ordered. See :func:`training.buying.buying`.

    Args:
        log: the event log.
        costs: what one piece of each item costs the shop, where that is known.
        now: what is later is left out.
        end: the last moment of what is left.
    """
    past = log.where(fn.col(schema.TIMESTAMP) <= fn.lit(now))
    found = kept(orders(past, costs).join(orderers(past), ORDER))
    currency, costed = usual(found, ORDER), found.agg(fn.avg(fn.col("costed").cast("double"))).first()
    if costed is None or costed[0] is None:
        return None
    profit = costed[0] >= COSTED
    same = fn.col("currency").isNull() | (fn.col("currency") == (currency or ""))
    sold = found.select(
        PERSON,
        AT,
        fn.when(same, fn.col(REVENUE)).alias(REVENUE),
        fn.when(same, fn.col(PROFIT if profit else REVENUE)).alias(VALUE),
    )
    late = log.where((fn.col(schema.TIMESTAMP) > fn.lit(now)) & (fn.col(schema.EVENT) == PURCHASE))
    future = late.select(fn.coalesce(schema.ORDER_ID, schema.EVENT_ID)).distinct().count()
    other = sold.where(fn.col(REVENUE).isNull()).count()
    people, totals, purchases = _brought(sold)
    money = "profit" if profit else "revenue"
    return Customers(people, totals, purchases, end, currency, money, notes(future, other, currency))


def browsers(log: DataFrame, people: Sequence[str]) -> dict[str, int]:
    """Rows of the customers to whom alone browsers belong, under the keys of these."""
    owned = links(log).select(
        fn.concat(fn.lit(person_of_visitor("")), schema.VISITOR_ID).alias("browser"),
        fn.concat(fn.lit(person_of_customer("")), schema.CUSTOMER_ID).alias(PERSON),
    )
    found = owned.join(_rows(log, people), PERSON).select("browser", "row")
    batches = [*streamed(found)]
    return dict(sorted((key, row) for one in batches for key, row in zip(*map(pa.Array.to_pylist, one), strict=True)))


def browsed(log: DataFrame, people: Sequence[str]) -> pl.DataFrame:
    """Days on which customers browsed; see :func:`training.browsing.browsing`."""
    browsing = fn.col(schema.EVENT).isin([name.value for name in BROWSING])
    carts = fn.count_if(fn.col(schema.EVENT) == "add_to_cart").alias("carts")
    day = fn.unix_date(fn.to_date(schema.TIMESTAMP)).alias("day")
    found = with_person(log.where(browsing | login())).where(browsing).join(_rows(log, people), PERSON)
    counted = found.groupBy("row", day).agg(fn.count(fn.lit(1)).alias("events"), carts)
    batches = [pl.from_arrow(one) for one in streamed(counted)]
    empty = pl.DataFrame(schema={"row": pl.Int32, "day": pl.Int32, "events": pl.Int64, "carts": pl.Int64})
    return pl.concat([empty, *(one for one in batches if isinstance(one, pl.DataFrame))])


def _rows(log: DataFrame, people: Sequence[str]) -> DataFrame:
    numbers = np.arange(len(people), dtype=np.int32)
    table = pa.table({PERSON: pa.array([*people], pa.string()), "row": pa.array(numbers)})
    return log.sparkSession.createDataFrame(table)


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
