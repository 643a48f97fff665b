"""Cleaning: which rows of the log show a person's interest in an item, and which mislead."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from recommender.events import schema
from recommender.events.identity import PERSON, login, with_person
from recommender.events.names import INTERACTIONS, EventName
from recommender.training import CleaningConfig

ACTOR = "actor"
"""Who sat at the browser: the visitor, or the customer where no visitor is known."""
PLACE = "place"
"""Of a row among all by time, event and item."""
COLUMNS = (
    schema.EVENT,
    schema.TIMESTAMP,
    schema.VISITOR_ID,
    schema.CUSTOMER_ID,
    schema.SESSION_ID,
    schema.ITEM_ID,
    schema.QUANTITY,
    schema.PRICE,
    schema.ORDER_ID,
    schema.VERIFIED,
)
NEEDED = (
    schema.EVENT,
    schema.TIMESTAMP,
    schema.VISITOR_ID,
    schema.SESSION_ID,
    schema.ITEM_ID,
    schema.QUANTITY,
    schema.PRICE,
    schema.ORDER_ID,
    PERSON,
    ACTOR,
)
"""What is learned from; the rest only told which rows to keep."""
PURCHASE = EventName.PURCHASE.value


@dataclass(frozen=True)
class Cleaned:
    """Rows to learn from, and how many were left out why."""

    rows: pl.DataFrame
    left_out: dict[str, int]


def clean(log: pl.LazyFrame, config: CleaningConfig) -> Cleaned:
    """Keep the rows that show interest, each order's item once, without robots, returned goods and slips."""
    rows = _interactions(log, config)
    left_out: dict[str, int] = {}
    # One name for the rows of every stage, so that memory holds no more of them than the present and the next.
    for reason, stage in (
        ("repeated_order_rows", _single_orders),
        ("refunded_rows", lambda rows: _without_refunds(rows, log)),
        ("robot_rows", lambda rows: without_robots(rows, config)),
    ):
        before = rows.height
        rows = stage(rows)
        left_out[reason] = before - rows.height
    rows = _plausible_quantities(rows, config).select(*NEEDED, PLACE)
    return Cleaned(_in_place_order(rows), left_out)


def within_window(log: pl.LazyFrame, config: CleaningConfig) -> pl.LazyFrame:
    """The last days of the log, where only these are learned from."""
    if config.window_days is None:
        return log
    end = log.select(pl.col(schema.TIMESTAMP).max()).collect().item()
    return log.filter(pl.col(schema.TIMESTAMP) > end - pl.duration(days=config.window_days))


def _interactions(log: pl.LazyFrame, config: CleaningConfig) -> pl.DataFrame:
    wanted = pl.col(schema.EVENT).is_in([name.value for name in INTERACTIONS]) & pl.col(schema.ITEM_ID).is_not_null()
    log = within_window(log, config)
    rows = pl.concat([log.select(COLUMNS), _places(log)], how="horizontal")
    actor = pl.coalesce(pl.col(schema.VISITOR_ID), pl.lit("customer:") + pl.col(schema.CUSTOMER_ID))
    # A login may be an event without an item: it is read for the sake of who it was, and then dropped.
    people = with_person(rows.filter(wanted | login())).filter(wanted)
    return people.with_columns(actor.alias(ACTOR)).collect()


def _places(log: pl.LazyFrame) -> pl.LazyFrame:
    """The place of each row among all by time, event and item: a number is carried along instead of an id."""
    keys = (schema.TIMESTAMP, schema.EVENT_ID, schema.ITEM_INDEX)
    order = log.select(pl.arg_sort_by(*keys)).collect().to_series().to_numpy()
    places = np.empty(len(order), np.uint32)
    places[order] = np.arange(len(order), dtype=np.uint32)
    return pl.LazyFrame({PLACE: places})


