"""Attributed revenue: orders within seven days of the last click; beside the incremental figures, never instead."""

from base64 import urlsafe_b64decode
from typing import Any

import orjson
import polars as pl

from recommender.events import schema
from recommender.events.names import EventName
from recommender.tokens import Attribution
from training.orders import AT, ORDER, REVENUE

DAYS = 7
CLICKS = (EventName.SELECT_ITEM.value, EventName.SELECT_PROMOTION.value)
PLACE, CLICKED, REQUEST = "placement", "clicked", "request"
FIELDS = [*Attribution._fields]
"""What a token holds, in order."""


def attributed(log: pl.LazyFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """One row a placement or campaign: `placement`, `clicks`, `orders`, `revenue`, and both with `same_item_` before.

    An order is credited, whole, to the last click of its visitor within seven days before it; for `same_item` only if
    the item that was clicked is in it, and then with what that item cost.

    Args:
        log: the event log.
        orders: of the shop; see :func:`.orders.orders`.
    """
    clicked = clicks(log)
    lines, last = _lines(log), credited(clicked, orders)
    same = last.join(lines, on=[ORDER, schema.ITEM_ID], how="inner")
    whole = last.group_by(PLACE).agg(pl.len().alias("orders"), pl.col(REVENUE).sum())
    items = same.group_by(PLACE).agg(
        pl.col(ORDER).n_unique().alias("same_item_orders"), pl.col("line").sum().alias("same_item_revenue")
    )
    counted = clicked.group_by(PLACE).len("clicks")
    return (
        counted.join(whole, on=PLACE, how="left")
        .join(items, on=PLACE, how="left")
        .fill_null(0)
        .sort(REVENUE, PLACE, descending=[True, False])
    )


def credited(clicked: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """The orders that follow a click of their visitor within seven days, with the last one: `placement`, `item_id`, ...

    Args:
        clicked: see :func:`clicks`.
        orders: of the shop; see :func:`.orders.orders`.
    """
    return (
        orders.filter(pl.col(schema.VISITOR_ID).is_not_null())
        .sort(AT)
        .join_asof(
            clicked.sort(CLICKED), left_on=AT, right_on=CLICKED, by=schema.VISITOR_ID, strategy="backward",
            tolerance=f"{DAYS}d", check_sortedness=False,
        )
        .filter(pl.col(PLACE).is_not_null())
    )  # fmt: skip


def clicks(log: pl.LazyFrame) -> pl.DataFrame:
    """Clicks on what was shown: `visitor_id`, `item_id`, `clicked`, `placement` and `request`, which showed it."""
    told = (
        log.filter(
            pl.col(schema.EVENT).is_in(CLICKS)
            & pl.col(schema.ATTRIBUTION_TOKEN).is_not_null()
            & pl.col(schema.VISITOR_ID).is_not_null()
        )
        .select(
            schema.VISITOR_ID,
            schema.ITEM_ID,
            pl.col(schema.TIMESTAMP).alias(CLICKED),
            pl.col(schema.ATTRIBUTION_TOKEN).str.split(".").list.get(1, null_on_oob=True).alias("payload"),
        )
        .collect()
    )
    payloads = told["payload"].unique()
    credited = [_credited(one) for one in payloads]
    places = pl.DataFrame(
        {"payload": payloads, PLACE: [one[0] for one in credited], REQUEST: [one[1] for one in credited]},
        schema={"payload": pl.String, PLACE: pl.String, REQUEST: pl.String},
    )
    return told.join(places, on="payload", how="left").drop("payload").filter(pl.col(PLACE).is_not_null())


def _credited(payload: str | None) -> tuple[str | None, str | None]:
    """Placement and request of a token; a report credits nothing else by it, so the signature is not asked for."""
    try:
        values: Any = orjson.loads(urlsafe_b64decode(f"{payload}{'=' * (-len(payload or '') % 4)}"))
        found = dict(zip(FIELDS, values, strict=False))
    except (ValueError, TypeError, LookupError):
        return None, None
    placement, request = (found.get(name) for name in ("placement", "request_id"))
    return placement if isinstance(placement, str) else None, request if isinstance(request, str) else None


def _lines(log: pl.LazyFrame) -> pl.DataFrame:
    quantity = pl.col(schema.QUANTITY).fill_null(1.0)
    return (
        log.filter((pl.col(schema.EVENT) == EventName.PURCHASE.value) & pl.col(schema.VERIFIED))
        .select(
            pl.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER),
            schema.ITEM_ID,
            (pl.col(schema.PRICE).fill_null(0.0) * quantity).alias("line"),
        )
        .group_by(ORDER, schema.ITEM_ID)
        .agg(pl.col("line").sum())
        .collect()
    )
