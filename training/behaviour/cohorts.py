"""Who comes back: customers by the period of their first order, and how many of them ordered again how long after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from recommender.events import schema
from recommender.events.identity import PERSON, person_of_visitor
from training.buying import orderers
from training.measuring.currencies import CODE, usual
from training.orders import AT, ORDER, REVENUE

SHOWN: Final = 12
PERIOD, FIRST, SIZE = "period", "first", "size"


class Every(StrEnum):
    """How long a period is, by the shop's clock."""

    WEEK = "week"
    """From Monday on."""
    MONTH = "month"

    def number(self) -> pl.Expr:
        """Number of each local day's period, one more for each next."""
        day = pl.col("day")
        if self is Every.WEEK:
            return (day - pl.lit(MONDAY)).dt.total_days() // 7
        return day.dt.year().cast(pl.Int64) * 12 + day.dt.month() - 1

    def begins(self, number: int) -> date:
        """The first day of a period."""
        return MONDAY + timedelta(weeks=number) if self is Every.WEEK else date(number // 12, number % 12 + 1, 1)


MONDAY: Final = date(1990, 1, 1)


@dataclass(frozen=True)
class Cohorts:
    """What is asked."""

    until: datetime
    """What came later does not count."""
    zone: ZoneInfo
    """The shop's clock."""
    every: Every = Every.MONTH
    shown: int = SHOWN
    """So many of the last periods."""
    currency: str | None = None
    """In which revenue is told; left out: that of most orders."""


def customers_orders(log: pl.LazyFrame, sold: pl.DataFrame, robots: pl.Series) -> pl.DataFrame:
    """Of orders those of known people who are no robots: `person`, `at`, `revenue`, `currency`.

    Args:
        log: the event log, which tells who made them.
        sold: the orders; see :func:`training.orders.vouched`.
        robots: ids of visitors.
    """
    bought = sold.join(orderers(log), on=ORDER, how="inner")
    machines = pl.Series([person_of_visitor(visitor) for visitor in robots], dtype=pl.String)
    return bought.filter(~pl.col(PERSON).is_in(machines.implode())).select(PERSON, AT, REVENUE, schema.CURRENCY)


def cohorts(orders: pl.DataFrame, asked: Cohorts) -> dict[str, Any]:
    """The triangle of cohorts by periods since the first order, as JSON values.

    A period is complete when it ended by `until`. Of one that did not, shares are left open and what was counted so
    far stands beside them: it would otherwise look like customers who stay away. Revenue is in one
    currency; orders in others count without it.

    Args:
        orders: see :func:`customers_orders`.
        asked: how to count them.
    """
    known = orders.filter(pl.col(AT) <= asked.until)
    most = usual(known)
    currency = asked.currency or most
    # An order that names none is taken to be in the usual one.
    foreign = CODE.fill_null(most or "") != (currency or "")
    cells = _cells(known.with_columns(pl.when(foreign).then(0.0).otherwise(pl.col(REVENUE)).alias(REVENUE)), asked)
    rows = [_row(first, some, asked) for (first,), some in cells.group_by(FIRST, maintain_order=True)]
    return {
        "every": asked.every.value,
        "until": asked.until.astimezone(asked.zone),
        "timezone": asked.zone.key,
        "currency": currency,
        "orders_in_other_currencies": known.filter(foreign).height,
        "customers": known[PERSON].n_unique(),
        "orders": len(known),
        "cohorts": rows[-asked.shown :],
        "average": _average(rows[-asked.shown :], asked.shown),
        "notes": [*_notes(rows, asked)],
    }


def _cells(orders: pl.DataFrame, asked: Cohorts) -> pl.DataFrame:
    """Customers and revenue of each cohort in each period."""
    day = pl.col(AT).dt.convert_time_zone(asked.zone.key).dt.date().alias("day")
    numbered = orders.with_columns(day).with_columns(asked.every.number().alias(PERIOD))
    return (
        numbered.with_columns(pl.col(PERIOD).min().over(PERSON).alias(FIRST))
        .group_by(FIRST, PERIOD)
        .agg(pl.col(PERSON).n_unique().alias("customers"), pl.col(REVENUE).sum(), pl.len().alias("orders"))
        .sort(FIRST, PERIOD)
    )


def _row(first: int, some: pl.DataFrame, asked: Cohorts) -> dict[str, Any]:
    """One cohort, up to the period that holds `until`."""
    found = {period: rest for _, period, *rest in some.iter_rows()}
    size, spent, periods = found[first][0], 0.0, []
    for number in range(first, first + asked.shown + 1):
        if _midnight(asked.every.begins(number), asked.zone) > asked.until:
            break
        customers, revenue, orders = found.get(number, (0, 0.0, 0))
        spent += revenue
        complete = _midnight(asked.every.begins(number + 1), asked.zone) <= asked.until
        periods.append(
            {
                "after": number - first,
                "complete": complete,
                "customers": customers,
                "orders": orders,
                "share": customers / size if complete else None,
                "share_so_far": customers / size,
                "revenue": round(revenue, 2),
                "revenue_per_customer": revenue / size if complete else None,
                "revenue_per_customer_so_far": revenue / size,
                "revenue_per_customer_to_date": spent / size,
            }
        )
    return {"begins": asked.every.begins(first), "customers": size, "periods": periods}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _average(rows: list[dict[str, Any]], shown: int) -> list[dict[str, Any]]:
    """Of all cohorts that are old enough for a period, taken together."""
    found = []
    for after in range(shown + 1):
        old = [(row["customers"], row["periods"][after]) for row in rows if len(row["periods"]) > after]
        whole = [(size, cell) for size, cell in old if cell["complete"]]
        size = sum(size for size, _ in whole)
        if size:
            back = sum(cell["customers"] for _, cell in whole)
            revenue = sum(cell["revenue"] for _, cell in whole)
            told = {"after": after, "cohorts": len(whole), "customers": size}
            found.append(told | {"share": back / size, "revenue_per_customer": revenue / size})
    return found


def _notes(rows: list[dict[str, Any]], asked: Cohorts) -> Iterator[str]:
    if not rows:
        yield "No customer has ordered yet: only orders that the shop's server or an import vouched for count."
    elif len(rows) <= asked.shown:
        yield f"The log begins with the first {asked.every.value} here: who had ordered before counts as new in it."
