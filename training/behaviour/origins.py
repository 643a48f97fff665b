"""What sessions are told apart by: with what somebody came, from where, on which page, and who it was."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from recommender.events import schema
from recommender.events.names import DecisionName, EventName
from training.behaviour.labels import LABELS, LANDINGS
from training.behaviour.visits import AT, LABEL, SESSION, WHO, hashed

UNKNOWN: Final = "unknown"
TELLING: Final = tuple(
    name.value
    for name in (
        EventName.PAGE_VIEW, EventName.VIEW_ITEM, DecisionName.SHOWCASES_OFFERED, DecisionName.SHOWCASES_NOT_OFFERED,
    )
)  # fmt: skip
"""Events that tell of device or source: those with which a page begins."""
HOST: Final = r"^[a-zA-Z-]+://(?:www\.)?([^/:?#]+)"
FIRST_ORDER: Final = "first_order"


class By(StrEnum):
    """What sessions can be told apart by."""

    DEVICE = "device"
    SOURCE = "source"
    SEGMENT = "segment"
    PAGE_TYPE = "page_type"


@dataclass(frozen=True)
class Past:
    """What was known of people before: one row each, by the hash `who`."""

    seen: pl.DataFrame
    """Who came before the time that is looked at."""
    bought: pl.DataFrame
    """`first_order` of everybody who ordered up to its end."""

    @classmethod
    def of(cls, earlier: pl.LazyFrame, bought: pl.DataFrame, accounts: pl.DataFrame | None) -> "Past":
        """Read it from the log.

        Args:
            earlier: events before the time that is looked at.
            bought: all orders up to its end.
            accounts: browsers that are accounts; left out: each browser is somebody.
        """
        visitor, customer = hashed()
        who = pl.coalesce(schema.VISITOR_ID, schema.CUSTOMER_ID)
        if accounts is not None:
            account = accounts.select(schema.VISITOR_ID, "account").lazy()
            who = pl.coalesce(schema.CUSTOMER_ID, "account", schema.VISITOR_ID)

        def named(rows: pl.LazyFrame) -> pl.LazyFrame:
            found = rows.select(visitor, customer, schema.TIMESTAMP)
            joined = found if accounts is None else found.join(account, on=schema.VISITOR_ID, how="left")
            return joined.select(who.alias(WHO), schema.TIMESTAMP).drop_nulls(WHO)

        seen = named(earlier).select(WHO).unique().collect(engine="streaming")
        first = named(bought.lazy()).group_by(WHO).agg(pl.col(schema.TIMESTAMP).min().alias(FIRST_ORDER)).collect()
        return cls(seen, first)


def told(by: By) -> list[pl.Expr]:
    """What has to be read of every row for this; of the log's columns."""
    extra = pl.when(pl.col(schema.EVENT).is_in(TELLING)).then(pl.col(schema.EXTRA))
    if by is By.DEVICE:
        return [extra.str.json_path_match("$.device").cast(pl.Categorical).alias(by)]
    if by is By.SOURCE:
        return [pl.coalesce(extra.str.json_path_match("$.source"), _referrer(extra)).cast(pl.Categorical).alias(by)]
    return []


def _referrer(extra: pl.Expr) -> pl.Expr:
    """Where GA4's `page_referrer` leads; null on a page that another one of the shop led to."""
    address = extra.str.json_path_match("$.page_referrer")
    host, own = (
        address.str.extract(HOST).str.to_lowercase(),
        extra.str.json_path_match("$.page_location").str.extract(HOST),
    )
    direct = pl.when(address == "").then(pl.lit("direct"))
    return pl.coalesce(direct, pl.when(host.ne_missing(own.str.to_lowercase())).then(host))


def of_sessions(rows: pl.DataFrame, by: By, past: Past | None) -> pl.Series:
    """One word for each session of rows in order: the first that any of its rows tells."""
    sessions = rows.group_by(SESSION, maintain_order=True)
    if by is By.SEGMENT:
        assert past is not None, "segments need the past"
        return _segments(sessions.agg(pl.col(WHO, AT).first()), past)
    if by is By.PAGE_TYPE:
        pages = [LANDINGS.get(label, label.partition(":")[2] or None) for label in LABELS]
        word = pl.col(LABEL).replace_strict([*range(len(LABELS))], pages, return_dtype=pl.Categorical)
        rows = rows.with_columns(word.alias(by))
        sessions = rows.group_by(SESSION, maintain_order=True)
    return sessions.agg(pl.col(by).drop_nulls().first())[by].cast(pl.String).fill_null(UNKNOWN)


def _segments(sessions: pl.DataFrame, past: Past) -> pl.Series:
    """Buyers ordered before the session; others who came before return; the rest is new."""
    known = sessions.join(past.bought, on=WHO, how="left", maintain_order="left")
    before = pl.col(WHO).is_in(past.seen[WHO].implode()) | ~pl.col(WHO).is_first_distinct()
    buyer = (pl.col(FIRST_ORDER) < pl.col(AT)).fill_null(value=False)
    word = pl.when(buyer).then(pl.lit("buyer")).when(before).then(pl.lit("returning")).otherwise(pl.lit("new"))
    return known.select(word.alias(By.SEGMENT)).to_series()
