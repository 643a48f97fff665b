"""What each visitor did after they entered an experiment, and before it."""

from datetime import datetime, timedelta
from typing import NamedTuple

import polars as pl

from recommender.events import schema
from recommender.events.names import EventName
from training.measuring.groups import ENTERED
from training.measuring.orders import AT, PROFIT, REVENUE

PRE_DAYS = 30
"""How far before they entered a visitor's orders foretell those after."""
SESSION = timedelta(minutes=30)
SECONDS_A_DAY = 86_400.0
PAGES = (EventName.PAGE_VIEW.value, EventName.VIEW_ITEM.value)
COLUMNS = (
    "orders", "converted", "revenue", "profit", "repeat", "gap_days", "gaps", "bounced", "pre_orders", "pre_revenue",
    "pre_profit",
)  # fmt: skip
"""One number a visitor; what is a share of others is divided when the visitors are added up."""


class Stretch(NamedTuple):
    """The time that is looked at."""

    since: datetime
    until: datetime


def outcomes(entered: pl.DataFrame, orders: pl.DataFrame, log: pl.LazyFrame) -> pl.DataFrame:
    """The visitors of one experiment with one column for each of `COLUMNS`.

    Args:
        entered: `visitor_id` and `entered`, one row a visitor.
        orders: of the shop; see :func:`.orders.orders`.
        log: the event log, for visits.
    """
    theirs = entered.select(schema.VISITOR_ID, ENTERED).join(orders, on=schema.VISITOR_ID, how="inner")
    after = theirs.filter(pl.col(AT) >= pl.col(ENTERED))
    before = theirs.filter(
        (pl.col(AT) < pl.col(ENTERED)) & (pl.col(AT) >= pl.col(ENTERED) - pl.duration(days=PRE_DAYS))
    )
    span = (pl.col(AT).max() - pl.col(AT).min()).dt.total_seconds() / SECONDS_A_DAY
    did = after.group_by(schema.VISITOR_ID).agg(
        pl.len().cast(pl.Float64).alias("orders"),
        pl.lit(1.0).alias("converted"),
        pl.col(REVENUE).sum().alias("revenue"),
        pl.col(PROFIT).sum().alias("profit"),
        (pl.len() > 1).cast(pl.Float64).alias("repeat"),
        span.alias("gap_days"),
        (pl.len() - 1).cast(pl.Float64).alias("gaps"),
    )
    had = before.group_by(schema.VISITOR_ID).agg(
        pl.len().cast(pl.Float64).alias("pre_orders"),
        pl.col(REVENUE).sum().alias("pre_revenue"),
        pl.col(PROFIT).sum().alias("pre_profit"),
    )
    joined = entered.join(did, on=schema.VISITOR_ID, how="left").join(had, on=schema.VISITOR_ID, how="left")
    joined = joined.join(_bounces(entered, log), on=schema.VISITOR_ID, how="left")
    return joined.with_columns(pl.col(*COLUMNS).fill_null(0.0))


def _bounces(entered: pl.DataFrame, log: pl.LazyFrame) -> pl.DataFrame:
    """Who saw one page and no more in the visit in which they entered."""
    views = (
        log.filter(pl.col(schema.EVENT).is_in(PAGES) & pl.col(schema.VISITOR_ID).is_not_null())
        .select(schema.VISITOR_ID, schema.TIMESTAMP)
        .join(entered.lazy().select(schema.VISITOR_ID, ENTERED), on=schema.VISITOR_ID, how="inner")
        .filter((pl.col(schema.TIMESTAMP) - pl.col(ENTERED)).abs() <= SESSION)
    )
    seen = views.group_by(schema.VISITOR_ID).agg(pl.len().alias("pages"))
    return seen.select(schema.VISITOR_ID, (pl.col("pages") <= 1).cast(pl.Float64).alias("bounced")).collect()
