"""What each person did and bought, gathered where the rows lie and brought here person after person."""

import numpy as np
import pyarrow as pa
from pyspark.sql import Column as Expression
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as fn

from recommender.events import schema
from recommender.events.identity import PERSON
from recommender.models.arrays import FloatArray
from recommender.models.histories import Bought, HistoryConfig, HistoryModel, Rows, customer_key, visitor_key
from recommender.models.interactions import PURCHASE
from training.spark.baskets import faded
from training.spark.cleaning import PLACE
from training.spark.rows import AGE, AT, CODE, DAY_OF, ITEM, ORDER
from training.spark.transfer import Column, lengths, streamed

KEY, LATEST, SOLD = "key", "latest", "sold"
HISTORY = {ITEM: np.int32, CODE: np.uint8, AT: np.int64, schema.QUANTITY: np.float32}
PURCHASES = {ITEM: np.int32, "count": np.int32, "first": np.int64, "last": np.int64, "score": np.float64}


def histories(rows: DataFrame, config: HistoryConfig, best_sellers: FloatArray) -> HistoryModel:
    """As `HistoryModel.fit`: a customer with what the person did, a visitor with what the browser did.

    Args:
        rows: numbered interactions.
        config: how much is kept of each.
        best_sellers: how well each item sells.
    """
    keyed = rows.withColumn(KEY, fn.explode(_keys()))
    latest = _latest(keyed, config.max_rows).join(_sold(keyed, config.half_life_days), KEY, "left")
    people: list[str] = []
    counts, sold_counts = Column(np.int64), Column(np.int64)
    told = {name: Column(dtype) for name, dtype in HISTORY.items()}
    sold = {name: Column(dtype) for name, dtype in PURCHASES.items()}
    for batch in streamed(latest):
        people += batch.column(KEY).to_pylist()
        for name, count, columns in ((LATEST, counts, told), (SOLD, sold_counts, sold)):
            lists: pa.ListArray = batch.column(name)
            count.add(lengths(lists))
            fields = lists.flatten()
            for field, column in columns.items():
                column.add(fields.field(field).to_numpy(zero_copy_only=False))
    owners = np.repeat(np.arange(len(people), dtype=np.int32), sold_counts.array())
    bought = Bought(owners, *(column.array() for column in sold.values()))
    return HistoryModel.of(
        people, Rows(counts.array(), *(column.array() for column in told.values())), bought, config, best_sellers
    )


def _keys() -> Expression:
    """By what a row is looked up."""
    account = fn.when(fn.col(PERSON).startswith(customer_key("")), fn.col(PERSON))
    browser = fn.concat(fn.lit(visitor_key("")), fn.col(schema.VISITOR_ID))
    return fn.array_compact(fn.array(account, browser))


def _latest(keyed: DataFrame, most: int) -> DataFrame:
    """The latest rows of each key, oldest first; what is older is left out before it is gathered."""
    backwards = Window.partitionBy(KEY).orderBy(*(fn.col(name).desc() for name in PLACE))
    kept = keyed.withColumn("back", fn.row_number().over(backwards)).where(fn.col("back") <= most)
    row = fn.struct((-fn.col("back")).alias("nth"), *HISTORY)
    return kept.groupBy(KEY).agg(fn.sort_array(fn.collect_list(row)).alias(LATEST))


def _sold(keyed: DataFrame, half_life_days: float) -> DataFrame:
    """What was bought by each key; all of one order, or without one of one day, are one occasion."""
    occasion = fn.struct(fn.col(ORDER), fn.when(fn.col(ORDER).isNull(), fn.col(DAY_OF))).alias("occasion")
    bought = keyed.where(fn.col(CODE) == PURCHASE)
    once = bought.groupBy(KEY, ITEM, occasion).agg(fn.max(AT).alias(AT), fn.min(AGE).alias(AGE))
    pairs = once.groupBy(KEY, ITEM).agg(
        fn.count(fn.lit(1)).alias("count"),
        fn.min(AT).alias("first"),
        fn.max(AT).alias("last"),
        fn.sum(faded(half_life_days)).alias("score"),
    )
    return pairs.groupBy(KEY).agg(fn.sort_array(fn.collect_list(fn.struct(*PURCHASES))).alias(SOLD))
