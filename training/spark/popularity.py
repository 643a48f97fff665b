"""What sells and what is rising, and pauses between purchases, counted where the rows lie: a few numbers an item."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as fn

from recommender.models.arrays import FloatArray, IntArray
from recommender.models.interactions import PURCHASE
from recommender.models.popularity import Counts, PopularityConfig, PopularityModel
from recommender.models.replenishment import ReplenishmentConfig, ReplenishmentModel
from training.spark.baskets import faded
from training.spark.cleaning import PLACE
from training.spark.rows import AGE, AT, CODE, DAY_OF, ITEM, WHO

SOLD_AGE = "sold_age"


def popularity(rows: DataFrame, items: int, added_day: FloatArray, config: PopularityConfig) -> PopularityModel:
    """As `PopularityModel.fit`: each person counts once an item and day.

    Args:
        rows: numbered interactions.
        items: size of the vocabulary.
        added_day: what the catalogue says of when items came.
        config: half-life and what counts as a rise.
    """
    bought = fn.col(CODE) == PURCHASE
    who = fn.coalesce(fn.col(WHO), fn.xxhash64(*PLACE))  # each row of nobody is somebody else's
    daily = rows.groupBy(ITEM, who.alias(WHO), DAY_OF).agg(
        fn.min(AGE).alias(AGE),
        fn.min(fn.when(bought, fn.col(AGE))).alias(SOLD_AGE),
        fn.min(AT).alias("first"),
        fn.count_if(bought).alias("purchases"),
        fn.count_if(~bought).alias("views"),
    )
    latest, lately = fn.col(AGE) < config.trending_days, fn.col(AGE) < config.momentum_days
    counted = daily.groupBy(ITEM).agg(
        fn.coalesce(fn.sum(faded(config.half_life_days, SOLD_AGE)), fn.lit(0.0)).alias("sold"),
        fn.sum(faded(config.half_life_days)).alias("met"),
        fn.count_if(latest).alias("recent"),
        fn.count_if(~latest).alias("before"),
        fn.count_if(lately).alias("lately"),
        fn.count_if(~lately).alias("earlier"),
        fn.min("first").alias("first"),
        fn.sum("purchases").alias("purchases"),
        fn.sum("views").alias("views"),
    )
    numbers = by_item(counted, items, first=np.inf)
    purchases, views = (numbers.pop(name).astype(np.int32) for name in ("purchases", "views"))
    met = numbers.pop("met")
    if not purchases.any():
        numbers["sold"] = met
    return PopularityModel.of(Counts(**numbers, purchases=purchases, views=views), added_day, config)


def replenishment(
    rows: DataFrame, items: int, categories: IntArray, config: ReplenishmentConfig
) -> ReplenishmentModel | None:
    """As `ReplenishmentModel.fit`: from the days between two purchases of one person.

    Args:
        rows: numbered interactions.
        items: size of the vocabulary.
        categories: a number for each item's category; below 0: unknown.
        config: how much is leant on others.
    """
    bought = rows.where((fn.col(CODE) == PURCHASE) & fn.col(WHO).isNotNull())
    days = bought.select(WHO, ITEM, DAY_OF).distinct()
    before = fn.lag(DAY_OF).over(Window.partitionBy(WHO, ITEM).orderBy(DAY_OF))
    pauses = days.withColumn("pause", fn.col(DAY_OF) - before).where(fn.col("pause").isNotNull())
    counted = pauses.groupBy(ITEM).agg(fn.count(fn.lit(1)).alias("count"), fn.sum(fn.ln("pause")).alias("sum"))
    numbers = by_item(counted, items)
    return ReplenishmentModel.of(numbers["count"].astype(np.int64), numbers["sum"], categories, config)


def by_item(counted: DataFrame, items: int, **missing: float) -> dict[str, NDArray[Any]]:
    """The columns of a frame with at most one row an item, as arrays over all items; 0 or `missing` elsewhere."""
    table = counted.toArrow()
    found: dict[str, NDArray[Any]] = {}
    for name in table.column_names:
        if name != ITEM:
            found[name] = np.full(items, missing.get(name, 0.0), np.float64)
            found[name][table[ITEM].to_numpy()] = table[name].to_numpy()
    return found
