"""What a row says that somebody did, as a small number: the event, and of page views the type of page."""

from typing import Final

import polars as pl

from recommender.engine.page import PageType
from recommender.events import schema
from recommender.events.names import DECISIONS, DecisionName, EventName

EVENTS: Final = tuple(name.value for name in (*EventName, *DecisionName))
PAGES: Final = tuple(kind.value for kind in PageType)
PAGE_VIEW: Final = EventName.PAGE_VIEW.value
PURCHASE: Final = EventName.PURCHASE.value
LABELS: Final = (*EVENTS, *(f"{PAGE_VIEW}:{kind}" for kind in PAGES))
"""A label's number is its place here."""
EXIT: Final = len(LABELS)
"""Number of what comes after the last thing that somebody did."""
PASSIVE: Final = frozenset({EventName.VIEW_ITEM_LIST, EventName.VIEW_PROMOTION, EventName.REFUND}) | DECISIONS
"""What happens to people rather than being done by them: it keeps a session going, and is no step of a path."""
ACTIONS: Final = tuple(
    number for number, label in enumerate(LABELS) if label.partition(":")[0] not in {str(name) for name in PASSIVE}
)
LANDINGS: Final = {
    EventName.VIEW_ITEM.value: "product",
    EventName.VIEW_CART.value: "cart",
    EventName.SEARCH.value: "search",
}
"""The page on which somebody was who did this."""


def page_type() -> pl.Expr:
    """The type of the page that a page view tells of: null for other events, and where none was told."""
    # Only page views are looked into: reading JSON is what takes longest.
    told = pl.when(pl.col(schema.EVENT) == PAGE_VIEW).then(pl.col(schema.EXTRA)).str
    return pl.coalesce(told.json_path_match("$.type"), told.json_path_match("$.page_type"))


def label() -> pl.Expr:
    """Number of each row's label; page types that we do not know are `other`."""
    kinds = pl.col("page_type").cast(pl.Enum(PAGES), strict=False).to_physical().cast(pl.UInt8)
    other = pl.when(pl.col("page_type").is_not_null()).then(pl.lit(PAGES.index("other"), pl.UInt8))
    event = pl.col(schema.EVENT).cast(pl.Enum(EVENTS)).to_physical().cast(pl.UInt8)
    return pl.coalesce(pl.coalesce(kinds, other) + len(EVENTS), event).alias("label")
