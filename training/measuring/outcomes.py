"""What each visitor did after they entered an experiment, and before it."""

from datetime import timedelta

import polars as pl

from recommender.days import DAY
from recommender.events import schema
from recommender.events.names import EventName
from training.measuring.groups import ENTERED, EXPERIMENT
from training.measuring.stretches import UNTIL
from training.orders import AT, PROFIT, REVENUE

PRE_DAYS = 30
"""How far before they entered a visitor's orders foretell those after."""
SESSION = timedelta(minutes=30)
HASH = "hash"
PAGES = (EventName.PAGE_VIEW.value, EventName.VIEW_ITEM.value)
COLUMNS = (
    "orders", "converted", "revenue", "profit", "repeat", "gap_days", "gaps", "bounced", "pre_orders", "pre_revenue",
    "pre_profit",
)  # fmt: skip
"""One number a visitor; what is a share of others is divided when the visitors are added up."""


def outcomes(entered: pl.DataFrame, orders: pl.DataFrame, visits: pl.DataFrame) -> pl.DataFrame:
    """The visitors of one experiment with one column for each of `COLUMNS`.

    Args:
        entered: `experiment`, `visitor_id`, `entered` and `until` (null: for ever), one row a visitor.
        orders: of the shop; see :func:`.orders.orders`.
        visits: in which they entered; see :func:`visits`. Who saw one page of it and no more bounced.
    """
    theirs = entered.select(schema.VISITOR_ID, ENTERED, UNTIL).join(orders, on=schema.VISITOR_ID, how="inner")
    after = theirs.filter((pl.col(AT) >= pl.col(ENTERED)) & (pl.col(AT) < pl.col(UNTIL)).fill_null(value=True))
    before = theirs.filter(
        (pl.col(AT) < pl.col(ENTERED)) & (pl.col(AT) >= pl.col(ENTERED) - pl.duration(days=PRE_DAYS))
    )
    span = (pl.col(AT).max() - pl.col(AT).min()).dt.total_seconds() / DAY
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
    joined = joined.join(visits, on=[schema.VISITOR_ID, EXPERIMENT], how="left")
    joined = joined.with_columns((pl.col("pages") <= 1).cast(pl.Float64).alias("bounced"))
    return joined.with_columns(pl.col(*COLUMNS).fill_null(0.0))


def visits(log: pl.LazyFrame, entered: pl.DataFrame) -> pl.DataFrame:
    """Pages that were seen within half an hour of entering an experiment: `visitor_id`, `experiment`, `pages`.

    Args:
        log: the event log.
        entered: `experiment`, `visitor_id` and `entered`, one row a visitor and experiment.
    """
    # Ids are joined by their hashes, in half the time; two of ten million visitors share one once in 300,000 logs.
    hashed = pl.col(schema.VISITOR_ID).hash().alias(HASH)
    views = (
        log.filter(pl.col(schema.EVENT).is_in(PAGES) & pl.col(schema.VISITOR_ID).is_not_null())
        .select(hashed, schema.TIMESTAMP)
        .join(entered.lazy().select(hashed, EXPERIMENT, ENTERED), on=HASH, how="inner")
        .filter((pl.col(schema.TIMESTAMP) - pl.col(ENTERED)).abs() <= SESSION)
        .group_by(HASH, EXPERIMENT)
        .len("pages")
        .collect(engine="streaming")
    )
    who = entered.select(schema.VISITOR_ID, EXPERIMENT, hashed)
    return who.join(views, on=[HASH, EXPERIMENT], how="inner").drop(HASH)
