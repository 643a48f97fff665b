"""Orders with the browser in which each was made: only that tells in which group its visitor was."""

from collections.abc import Mapping

import polars as pl

from recommender.events import schema
from recommender.events.identity import login
from training.orders import AT, CLAIMED, vouched

LOGIN_DAYS = 30
"""How long after a log-in a customer's orders are taken to have been made in that browser."""


def orders(log: pl.LazyFrame, costs: Mapping[str, float]) -> pl.DataFrame:
    """The orders that somebody vouched for; see :func:`training.orders.vouched`. `visitor_id` is the browser.

    A browser that claimed the order beforehand tells it; an order that none claimed is that of the browser where its
    customer logged in last.

    Args:
        log: the event log.
        costs: what one piece of each item costs the shop, where that is known.
    """
    return in_browsers(vouched(log, costs), log)


def in_browsers(found: pl.DataFrame, log: pl.LazyFrame) -> pl.DataFrame:
    """Orders with the browser of each as `visitor_id`, instead of that and `claimed`.

    Args:
        found: orders with `visitor_id`, `claimed`, `customer_id` and `at`.
        log: the event log, which tells of log-ins.
    """
    unknown = pl.coalesce(schema.VISITOR_ID, CLAIMED).is_null() & pl.col(schema.CUSTOMER_ID).is_not_null()
    customers = found.filter(unknown)[schema.CUSTOMER_ID].unique()
    near = found.join_asof(
        _logins(log, customers), on=AT, by=schema.CUSTOMER_ID, strategy="backward", tolerance=f"{LOGIN_DAYS}d",
        check_sortedness=False,
    )  # fmt: skip
    visitor = pl.coalesce(schema.VISITOR_ID, CLAIMED, "logged").alias(schema.VISITOR_ID)
    return near.with_columns(visitor).drop(CLAIMED, "logged")


def _logins(log: pl.LazyFrame, customers: pl.Series) -> pl.DataFrame:
    """When some customers were seen in which browser."""
    told = log if len(customers) else log.limit(0)
    return (
        told.filter(login())
        .select(schema.CUSTOMER_ID, pl.col(schema.TIMESTAMP).alias(AT), logged=schema.VISITOR_ID)
        .join(customers.to_frame().lazy(), on=schema.CUSTOMER_ID, how="semi")
        .unique()
        .collect(engine="streaming")
        .sort(AT, "logged")
    )
