"""Visitors to draw experiments from: customers of a real order log, or invented ones with as heavy tails."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.experiments.difference import Metric
from recommender.experiments.moments import Moments
from recommender.experiments.winsor import cap, winsorised

DEMO = Path(__file__).parents[2] / "training" / "demo" / "online_retail.parquet"
DAYS, DAYS_BEFORE = 28, 84
START = datetime(2011, 11, 1)
COLUMNS = ("converted", "orders", "revenue", "capped", "revenue_before", "bought_before")


@dataclass(frozen=True)
class Shoppers:
    """What each did on each day of an experiment, and before it."""

    orders: NDArray[np.float64]
    """Shoppers by days."""
    revenue: NDArray[np.float64]
    """Likewise."""
    revenue_before: NDArray[np.float64]

    @cached_property
    def cap(self) -> float:
        """Of a shopper's revenue in the whole experiment."""
        return cap([self.revenue.sum(axis=1)])

    @cached_property
    def table(self) -> dict[str, NDArray[np.float64]]:
        """One line a shopper, for the whole experiment."""
        orders, revenue = self.orders.sum(axis=1), self.revenue.sum(axis=1)
        before = winsorised(self.revenue_before, cap([self.revenue_before]))
        columns = (orders > 0, orders, revenue, winsorised(revenue, self.cap), before, self.revenue_before > 0)
        return dict(zip(COLUMNS, (np.asarray(one, np.float64) for one in columns), strict=True))

    def treated(self, extra: float, dearer: float = 1.0) -> "Shoppers":
        """The same people under an offer: so many times as many buy, and each order brings so many times as much.

        Who is persuaded is anybody who would not buy, and does what one of the buyers does, small and large ones alike;
        what they did before is theirs.
        """
        bought = self.table["revenue"] > 0
        count = round((extra - 1) * bought.sum())
        buyers = np.flatnonzero(bought)[np.argsort(self.table["revenue"][bought])]
        models = buyers[((np.arange(count) + 0.5) * len(buyers) / count).astype(int)]
        persuaded = np.flatnonzero(~bought)[(np.arange(count) * (~bought).sum() / count).astype(int)]
        orders, revenue = self.orders.copy(), self.revenue.copy()
        orders[persuaded], revenue[persuaded] = self.orders[models], self.revenue[models]
        changed = Shoppers(orders, revenue * dearer, self.revenue_before)
        changed.__dict__["cap"] = self.cap
        return changed

    def value(self, metric: Metric) -> float:
        """The metric's true value."""
        below = 1.0 if metric.denominator is None else self.table[metric.denominator].mean()
        return float(self.table[metric.numerator].mean() / below)

    def draw(self, draw: np.random.Generator, visitors: int) -> Moments:
        """So many of them, with replacement."""
        times = draw.multinomial(visitors, np.full(len(self.orders), 1 / len(self.orders)))
        there = times > 0
        return Moments.of({name: values[there] for name, values in self.table.items()}, times[there])


def real(path: Path | None = None) -> Shoppers:
    """Customers of UCI Online Retail: of those who had bought by the end of November 2011, its first 28 days.

    Args:
        path: the CSV file, gzipped or not; the demo shop's copy, when left out.
    """
    rows = _read(path or DEMO).filter(
        pl.col("CustomerID").is_not_null(),
        pl.col("Quantity") > 0,
        pl.col("UnitPrice") > 0,
        pl.col("at") < START + timedelta(days=DAYS),
    )
    rows = rows.with_columns(
        day=(pl.col("at") - START).dt.total_seconds() // 86_400, value=pl.col("Quantity") * pl.col("UnitPrice")
    )
    baskets = rows.group_by("CustomerID", "InvoiceNo").agg(pl.col("day").min(), pl.col("value").sum())
    people = baskets["CustomerID"].unique().sort()
    row = people.search_sorted(baskets["CustomerID"]).to_numpy()
    day, value = baskets["day"].to_numpy().astype(int), baskets["value"].to_numpy()
    within = day >= 0
    orders, revenue = np.zeros((len(people), DAYS)), np.zeros((len(people), DAYS))
    np.add.at(orders, (row[within], day[within]), 1.0)
    np.add.at(revenue, (row[within], day[within]), value[within])
    earlier = ~within & (day >= -DAYS_BEFORE)
    return Shoppers(orders, revenue, np.bincount(row[earlier], value[earlier], len(people)))


def invented(seed: int, people: int = 3000) -> Shoppers:
    """Lognormal baskets of people who differ in how often they come and how much they spend."""
    draw = np.random.default_rng(seed)
    often = draw.gamma(0.5, 1.2, people)
    usual = draw.lognormal(5, 0.7, people)
    orders = draw.poisson(often[:, None] / DAYS, (people, DAYS)).astype(np.float64)
    revenue = orders * usual[:, None] * draw.lognormal(0, 0.5, (people, DAYS))
    before = draw.poisson(often * DAYS_BEFORE / DAYS) * usual * draw.lognormal(0, 0.3, people)
    return Shoppers(orders, revenue, before)


def _read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path).with_columns(at="InvoiceDate")
    columns = {"InvoiceNo": pl.String, "Quantity": pl.Int32, "InvoiceDate": pl.String, "UnitPrice": pl.Float64}
    found = pl.read_csv(
        path,
        columns=[*columns, "CustomerID"],
        schema_overrides=columns | {"CustomerID": pl.String},
        encoding="utf8-lossy",
    )
    return found.with_columns(at=pl.col("InvoiceDate").str.to_datetime("%m/%d/%Y %H:%M"))
