"""Visitors that no person could be: they are in no group, and no order is theirs."""

from datetime import datetime

import polars as pl

from recommender.events import schema
from recommender.events.names import INTERACTIONS, EventName

BROWSING = sorted(INTERACTIONS - {EventName.PURCHASE})
BUCKETS = 2**14


def robots(log: pl.LazyFrame, most: int, since: datetime | None = None) -> pl.Series:
    """Ids of visitors who browsed more than `most` times on one day (UTC), as training leaves them out.

    Args:
        log: the event log.
        most: `training.cleaning.max_events_a_day` in the shop's configuration.
        since: look at what came after it; left out: at everything.
    """
    moment = pl.col(schema.TIMESTAMP)
    seen = pl.col(schema.EVENT).is_in([name.value for name in BROWSING]) & pl.col(schema.VISITOR_ID).is_not_null()
    rows = (log if since is None else log.filter(moment > since)).filter(seen)
    day = moment.dt.date().alias("day")
    # Counted by buckets of visitors first: the ids of all visitors of all days need far more memory and time.
    bucket = (pl.col(schema.VISITOR_ID).hash() % BUCKETS).cast(pl.UInt32)
    near = _busy(rows.select(bucket, day), most)
    if near.is_empty():
        return pl.Series(schema.VISITOR_ID, [], pl.String)
    named = rows.filter(pl.col(schema.ITEM_ID).is_not_null() & bucket.is_in(near.implode()))
    return _busy(named.select(schema.VISITOR_ID, day), most)


def _busy(browsing: pl.LazyFrame, most: int) -> pl.Series:
    return (
        browsing.group_by(schema.VISITOR_ID, "day")
        .len("events")
        .filter(pl.col("events") > most)
        .select(pl.col(schema.VISITOR_ID).unique().sort())
        .collect(engine="streaming")
        .to_series()
    )


def without(rows: pl.DataFrame, found: pl.Series) -> pl.DataFrame:
    """Rows of people."""
    return rows.join(found.to_frame(schema.VISITOR_ID), on=schema.VISITOR_ID, how="anti", maintain_order="left")


def unnamed(orders: pl.DataFrame, found: pl.Series) -> pl.DataFrame:
    """The same orders; those of robots are nobody's."""
    theirs = pl.col(schema.VISITOR_ID).is_in(found.implode())
    return orders.with_columns(pl.when(~theirs).then(pl.col(schema.VISITOR_ID)).alias(schema.VISITOR_ID))
