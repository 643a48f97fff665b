"""Orders as something that visitors do: each once, in the browser and at the moment where it was made."""

import polars as pl

from recommender.events import schema
from training.behaviour.labels import PURCHASE
from training.measuring.orders import in_browsers
from training.orders import AT, CLAIMED, ORDER


def purchases(log: pl.LazyFrame) -> pl.DataFrame:
    """One row an order: `order`, `visitor_id`, `customer_id`, `session_id`, `timestamp`, `extra`, and `vouched`.

    A browser that claims the order tells best where and when it was made, by the clock of what came before it. What
    only the shop's server or an import tells of lies in the browser that it names, else in the one where the customer
    logged in last. Claims that nobody vouched for count as well: this is about what people do, not about money.

    Args:
        log: the event log.
    """
    told = (
        log.filter(pl.col(schema.EVENT) == PURCHASE)
        .select(
            pl.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER),
            schema.VISITOR_ID, schema.CUSTOMER_ID, schema.SESSION_ID, schema.TIMESTAMP, schema.EXTRA, schema.VERIFIED,
            schema.EVENT_ID, schema.ITEM_INDEX,
        )
        .collect(engine="streaming")
        .sort(schema.VERIFIED, schema.TIMESTAMP, schema.EVENT_ID, schema.ITEM_INDEX)
    )  # fmt: skip
    of_order = told.group_by(ORDER).agg(
        pl.col(schema.VERIFIED).any().alias("vouched"), pl.col(schema.CUSTOMER_ID).drop_nulls().last()
    )
    named = told.sort(pl.col(schema.VISITOR_ID).is_null(), maintain_order=True)
    first = named.unique(ORDER, keep="first", maintain_order=True).drop(schema.CUSTOMER_ID, schema.VERIFIED)
    found = first.join(of_order, on=ORDER, maintain_order="left").rename({schema.TIMESTAMP: AT})
    placed = in_browsers(found.sort(AT, ORDER).with_columns(pl.lit(None, pl.String).alias(CLAIMED)), log)
    return placed.drop(schema.EVENT_ID, schema.ITEM_INDEX).rename({AT: schema.TIMESTAMP})
