"""Cleaning of the log by Spark: the same rows are kept for the same reasons as by `training.cleaning`."""

from datetime import datetime, timedelta
from functools import reduce
from typing import Final

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as fn

from recommender.events import schema
from recommender.events.identity import person_of_customer
from recommender.events.names import INTERACTIONS, EventName
from recommender.training import CleaningConfig
from training.cleaning import ACTOR, COLUMNS, PURCHASE
from training.spark.keeping import kept
from training.spark.people import login, with_person

PLACE = (schema.TIMESTAMP, schema.EVENT_ID, schema.ITEM_INDEX)
"""What tells the order of rows."""
REASON, TOLD = "left_out", "told"
"""Why a row is left out (null: it is not), and how many rows of the log it stands for."""
REPEATED, REFUNDED, ROBOT = "repeated_order_rows", "refunded_rows", "robot_rows"
PAIR = (schema.ORDER_ID, schema.ITEM_ID)
WHOLE: Final = ""
"""Stands for the item of a refund that names none."""


def cleaned(log: DataFrame, config: CleaningConfig, end: datetime | None) -> DataFrame:
    """The rows that show interest, each order's item once, with `person`, `actor`, `left_out` and `told`.

    Args:
        log: the event log.
        config: what misleads.
        end: of the log; None when it is empty.
    """
    log = within_window(log, config, end)
    rows = kept(_interactions(log))
    bought, ordered = fn.col(schema.EVENT) == PURCHASE, fn.col(schema.ORDER_ID).isNotNull()
    browsing = rows.where(~bought)
    robots = kept(_robots(browsing, config))
    parts = (
        _flagged(browsing, robots),
        rows.where(bought & ~ordered).withColumn(REASON, fn.lit(None).cast("string")).withColumn(TOLD, _one()),
        _without_refunds(_single_orders(rows.where(bought & ordered)), log),
    )
    return _plausible_quantities(reduce(DataFrame.unionByName, parts), config)


def within_window(log: DataFrame, config: CleaningConfig, end: datetime | None) -> DataFrame:
    """The last days of the log, where only these are learned from."""
    if config.window_days is None or end is None:
        return log
    return log.where(fn.col(schema.TIMESTAMP) > fn.lit(end - timedelta(days=config.window_days)))


def _interactions(log: DataFrame) -> DataFrame:
    wanted = fn.col(schema.EVENT).isin([name.value for name in INTERACTIONS]) & fn.col(schema.ITEM_ID).isNotNull()
    rows = log.select(*COLUMNS, schema.EVENT_ID, schema.ITEM_INDEX)
    # A login may be an event without an item: it is read for the sake of who it was, and then dropped.
    return with_person(rows.where(wanted | login())).where(wanted).withColumn(ACTOR, actor())


def actor() -> Column:
    """Who sat at the browser: the visitor, or the customer where no visitor is known."""
    customer = fn.concat(fn.lit(person_of_customer("")), fn.col(schema.CUSTOMER_ID))
    return fn.coalesce(fn.col(schema.VISITOR_ID), customer)


def _flagged(browsing: DataFrame, robots: DataFrame) -> DataFrame:
    """The rows, with `left_out` where a robot made them."""
    flagged = browsing.join(fn.broadcast(robots.withColumn(REASON, fn.lit(ROBOT))), ACTOR, "left")
    return flagged.select(*browsing.columns, REASON, _one().alias(TOLD))


def _single_orders(orders: DataFrame) -> DataFrame:
    """One row for each item of an order; sums are made where the rows lie, so no order is too long."""
    kept = [name for name in orders.columns if name not in {*PAIR, *PLACE, schema.VERIFIED, schema.QUANTITY}]
    by_source = orders.groupBy(*PAIR, schema.VERIFIED).agg(
        fn.coalesce(fn.sum(schema.QUANTITY), fn.lit(0.0)).alias(schema.QUANTITY),
        fn.min(fn.struct(*PLACE, *kept)).alias("_row"),
        fn.count(fn.lit(1)).alias(TOLD),
    )
    trusted = fn.max(fn.struct(schema.VERIFIED, schema.QUANTITY, "_row")).alias("_best")
    single = by_source.groupBy(*PAIR).agg(trusted, fn.sum(TOLD).alias(TOLD))
    best = single.select(*PAIR, TOLD, "_best.verified", "_best.quantity", "_best._row.*")
    return best.select(*orders.columns, TOLD)


def _without_refunds(orders: DataFrame, log: DataFrame) -> DataFrame:
    """The rows, with `left_out` where the item was given back whole."""
    back = log.where((fn.col(schema.EVENT) == EventName.REFUND.value) & fn.col(schema.ORDER_ID).isNotNull())
    quantity = fn.col(schema.QUANTITY)
    told = fn.struct(
        fn.coalesce(fn.sum(quantity), fn.lit(0.0)).alias("returned"), fn.count_if(quantity.isNull()).alias("whole")
    )
    items = back.groupBy(*PAIR).agg(told.alias("_back"))
    refunds = items.groupBy(schema.ORDER_ID).agg(
        fn.map_from_entries(fn.collect_list(fn.struct(fn.coalesce(schema.ITEM_ID, fn.lit(WHOLE)), "_back"))).alias(
            "_refunds"
        )
    )
    item = fn.col("_refunds")[fn.col(schema.ITEM_ID)]
    gone = (item["whole"] > 0) | (item["returned"] >= fn.coalesce(quantity, fn.lit(1.0)))
    order_gone = fn.map_contains_key("_refunds", fn.lit(WHOLE))
    reason = fn.when(gone | order_gone, fn.lit(REFUNDED))
    return orders.join(refunds, schema.ORDER_ID, "left").withColumn(REASON, reason).drop("_refunds")


def _robots(browsing: DataFrame, config: CleaningConfig) -> DataFrame:
    """Actors that no person could be; who does too much on a day is found first, so pauses are few for each."""
    browsing = browsing.where(fn.col(ACTOR).isNotNull())
    daily = browsing.groupBy(ACTOR, fn.to_date(schema.TIMESTAMP).alias("_day")).count()
    busy = daily.where(fn.col("count") > config.max_events_a_day).select(ACTOR).distinct()
    moments = browsing.select(ACTOR, schema.ITEM_ID, schema.TIMESTAMP).distinct()
    many = moments.groupBy(ACTOR).count().where(fn.col("count") >= config.dwell_events).select(ACTOR)
    looked = moments.join(many.join(busy, ACTOR, "left_anti"), ACTOR, "left_semi")
    before = fn.lag(schema.TIMESTAMP).over(Window.partitionBy(ACTOR).orderBy(schema.TIMESTAMP))
    pause = fn.unix_micros(schema.TIMESTAMP) - fn.unix_micros(before)
    pauses = looked.withColumn("_pause", pause).groupBy(ACTOR).agg(fn.median("_pause").alias("_pause"))
    hasty = pauses.where(fn.col("_pause") < config.min_dwell_seconds * 1e6).select(ACTOR)
    return busy.union(hasty)


def _one() -> Column:
    return fn.lit(1).cast("long")


def _plausible_quantities(rows: DataFrame, config: CleaningConfig) -> DataFrame:
    quantity = fn.col(schema.QUANTITY)
    plausible = (quantity > 0) & (quantity <= config.max_quantity)
    return rows.withColumn(schema.QUANTITY, fn.when(plausible, quantity).otherwise(fn.lit(1.0)))
