"""Who is who, as `recommender.events.identity` tells it, over rows that no memory holds."""

from collections.abc import Mapping
from typing import NamedTuple, Self

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as fn

from recommender.days import SESSION_GAP
from recommender.events import identity, schema
from recommender.events.identity import PERSON, SINCE
from training.spark.keeping import kept

WHEN = schema.TIMESTAMP
VISITOR, CUSTOMER = "_visitor", "_customer"
"""The ids of a row without those that are defaults."""
FIRST, LAST = "_first", "_last"
"""Customers of a visitor by name; several where these differ."""


def login() -> Column:
    """Whether a row is a login: it names a visitor and a customer."""
    return fn.col(schema.VISITOR_ID).isNotNull() & fn.col(schema.CUSTOMER_ID).isNotNull()


def links(events: DataFrame) -> DataFrame:
    """Visitors that are one customer: `visitor_id`, `customer_id`, `since`; see :func:`identity.links`."""
    one = _Known.of(events).owners.where(fn.col(FIRST) == fn.col(LAST))
    return one.select(fn.col(VISITOR).alias(schema.VISITOR_ID), fn.col(FIRST).alias(schema.CUSTOMER_ID), SINCE)


def with_person(events: DataFrame) -> DataFrame:
    """The rows with `person`; see :func:`identity.with_person`. Of one moment, the events' ids tell the order.

    Args:
        events: rows of the log.
    """
    found = _Known.of(events)
    known = found.plausible(events)
    several = fn.col(FIRST) != fn.col(LAST)
    # Rows without a visitor belong to nobody's browser; a key of their own keeps them from piling up in one place.
    key = fn.coalesce(fn.col(VISITOR), fn.concat(fn.lit("\0"), fn.col(schema.EVENT_ID)))
    owned = known.withColumn("_key", key).join(found.owners.withColumnRenamed(VISITOR, "_key"), "_key", "left")
    alone = owned.where(~fn.coalesce(several, fn.lit(False)))
    single = fn.when(fn.col(WHEN) >= fn.col(SINCE), fn.col(FIRST))
    shared = known.join(found.owners.where(several).select(VISITOR), VISITOR, "left_semi")
    told = alone.withColumn("_owner", single).select(*known.columns, "_owner")
    rows = told.unionByName(_shared(shared).select(*known.columns, "_owner"))
    return rows.withColumn(PERSON, _person()).drop(VISITOR, CUSTOMER, "_owner")


def _person() -> Column:
    customer = fn.coalesce(fn.col(CUSTOMER), fn.col("_owner"))
    return fn.coalesce(
        fn.concat(fn.lit(identity.person_of_customer("")), customer),
        fn.concat(fn.lit(identity.person_of_visitor("")), fn.col(VISITOR)),
    )


class _Known(NamedTuple):
    """What the log-ins of a log tell."""

    defaults: Mapping[str, DataFrame]
    """Ids that are no person's, by kind."""
    owners: DataFrame
    """The first and the last customer of each visitor by name, and since when its rows are theirs if it is one."""

    @classmethod
    def of(cls, events: DataFrame) -> Self:
        own = {schema.VISITOR_ID: VISITOR, schema.CUSTOMER_ID: CUSTOMER}
        logins = kept(events.where(login()).select(*own, WHEN).withColumnsRenamed(own).distinct())
        customers = kept(_defaults(logins, CUSTOMER, VISITOR, identity.MOST_VISITORS, identity.MOST_VISITORS_A_DAY))
        logins = logins.join(fn.broadcast(customers), CUSTOMER, "left_anti")
        visitors = kept(_defaults(logins, VISITOR, CUSTOMER, identity.MOST_CUSTOMERS, identity.MOST_CUSTOMERS_A_DAY))
        logins = logins.join(fn.broadcast(visitors), VISITOR, "left_anti")
        since = fn.min(WHEN) - fn.expr(f"INTERVAL {identity.MERGED_BACK.days} DAYS")
        customer = fn.col(CUSTOMER)
        owners = logins.groupBy(VISITOR).agg(
            fn.min(customer).alias(FIRST), fn.max(customer).alias(LAST), since.alias(SINCE)
        )  # fmt: skip
        return cls({CUSTOMER: customers, VISITOR: visitors}, kept(owners))

    def plausible(self, events: DataFrame) -> DataFrame:
        """The rows with the ids that are no defaults."""
        rows = events.withColumn(VISITOR, fn.col(schema.VISITOR_ID)).withColumn(CUSTOMER, fn.col(schema.CUSTOMER_ID))
        for kind, ids in self.defaults.items():
            flagged = rows.join(fn.broadcast(ids.withColumn("_default", fn.lit(1))), kind, "left")
            rows = flagged.withColumn(kind, fn.when(fn.col("_default").isNull(), fn.col(kind))).drop("_default")
        return rows


def _defaults(logins: DataFrame, of: str, others: str, most: int, most_a_day: int) -> DataFrame:
    """Ids of one kind that more ids of the other kind go with than a person's would."""
    pairs = logins.groupBy(of, others).agg(fn.collect_set(fn.to_date(WHEN)).alias("_days"))
    whole = pairs.groupBy(of).count().where(fn.col("count") > most).select(of)
    daily = pairs.select(of, others, fn.explode("_days").alias("_day")).groupBy(of, "_day").count()
    return whole.union(daily.where(fn.col("count") > most_a_day).select(of)).distinct()


def _shared(rows: DataFrame) -> DataFrame:
    """Rows of visitors with several customers, and whose each is that names none."""
    customer, past, future = fn.col(CUSTOMER), Window.unboundedPreceding, Window.unboundedFollowing
    order = [fn.col(WHEN), customer.isNull(), fn.col(schema.EVENT_ID), fn.col(schema.ITEM_INDEX)]
    browser = Window.partitionBy(VISITOR).orderBy(*order)
    session = Window.partitionBy(VISITOR, "_session").orderBy(*order)
    pause = fn.unix_micros(WHEN) - fn.unix_micros(fn.lag(WHEN).over(browser))
    begins = fn.coalesce(pause > int(SESSION_GAP.total_seconds() * 1e6), fn.lit(True))
    told = (
        rows.withColumn("_begins", begins.cast("int"))
        .withColumn("_session", fn.sum("_begins").over(browser.rowsBetween(past, 0)))
        .withColumn("_latest", fn.last(customer, ignorenulls=True).over(browser.rowsBetween(past, 0)))
        .withColumn("_here", fn.last(customer, ignorenulls=True).over(session.rowsBetween(past, 0)))
        .withColumn("_next", fn.first(customer, ignorenulls=True).over(session.rowsBetween(0, future)))
    )
    follows = fn.col("_here").isNull() & (fn.col("_next") != fn.col("_latest"))
    return told.withColumn("_owner", fn.when(~fn.coalesce(follows, fn.lit(False)), fn.col("_latest")))
