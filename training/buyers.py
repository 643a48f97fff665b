"""Totals of everybody who ordered, from the whole log: what segments like `orders >= 2` ask for."""

import numpy as np
import polars as pl

from recommender.events import schema
from recommender.events.identity import PERSON, with_person
from recommender.models.buyers import BuyerModel
from training.orders import AT, ORDER, PURCHASE, REVENUE, vouched


def buyers(log: pl.LazyFrame) -> BuyerModel | None:
    """Orders, spend and last order of each person; None when nobody ordered.

    What is an order, and what it came to: :func:`training.orders.vouched`. Spend is in the currency of most orders.
    """
    found = vouched(log, {}).join(people(log), on=ORDER, how="inner")
    if found.is_empty():
        return None
    usual = found[schema.CURRENCY].drop_nulls().mode().sort()
    counted = pl.col(schema.CURRENCY).is_null() | (pl.col(schema.CURRENCY) == (usual[0] if len(usual) else ""))
    totals = (
        found.group_by(PERSON)
        .agg(
            pl.len().cast(pl.Int32).alias("orders"),
            pl.when(counted).then(pl.col(REVENUE)).otherwise(0.0).sum().round(6).alias("spend"),
            pl.col(AT).max().dt.epoch("s").alias("last"),
        )
        .sort(PERSON)
    )
    return BuyerModel.fit(
        totals[PERSON].to_list(),
        totals["orders"].to_numpy(),
        totals["spend"].to_numpy().astype(np.float64),
        totals["last"].to_numpy(),
    )


def people(log: pl.LazyFrame) -> pl.DataFrame:
    """Who made each order: `order` and `person`; orders of nobody are not among them.

    Of the other rows only log-ins are read, which tell who is who, of browsers that ordered without an account.
    """
    bought = (pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.VERIFIED)
    login = pl.col(schema.VISITOR_ID).is_not_null() & pl.col(schema.CUSTOMER_ID).is_not_null()
    columns = (schema.EVENT, schema.TIMESTAMP, schema.VERIFIED, schema.VISITOR_ID, schema.CUSTOMER_ID)
    order = pl.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER)
    orders = log.filter(bought).select(*columns, order).collect(engine="streaming")
    nameless = orders.filter(pl.col(schema.CUSTOMER_ID).is_null())[schema.VISITOR_ID].drop_nulls().unique()
    logins = log.filter(login & ~bought).select(*columns, order)
    of_them = logins.join(nameless.to_frame().lazy(), on=schema.VISITOR_ID, how="semi").collect(engine="streaming")
    return (
        with_person(pl.concat([orders, of_them]).lazy())
        .filter(bought & pl.col(PERSON).is_not_null())
        .group_by(ORDER)
        .agg(pl.col(PERSON).sort_by(schema.TIMESTAMP, PERSON).first())
        .collect()
    )
