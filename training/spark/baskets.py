"""Baskets: what sessions, people and orders hold, one row each."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from training.spark.rows import AGE, AT, ITEM, WEIGHT

ITEMS, STRENGTH = "items", "strength"


def baskets(rows: DataFrame, key: str, *, half_life_days: float, most: int, basket_exponent: float) -> DataFrame:
    """The latest `most` distinct items of each basket, and what the basket adds to the weighted count of its pairs.

    As `Baskets.build` and `latest` gather them in memory: a basket weighs as much as its heaviest interaction.

    Args:
        rows: numbered interactions.
        key: column that tells baskets apart; rows without any are in none.
        half_life_days: age at which an interaction counts half.
        most: items of a basket that count; so the pairs of one, too, are bounded.
        basket_exponent: how strongly baskets of many items are discounted.
    """
    weight = fn.col(WEIGHT) * faded(half_life_days)
    distinct = rows.where(fn.col(key).isNotNull()).groupBy(key, ITEM).agg(
        fn.max(AT).alias(AT), fn.max(weight).alias(WEIGHT)
    )  # fmt: skip
    latest_first = fn.collect_list(fn.struct((-fn.col(AT)).alias("ago"), ITEM)).alias("held")
    gathered = distinct.groupBy(key).agg(latest_first, fn.max(WEIGHT).alias(WEIGHT))
    cut = fn.when(fn.size("held") > most, fn.slice(fn.sort_array("held"), 1, most)).otherwise(fn.col("held"))
    held = gathered.select(cut.getField(ITEM).alias(ITEMS), WEIGHT)
    strength = fn.col(WEIGHT) * fn.pow(fn.size(ITEMS).cast("double"), fn.lit(-basket_exponent))
    return held.select(ITEMS, strength.alias(STRENGTH))


def faded(half_life_days: float, age: str = AGE) -> Column:
    """What remains of 1 at a row's age."""
    return fn.pow(fn.lit(2.0), fn.col(age) / fn.lit(-half_life_days))
