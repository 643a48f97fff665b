"""What everybody did, in order and by sessions: some of the people at a time, so that memory holds any log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from recommender.days import SESSION_GAP
from recommender.events import schema
from recommender.events.identity import SINCE, links
from training.behaviour.labels import PURCHASE, label, page_type

WHO, AT, NAME, SESSION, LABEL = "who", "at", "name", "session", "label"
ROWS = 24_000_000
"""Rows that memory holds at once: the people of a longer log are read in turns."""
PART = 1_500_000
"""Rows that are put in order at once."""
READ = (
    schema.VISITOR_ID, schema.CUSTOMER_ID, schema.SESSION_ID, schema.TIMESTAMP, schema.EVENT, schema.EXTRA,
)  # fmt: skip
UNNAMED = 0


@dataclass(frozen=True)
class Visits:
    """The log of some time, to be read as sessions.

    A session is what one browser, or an account that was seen without one, did without a pause of more than half an
    hour. Where the shop names sessions, it ends where the name changes, and the same name bridges longer pauses.
    """

    log: pl.LazyFrame
    """Events of that time."""
    bought: pl.DataFrame
    """Its orders; see :func:`training.behaviour.purchases.purchases`."""
    robots: pl.Series
    """Visitors that are no people, and are left out."""

    def parts(
        self, *more: pl.Expr, accounts: pl.DataFrame | None = None, rows: int = ROWS, part: int = PART
    ) -> Iterator[pl.DataFrame]:
        """Everybody's rows, of some of the people at a time, in order of person and time.

        Columns are `who` (a hash), `at`, `label` and `session` (numbers from 0 in each part), and `more`. An event of
        several items is one row. Events at the same moment stay in the order in which the log has them.

        Args:
            more: further columns, of the log's columns and `page_type`.
            accounts: browsers that are accounts, see :func:`accounts`; left out: each browser is somebody.
            rows: how many rows memory may hold at once.
            part: how many of them are put in order at once.
        """
        wanted = self._rows(more, accounts)
        count = self.log.select(pl.len()).collect(engine="streaming").item() + len(self.bought)
        turns = -(-count // rows) or 1
        for turn in range(turns):
            frame = wanted.filter(pl.col(WHO) % turns == turn).collect(engine="streaming")
            pieces = -(-len(frame) // part) or 1
            # Divided once, and compared once a piece: a division takes many times as long.
            of_piece = frame.select((pl.col(WHO) // turns % pieces).cast(pl.Int32)).to_series()
            for piece in range(pieces):
                some = frame.filter(of_piece == piece)
                if len(some):
                    yield in_sessions(_in_order(some))

    def _rows(self, more: Sequence[pl.Expr], accounts: pl.DataFrame | None) -> pl.LazyFrame:
        once = (pl.col(schema.ITEM_INDEX) == 0) & (pl.col(schema.EVENT) != PURCHASE)
        orders = self.bought.lazy().with_columns(pl.lit(PURCHASE).alias(schema.EVENT)).select(READ)
        rows = pl.concat([self.log.filter(once).select(READ), orders])
        if len(self.robots):
            rows = rows.filter(~pl.col(schema.VISITOR_ID).is_in(self.robots.implode()).fill_null(value=False))
        visitor, customer = hashed()
        session = pl.col(schema.SESSION_ID)
        found = rows.with_columns(page_type().alias("page_type")).select(
            visitor,
            customer,
            pl.col(schema.TIMESTAMP).alias(AT),
            pl.when(session.is_not_null()).then(session.hash()).alias(NAME),
            label(),
            *more,
        )
        who = pl.coalesce(schema.VISITOR_ID, schema.CUSTOMER_ID)
        if accounts is not None:
            found = found.join(accounts.lazy(), on=schema.VISITOR_ID, how="left", maintain_order="left")
            account = pl.when(pl.col(AT) >= pl.col(SINCE)).then("account")
            who = pl.coalesce(schema.CUSTOMER_ID, account, schema.VISITOR_ID)
        known = found.with_columns(who.alias(WHO)).filter(pl.col(WHO).is_not_null())
        return known.drop(schema.VISITOR_ID, schema.CUSTOMER_ID, "account", SINCE, strict=False)


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by person and time, those of one moment as they were; faster than a sort by both, since days follow days."""
    by_time = np.argsort(rows[AT].to_numpy(), kind="stable")
    return rows[by_time[np.argsort(rows[WHO].to_numpy()[by_time], kind="stable")]]


def hashed() -> tuple[pl.Expr, pl.Expr]:
    """Visitor and customer as hashes under their own names; a visitor and a customer of one id stay apart."""
    visitor, customer = pl.col(schema.VISITOR_ID), pl.col(schema.CUSTOMER_ID)
    return (
        pl.when(visitor.is_not_null()).then(visitor.hash()).alias(schema.VISITOR_ID),
        pl.when(customer.is_not_null()).then(customer.hash(1)).alias(schema.CUSTOMER_ID),
    )


def accounts(log: pl.LazyFrame) -> pl.DataFrame:
    """Browsers of one account: `visitor_id` and `account` as hashes, and `since` when what they do is the account's."""
    found = links(log.select(*hashed(), schema.TIMESTAMP)).rename({schema.CUSTOMER_ID: "account"})
    return found.collect(engine="streaming")


def in_sessions(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in order of person and time, with the number of each one's session instead of its name."""
    other = pl.col(WHO).ne_missing(pl.col(WHO).shift())
    name = pl.col(NAME)
    # The last name that the person's sessions had; nobody inherits the name of the one before.
    latest = pl.when(other & name.is_null()).then(pl.lit(UNNAMED, pl.UInt64)).otherwise(name).forward_fill()
    before = latest.shift()
    same = (name == before).fill_null(value=False)
    changed = (name.is_not_null() & (before != UNNAMED) & (name != before)).fill_null(value=False)
    pause = (pl.col(AT).diff() > SESSION_GAP).fill_null(value=False)
    begins = other | changed | (pause & ~same)
    return rows.with_columns((begins.cum_sum().cast(pl.Int32) - 1).alias(SESSION)).drop(NAME)
