"""What everybody who ordered is to the shop, from the whole log: what segments like `orders >= 2` ask for."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from recommender.events import schema
from recommender.events.identity import PERSON, links, person_of_customer, person_of_visitor, with_person
from recommender.lifecycle.rfm import rfm
from recommender.models.customers import CustomerModel, Terms
from training.orders import AT, COST, ORDER, PROFIT, PURCHASE, REVENUE, UNKNOWN, vouched

SECONDS_A_DAY: Final = 86_400.0
COSTED: Final = 0.95
"""Share of orders with goods of known cost only, from which on money is profit."""


def customers(log: pl.LazyFrame, costs: Mapping[str, float]) -> CustomerModel | None:
    """Orders, scores and values of each person; None when nobody ordered.

    What is an order, and what it came to: :func:`training.orders.vouched`. Money is in the currency of most orders.

    Args:
        log: the event log.
        costs: what one piece of each item costs the shop, where that is known. Lifetime values are profit where nearly
            all orders have goods of known cost only, and revenue elsewhere.
    """
    found = vouched(log, costs).join(_people(log), on=ORDER, how="inner")
    if found.is_empty():
        return None
    usual = found[schema.CURRENCY].drop_nulls().mode().sort()
    currency = usual[0] if len(usual) else None
    costed = found.select(((pl.col(COST) > 0) & (pl.col(UNKNOWN) == 0)).mean()).item() >= COSTED
    money = PROFIT if costed else REVENUE
    counted = pl.col(schema.CURRENCY).is_null() | (pl.col(schema.CURRENCY) == (currency or ""))
    totals = (
        found.group_by(PERSON)
        .agg(
            pl.len().alias("orders"),
            counted.sum().alias("counted"),
            *(
                pl.when(counted).then(pl.col(name)).otherwise(0.0).sum().round(6).alias(total)
                for total, name in (("spend", REVENUE), ("historic_clv", money))
            ),
            pl.col(AT).min().dt.epoch("s").alias("first"),
            pl.col(AT).max().dt.epoch("s").alias("last"),
        )
        .with_columns(
            (pl.col("spend") / pl.col("counted").replace(0, None)).alias("average_order_value"),
            ((pl.col("last") - pl.col("first")) / SECONDS_A_DAY / (pl.col("orders") - 1).replace(0, None)).alias(
                "average_days_between_orders"
            ),
        )
        .drop("counted")
        .sort(PERSON)
    )
    people = totals[PERSON].to_list()
    columns = {name: totals[name].cast(pl.Float64).to_numpy() for name in totals.columns if name != PERSON}
    scores = rfm(columns["last"], columns["orders"], columns["spend"])
    columns |= dict(zip(("recency", "frequency", "monetary", "rfm_group"), scores, strict=True))
    return CustomerModel.fit(
        people, columns, browsers=_browsers(log, people), terms=Terms(money=money, currency=currency)
    )


def _people(log: pl.LazyFrame) -> pl.DataFrame:
    """Who made each order; of the other rows only log-ins are read, which tell who is who."""
    bought = (pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.VERIFIED)
    login = pl.col(schema.VISITOR_ID).is_not_null() & pl.col(schema.CUSTOMER_ID).is_not_null()
    columns = (schema.EVENT, schema.TIMESTAMP, schema.VERIFIED, schema.VISITOR_ID, schema.CUSTOMER_ID)
    order = pl.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER)
    return (
        with_person(log.filter(bought | login).select(*columns, order))
        .filter(bought & pl.col(PERSON).is_not_null())
        .group_by(ORDER)
        .agg(pl.col(PERSON).sort_by(schema.TIMESTAMP, PERSON).first())
        .collect()
    )


def _browsers(log: pl.LazyFrame, people: list[str]) -> dict[str, int]:
    """Rows of the customers to whom alone browsers belong, under the keys of these."""
    rows = pl.LazyFrame({PERSON: people, "row": np.arange(len(people), dtype=np.int32)})
    found = (
        links(log)
        .select(
            pl.format(f"{person_of_visitor('')}{{}}", schema.VISITOR_ID).alias("browser"),
            pl.format(f"{person_of_customer('')}{{}}", schema.CUSTOMER_ID).alias(PERSON),
        )
        .join(rows, on=PERSON, how="inner")
        .sort("browser")
        .collect()
    )
    return dict(zip(found["browser"].to_list(), found["row"].to_list(), strict=True))
