"""Orders as money decides by them: vouched for, each once, less what came back, with what the goods cost."""

from collections.abc import Mapping

import polars as pl

from recommender.events import schema
from recommender.events.names import EventName

ORDER, REVENUE, COST, PROFIT, AT, UNKNOWN = "order", "revenue", "cost", "profit", "at", "unknown_costs"
CLAIMED = "claimed"
CENT = 0.005
"""Values closer to one another are the same."""
PURCHASE, REFUND = EventName.PURCHASE.value, EventName.REFUND.value


def vouched(log: pl.LazyFrame, costs: Mapping[str, float]) -> pl.DataFrame:
    """One row an order, the earliest first, whether it was told by one event or by one for each of its lines.

    Columns are `order`, `visitor_id`, `customer_id`, `currency`, `claimed`, `at`, `revenue`, `cost`, `profit` and
    `unknown_costs`. Only what the shop's server or an import vouched for is an order. Browsers claim the same orders
    beforehand: `claimed` is the one that did. Refunds lessen revenue: by their amount, else by what the order asked for
    the items that they name, else by the whole order. Goods of unknown cost are taken to cost nothing, and counted.

    Args:
        log: the event log; events that came late or twice are in it once.
        costs: what one piece of each item costs the shop, where that is known.
    """
    lines = _once(_priced(_lines(log, costs)))
    value = pl.col(schema.VALUE).first()
    told = lines.group_by(schema.EVENT_ID).agg(
        pl.col(schema.EVENT, schema.VERIFIED, schema.VISITOR_ID, schema.CUSTOMER_ID, schema.CURRENCY, ORDER).first(),
        pl.col(schema.TIMESTAMP).min().alias(AT),
        pl.coalesce(value, pl.col("line").sum()).alias(REVENUE),
        (value.is_null() & pl.col("line").is_null().all()).alias("whole"),
        (value.is_null() | ((value - pl.col("line").sum()).abs() < CENT)).alias("own"),
        pl.col(schema.ITEM_ID).is_not_null().any().alias("items"),
        pl.col(COST).sum(),
        pl.col(UNKNOWN).sum(),
    )
    told = told.sort(AT, schema.EVENT_ID)
    bought = _orders(told.filter((pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.VERIFIED)))
    claims = told.filter((pl.col(schema.EVENT) == PURCHASE) & ~pl.col(schema.VERIFIED))
    claims = claims.unique(ORDER, keep="first", maintain_order=True).select(
        ORDER, pl.col(schema.VISITOR_ID).alias(CLAIMED)
    )
    refunds = told.filter((pl.col(schema.EVENT) == REFUND) & pl.col(schema.VERIFIED))
    back = refunds.group_by(ORDER).agg(
        pl.col(REVENUE).sum().alias("back"), pl.col(COST).sum().alias("returned"), pl.col("whole").any()
    )
    found = bought.join(claims, on=ORDER, how="left").join(back, on=ORDER, how="left")
    columns = (
        ORDER,
        schema.VISITOR_ID,
        schema.CUSTOMER_ID,
        schema.CURRENCY,
        CLAIMED,
        AT,
        REVENUE,
        COST,
        PROFIT,
        UNKNOWN,
    )
    return _lessened(found).select(columns).sort(AT, ORDER)


def _once(lines: pl.DataFrame) -> pl.DataFrame:
    """Without lines of a purchase that another event of the same order told before."""
    line = [ORDER, schema.EVENT, schema.VERIFIED, schema.ITEM_ID, schema.QUANTITY, schema.PRICE]
    numbered = lines.sort(schema.TIMESTAMP, schema.EVENT_ID, maintain_order=True).with_columns(
        pl.int_range(pl.len()).over(*line, schema.EVENT_ID).alias("nth")
    )
    sold = pl.col(schema.EVENT) == PURCHASE
    first = numbered.filter(sold).unique([*line, "nth"], keep="first", maintain_order=True)
    return pl.concat([first, numbered.filter(~sold)]).drop("nth")


def _orders(events: pl.DataFrame) -> pl.DataFrame:
    """Events by order: those of its first moment, for later ones tell it again.

    Values that are those of their own lines add up; others are of the whole order, told each time. An event without
    items adds nothing to one with some, nor the other way round.
    """
    at, items = (pl.col(name) == pl.col(name).first().over(ORDER) for name in (AT, "items"))
    same = events.filter(at & items)
    revenue = pl.when(pl.col("own").all()).then(pl.col(REVENUE).sum()).otherwise(pl.col(REVENUE).first())
    kept = pl.col(schema.VISITOR_ID, schema.CUSTOMER_ID, schema.CURRENCY, AT).first()
    added = pl.col(COST, UNKNOWN).sum()
    return same.group_by(ORDER, maintain_order=True).agg(kept, revenue.alias(REVENUE), added)


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
            schema.QUANTITY, schema.PRICE, schema.VALUE, schema.CURRENCY, schema.VERIFIED,
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
