"""Totals of everybody who ordered, from the whole log: what segments like `orders >= 2` ask for."""

import numpy as np
import polars as pl

from recommender.events import schema
from recommender.events.identity import PERSON, with_person
from recommender.events.names import EventName
from recommender.models.buyers import BuyerModel

AMOUNT, KIND, ORDER = "amount", "kind", "order"
PURCHASE, REFUND = EventName.PURCHASE.value, EventName.REFUND.value


def buyers(log: pl.LazyFrame) -> BuyerModel | None:
    """Orders, spend and last order of each person; None when nobody ordered.

    Only what the shop's server or an import vouched for counts, each order once; refunds lessen the spend, and one
    that names no amount takes back its whole order. Spend is in the currency of most orders.
    """
    told = _told(log)
    orders = told.filter(pl.col(schema.EVENT) == PURCHASE).unique(ORDER, keep="first", maintain_order=True)
    if orders.is_empty():
        return None
    refunds = (
        told.filter(pl.col(schema.EVENT) == REFUND)
        .join(orders.select(ORDER, whole=AMOUNT), on=ORDER, how="inner")
        .group_by(ORDER)
        .agg(pl.col(AMOUNT).fill_null(pl.col("whole")).sum().alias("back"))
    )
    usual = orders[schema.CURRENCY].drop_nulls().mode().sort()
    counted = pl.col(schema.CURRENCY).is_null() | (pl.col(schema.CURRENCY) == (usual[0] if len(usual) else ""))
    left = (pl.col(AMOUNT).fill_null(0.0) - pl.col("back").fill_null(0.0)).clip(lower_bound=0.0)
    totals = (
        orders.join(refunds, on=ORDER, how="left")
        .group_by(PERSON)
        .agg(
            pl.len().cast(pl.Int32).alias("orders"),
            pl.when(counted).then(left).otherwise(0.0).sum().round(6).alias("spend"),
            pl.col(schema.TIMESTAMP).max().dt.epoch("s").alias("last"),
        )
        .sort(PERSON)
    )
    return BuyerModel.fit(
        totals[PERSON].to_list(),
        totals["orders"].to_numpy(),
        totals["spend"].to_numpy().astype(np.float64),
        totals["last"].to_numpy(),
    )


def _told(log: pl.LazyFrame) -> pl.DataFrame:
    """One row an event of a known person: its order, and what it came to."""
    wanted = pl.col(schema.VERIFIED) & pl.col(schema.EVENT).is_in([PURCHASE, REFUND]) & pl.col(PERSON).is_not_null()
    lines = pl.col(schema.PRICE) * pl.col(schema.QUANTITY).fill_null(1.0)
    priced = pl.col(schema.PRICE).is_not_null().any()
    amount = pl.col(schema.VALUE).first().fill_null(pl.when(priced).then(lines.sum()))
    first = [pl.col(name).first() for name in (schema.EVENT, schema.TIMESTAMP, schema.CURRENCY, PERSON)]
    return (
        with_person(log)
        .filter(wanted)
        .group_by(schema.EVENT_ID, schema.ORDER_ID)
        .agg(*first, amount.alias(AMOUNT))
        .with_columns(pl.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER))
        .sort(schema.TIMESTAMP, schema.EVENT_ID)
        .collect()
    )