def _in_place_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows by PLACE, and without it; `rows` is used up, column by column, so that memory holds it hardly twice."""
    order = rows.drop_in_place(PLACE).arg_sort()
    return pl.DataFrame([rows.drop_in_place(name).gather(order) for name in rows.columns])


def _single_orders(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each item of an order: a browser and the shop's server may both have told of it."""
    ordered = (pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.ORDER_ID).is_not_null()
    other, orders = rows.filter(~ordered), rows.filter(ordered)
    pair = [schema.ORDER_ID, schema.ITEM_ID]
    trusted = orders.filter(pl.col(schema.VERIFIED) == pl.col(schema.VERIFIED).max().over(pair))
    single = (
        trusted.sort(PLACE)
        .with_columns(pl.col(schema.QUANTITY).sum().over(pair))
        .unique(pair, keep="first", maintain_order=True)
    )
    return pl.concat([other, single])


def _without_refunds(rows: pl.DataFrame, log: pl.LazyFrame) -> pl.DataFrame:
    """Rows whose item was not given back whole; refunds that name no order cannot be matched."""
    refunds = (
        log.filter(pl.col(schema.EVENT) == EventName.REFUND.value, pl.col(schema.ORDER_ID).is_not_null())
        .group_by(schema.ORDER_ID, schema.ITEM_ID)
        .agg(pl.col(schema.QUANTITY).sum().alias("returned"), pl.col(schema.QUANTITY).null_count().alias("whole"))
        .collect()
    )
    if refunds.is_empty():
        return rows
    whole_orders = refunds.filter(pl.col(schema.ITEM_ID).is_null())
    items = refunds.filter(pl.col(schema.ITEM_ID).is_not_null())
    bought = pl.col(schema.EVENT) == PURCHASE
    matched = rows.join(items, on=[schema.ORDER_ID, schema.ITEM_ID], how="left", maintain_order="left")
    gone = bought & ((pl.col("whole") > 0) | (pl.col("returned") >= pl.col(schema.QUANTITY).fill_null(1)))
    order_gone = bought & pl.col(schema.ORDER_ID).is_in(whole_orders[schema.ORDER_ID].implode())
    return matched.filter(~gone.fill_null(False) & ~order_gone.fill_null(False)).select(rows.columns)


def without_robots(rows: pl.DataFrame, config: CleaningConfig) -> pl.DataFrame:
    """Rows without the browsing of actors that no person could be; what they bought stays."""
    browsing = rows.select(ACTOR, schema.TIMESTAMP, schema.ITEM_ID, schema.EVENT).filter(
        pl.col(schema.EVENT) != PURCHASE, pl.col(ACTOR).is_not_null()
    )
    moment = pl.col(schema.TIMESTAMP)
    daily = browsing.group_by(ACTOR, moment.dt.date()).len().filter(pl.col("len") > config.max_events_a_day)
    # A click on a list and the view that follows are one step: distinct moments are compared.
    hasty = (
        browsing.select(ACTOR, moment, schema.ITEM_ID)
        .unique([ACTOR, schema.ITEM_ID, schema.TIMESTAMP])
        .sort(ACTOR, schema.TIMESTAMP)
        .group_by(ACTOR)
        .agg(pl.len(), moment.diff().dt.total_microseconds().median().alias("pause"))
        .filter(pl.col("len") >= config.dwell_events, pl.col("pause") < config.min_dwell_seconds * 1e6)
    )
    robots = pl.concat([daily[ACTOR], hasty[ACTOR]]).unique()
    if robots.is_empty():
        return rows
    return rows.filter((pl.col(schema.EVENT) == PURCHASE) | ~pl.col(ACTOR).is_in(robots.implode()).fill_null(False))


def _plausible_quantities(rows: pl.DataFrame, config: CleaningConfig) -> pl.DataFrame:
    quantity = pl.col(schema.QUANTITY)
    plausible = (quantity > 0) & (quantity <= config.max_quantity)
    return rows.with_columns(pl.when(plausible).then(quantity).otherwise(1.0).alias(schema.QUANTITY))
