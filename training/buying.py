"""Who bought when, and for how much: the orders of a log by person, as what is told of customers needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.days import DAY
from recommender.events import schema
from recommender.events.identity import PERSON, login, person_of_customer, with_person
from recommender.lifecycle.histories import Purchases
from training.measuring.currencies import CODE, usual
from training.orders import AT, COST, ORDER, PROFIT, PURCHASE, REVENUE, UNKNOWN, vouched

VALUE: Final = "worth"
COSTED: Final = 0.95
"""Share of orders with goods of known cost only, from which on money is profit."""


class Bought(Protocol):
    """What the models of customers are told of a shop's orders, whoever gathered them; see :class:`Buying`."""

    @property
    def people(self) -> list[str]:
        """Everybody who ordered, sorted."""

    @property
    def end(self) -> datetime:
        """Of what the log tells."""

    @property
    def currency(self) -> str | None:
        """In which most orders are."""

    @property
    def money(self) -> str:
        """What values are."""

    @property
    def notes(self) -> Sequence[str]:
        """What was left out, in words."""

    @property
    def purchases(self) -> Purchases:
        """Days on which each person bought."""

    @property
    def totals(self) -> pl.DataFrame:
        """Of each person: `row`, and columns of `Customer`."""

    @property
    def end_day(self) -> int:
        """Days since 1970 of the last one."""

    @property
    def recognised(self) -> NDArray[np.bool_]:
        """Whose next order would be known to be theirs."""


@dataclass(frozen=True, eq=False)
class Buying:
    """The orders of a shop up to a moment."""

    people: list[str]
    """Everybody who ordered, sorted: `customer:<id>` or `visitor:<id>`."""
    orders: pl.DataFrame
    """`row` of the person, `at`, `revenue` and `worth`; both are null in a currency other than `currency`."""
    end: datetime
    """Of what the log tells: ages count from here."""
    currency: str | None
    """In which most orders are; None: the log names none."""
    money: str
    """What `worth` is: `profit` where goods have costs, else `revenue`."""
    notes: Sequence[str]
    """What was left out, in words."""

    @cached_property
    def purchases(self) -> Purchases:
        """Days on which each person bought."""
        days = self.orders[AT].dt.epoch("d").to_numpy().astype(np.int32)
        worth = self.orders[VALUE].to_numpy().astype(np.float64)
        return Purchases.of(self.orders["row"].to_numpy(), days, worth)

    @property
    def end_day(self) -> int:
        """Days since 1970 of the last one."""
        return int(self.end.timestamp() // DAY)

    @cached_property
    def recognised(self) -> NDArray[np.bool_]:
        """See :func:`recognised`."""
        return recognised(self.people)

    @property
    def totals(self) -> pl.DataFrame:
        """Totals of each person at the end."""
        return self.until(self.end)

    def until(self, moment: datetime) -> pl.DataFrame:
        """Totals of each person who had ordered by then: `row`, and columns of `Customer`."""
        counted = pl.col(REVENUE).is_not_null().sum().replace(0, None)
        seconds = (pl.col(AT).max() - pl.col(AT).min()).dt.total_milliseconds() / 1000
        return (
            self.orders.lazy()
            .filter(pl.col(AT) <= moment)
            .group_by("row")
            .agg(
                pl.len().alias("orders"),
                pl.col(REVENUE).sum().round(6).alias("spend"),
                pl.col(VALUE).sum().round(6).alias("historic_clv"),
                pl.col(AT).min().dt.epoch("s").alias("first"),
                pl.col(AT).max().dt.epoch("s").alias("last"),
                (pl.col(REVENUE).sum() / counted).alias("average_order_value"),
                (seconds / DAY / (pl.len() - 1).replace(0, None)).alias("average_days_between_orders"),
            )
            .sort("row")
            .collect()
        )


def recognised(people: Sequence[str]) -> NDArray[np.bool_]:
    """Whose next order would be known to be theirs: people with an account; all where nobody has one.

    A guest who orders again from another browser is another guest, so that guests seem to leave.
    """
    accounts = np.fromiter((one.startswith(person_of_customer("")) for one in people), bool, len(people))
    return accounts if accounts.any() else np.ones(len(people), bool)


def buying(
    log: pl.LazyFrame, costs: Mapping[str, float], now: datetime, sold: pl.DataFrame | None = None
) -> Buying | None:
    """The orders of a log by person; None when nobody ordered.

    What is an order, and what it came to: :func:`training.orders.vouched`.

    Args:
        log: the event log.
        costs: what one piece of each item costs the shop, where that is known.
        now: what is later is left out: a wrong clock would make everybody else seem to be gone.
        sold: the orders until now, if they are known already.
    """
    past = log.filter(pl.col(schema.TIMESTAMP) <= now)
    found = (vouched(past, costs) if sold is None else sold).join(orderers(past), on=ORDER, how="inner")
    if found.is_empty():
        return None
    currency = usual(found)
    costed = found.select(((pl.col(COST) > 0) & (pl.col(UNKNOWN) == 0)).mean()).item() >= COSTED
    same = CODE.is_null() | ((currency or "") == CODE)
    people = found[PERSON].unique().sort()
    rows = pl.DataFrame({PERSON: people, "row": np.arange(len(people), dtype=np.int32)})
    worth = PROFIT if costed else REVENUE
    orders = found.join(rows, on=PERSON, how="left").select(
        "row", AT, pl.when(same).then(REVENUE).alias(REVENUE), pl.when(same).then(worth).alias(VALUE)
    )
    end: datetime = past.select(pl.col(schema.TIMESTAMP).max()).collect().item()
    return Buying(
        people=people.to_list(),
        orders=orders,
        end=end.astimezone(UTC),
        currency=currency,
        money="profit" if costed else "revenue",
        notes=_notes(log, now, currency, orders),
    )


def _notes(log: pl.LazyFrame, now: datetime, currency: str | None, orders: pl.DataFrame) -> list[str]:
    late = (pl.col(schema.TIMESTAMP) > now) & (pl.col(schema.EVENT) == PURCHASE)
    future = log.filter(late).select(pl.coalesce(schema.ORDER_ID, schema.EVENT_ID).n_unique()).collect().item()
    return notes(future, orders[REVENUE].null_count(), currency)


def notes(future: int, other: int, currency: str | None) -> list[str]:
    """What was left out, in words: orders that lie in the future, and those in other currencies."""
    found = {
        f"{future:,} orders lie in the future and are left out": future,
        f"{other:,} orders in other currencies than {currency} count as orders, without their money": other,
    }
    return [words for words, count in found.items() if count]


def orderers(log: pl.LazyFrame) -> pl.DataFrame:
    """Who made each order: `order` and `person`; orders of nobody are not among them.

    Of the other rows only log-ins are read, which tell who is who, and which ids are nobody's.
    """
    bought = (pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.VERIFIED)
    columns = (schema.EVENT, schema.TIMESTAMP, schema.VERIFIED, schema.VISITOR_ID, schema.CUSTOMER_ID)
    order = pl.coalesce(schema.ORDER_ID, schema.EVENT_ID).alias(ORDER)
    return (
        with_person(log.filter(bought | login()).select(*columns, order))
        .filter(bought & pl.col(PERSON).is_not_null())
        .group_by(ORDER)
        .agg(pl.col(PERSON).sort_by(schema.TIMESTAMP, PERSON).first())
        .collect()
    )
