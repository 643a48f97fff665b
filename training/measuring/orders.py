"""Orders as money decides by them: vouched for, each once, less what came back, with what the goods cost."""

from collections.abc import Mapping

import polars as pl

from recommender.events import schema
from recommender.events.names import EventName

ORDER, REVENUE, COST, PROFIT, AT, UNKNOWN = "order", "revenue", "cost", "profit", "at", "unknown_costs"
PURCHASE, REFUND = EventName.PURCHASE.value, EventName.REFUND.value
LOGIN_DAYS = 30
"""How long after a log-in a customer's orders are taken to have been made in that browser."""


def orders(log: pl.LazyFrame, costs: Mapping[str, float]) -> pl.DataFrame:
    """One row an order: `order`, `visitor_id`, `customer_id`, `at`, `revenue`, `cost`, `profit`, `unknown_costs`.

    Only what the shop's server or an import vouched for is an order. Browsers claim the same orders beforehand, which
    tells in which browser each was made; an order that no browser claimed is that of the browser where its customer
    logged in last. Refunds lessen revenue: by their amount, else by what the order asked for the items that they name,
    else by the whole order. Goods whose cost is unknown are taken to cost nothing, and counted.

    Args:
        log: the event log; events that came late or twice are in it once.
        costs: what one piece of each item costs the shop, where that is known.
    """
    lines = _priced(_lines(log, costs))
    told = lines.group_by(schema.EVENT_ID).agg(
        pl.col(schema.EVENT, schema.VERIFIED, schema.VISITOR_ID, schema.CUSTOMER_ID, ORDER).first(),
        pl.col(schema.TIMESTAMP).min().alias(AT),
        pl.coalesce(pl.col(schema.VALUE).first(), pl.col("line").sum()).alias(REVENUE),
        (pl.col(schema.VALUE).first().is_null() & pl.col("line").is_null().all()).alias("whole"),
        pl.col(COST).sum(),
        pl.col(UNKNOWN).sum(),
    )
    told = told.sort(AT, schema.EVENT_ID)
    bought = told.filter((pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.VERIFIED))
    bought = bought.unique(ORDER, keep="first", maintain_order=True)
    claims = told.filter((pl.col(schema.EVENT) == PURCHASE) & ~pl.col(schema.VERIFIED))
    claims = claims.unique(ORDER, keep="first", maintain_order=True).select(ORDER, claimed=schema.VISITOR_ID)
    refunds = told.filter((pl.col(schema.EVENT) == REFUND) & pl.col(schema.VERIFIED))
    back = refunds.group_by(ORDER).agg(
        pl.col(REVENUE).sum().alias("back"), pl.col(COST).sum().alias("returned"), pl.col("whole").any()
    )
    found = bought.drop("whole").join(claims, on=ORDER, how="left").join(back, on=ORDER, how="left")
    return _in_browsers(_lessened(found), log)


def _lines(log: pl.LazyFrame, costs: Mapping[str, float]) -> pl.DataFrame:
    known = pl.LazyFrame(
        {schema.ITEM_ID: [*costs], "piece": [*costs.values()]},
        schema={schema.ITEM_ID: pl.String, "piece": pl.Float64},
    )
    quantity = pl.col(schema.QUANTITY).fill_null(1.0)
    item = pl.col(schema.ITEM_ID).is_not_null()
    return (
        log.filter(pl.col(schema.EVENT).is_in([PURCHASE, REFUND]))
        .select(
            schema.EVENT_ID, schema.EVENT, schema.TIMESTAMP, schema.VISITOR_ID, schema.CUSTOMER_ID, schema.ITEM_ID,
            schema.QUANTITY, schema.PRICE, schema.VALUE, schema.VERIFIED,
            pl.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER),
        )
        .join(known, on=schema.ITEM_ID, how="left")
        .with_columns(
            (pl.col("piece") * quantity).fill_null(0.0).alias(COST),
            (item & pl.col("piece").is_null()).cast(pl.Int32).alias(UNKNOWN),
        )
        .collect()
    )  # fmt: skip


def _priced(lines: pl.DataFrame) -> pl.DataFrame:
    """With what each line came to; goods that come back without a price do so at that of their order."""
    sold = lines.filter((pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.VERIFIED))
    asked = sold.group_by(ORDER, schema.ITEM_ID).agg(pl.col(schema.PRICE).drop_nulls().first().alias("asked"))
    back = pl.when(pl.col(schema.EVENT) == REFUND).then("asked")
    price = pl.coalesce(schema.PRICE, back) * pl.col(schema.QUANTITY).fill_null(1.0)
    return lines.join(asked, on=[ORDER, schema.ITEM_ID], how="left").with_columns(price.alias("line"))


def _lessened(found: pl.DataFrame) -> pl.DataFrame:
    """Without what was given back; a return gives the goods back, too."""
    gone = pl.col("whole").fill_null(value=False)
    revenue = (pl.col(REVENUE) - pl.col("back").fill_null(0.0)).clip(lower_bound=0.0)
    cost = (pl.col(COST) - pl.col("returned").fill_null(0.0)).clip(lower_bound=0.0)
    return found.with_columns(
        pl.when(gone).then(0.0).otherwise(revenue).alias(REVENUE),
        pl.when(gone).then(0.0).otherwise(cost).alias(COST),
    ).with_columns((pl.col(REVENUE) - pl.col(COST)).alias(PROFIT))


def _in_browsers(found: pl.DataFrame, log: pl.LazyFrame) -> pl.DataFrame:
    unknown = pl.coalesce(schema.VISITOR_ID, "claimed").is_null() & pl.col(schema.CUSTOMER_ID).is_not_null()
    customers = found.filter(unknown)[schema.CUSTOMER_ID].unique()
    logins = _logins(log, customers)
    near = found.sort(AT).join_asof(
        logins, on=AT, by=schema.CUSTOMER_ID, strategy="backward", tolerance=f"{LOGIN_DAYS}d", check_sortedness=False
    )
    visitor = pl.coalesce(schema.VISITOR_ID, "claimed", "logged").alias(schema.VISITOR_ID)
    return near.select(ORDER, visitor, schema.CUSTOMER_ID, AT, REVENUE, COST, PROFIT, UNKNOWN).sort(AT, ORDER)


def _logins(log: pl.LazyFrame, customers: pl.Series) -> pl.DataFrame:
    """When some customers were seen in which browser."""
    told = log if len(customers) else log.limit(0)
    return (
        told.filter(pl.col(schema.VISITOR_ID).is_not_null() & pl.col(schema.CUSTOMER_ID).is_not_null())
        .select(schema.CUSTOMER_ID, pl.col(schema.TIMESTAMP).alias(AT), logged=schema.VISITOR_ID)
        .join(customers.to_frame().lazy(), on=schema.CUSTOMER_ID, how="semi")
        .unique()
        .collect(engine="streaming")
        .sort(AT, "logged")
    )
