"""What became of each item that stood on a logged page: was it clicked, and what was ordered after that click?"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import polars as pl

from recommender.events import schema
from training.measuring.attribution import DAYS, PLACE, REQUEST, clicks, credited
from training.orders import REVENUE

MEASURES: Final = ("clicks", "orders", "revenue")
WORDS: Final = {
    "clicks": "items clicked",
    "orders": f"orders within {DAYS} days whose last click was here",
    "revenue": "what those came to",
}


class Place(NamedTuple):
    """An item in a showcase of a page."""

    request_id: str
    placement: str
    item_id: str


def rewards(log: pl.LazyFrame, orders: pl.DataFrame, requests: Collection[str]) -> Mapping[Place, tuple[float, ...]]:
    """One number for each of `MEASURES` of all that was clicked on some pages.

    Args:
        log: the event log.
        orders: of one currency; see :func:`training.measuring.orders.orders`.
        requests: ids of the pages.
    """
    place, clicked = [REQUEST, PLACE, schema.ITEM_ID], clicks(log)
    told = clicked.filter(pl.col(REQUEST).is_in([*requests]) & pl.col(schema.ITEM_ID).is_not_null())
    bought = credited(clicked, orders).group_by(place).agg(pl.len().alias("orders"), pl.col(REVENUE).sum())
    found = told.unique(place).select(place).join(bought, on=place, how="left")
    values = found.select(*place, pl.lit(1.0).alias("clicks"), pl.col("orders", REVENUE).fill_null(0.0))
    return {Place(*row[:3]): tuple(map(float, row[3:])) for row in values.iter_rows()}
