"""From the log of a shop to what its people do: whose rows count, of which time, and each order once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import polars as pl

from recommender.events import schema
from recommender.training import CleaningConfig
from training.behaviour.cohorts import SHOWN, Cohorts, Every, cohorts, customers_orders
from training.behaviour.funnel import Funnel, FunnelCounter
from training.behaviour.origins import By, Past
from training.behaviour.paths import STEPS, PathCounter, To
from training.behaviour.purchases import purchases
from training.behaviour.visits import Visits, accounts
from training.behaviour.window import Window
from training.measuring.robots import robots
from training.orders import vouched


@dataclass(frozen=True)
class Behaviour:
    """What one log tells, up to a moment."""

    log: pl.LazyFrame
    """All events."""
    window: Window
    """The time that is looked at; cohorts begin with the log."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """The shop's clock."""
    most_events_a_day: int = CleaningConfig().max_events_a_day
    """Whoever browses more is a robot."""
    currency: str | None = None
    """In which revenue is told; left out: that of most orders."""
    robots: pl.Series | None = None
    """Ids of visitors that are known to be robots; left out: they are looked for."""
    sold: pl.DataFrame | None = None
    """Orders that are known to be vouched for; left out: they are looked for."""

    def cohorts(self, every: Every = Every.MONTH, shown: int = SHOWN) -> dict[str, Any]:
        """Who ordered again, and how long after; see :func:`training.behaviour.cohorts.cohorts`."""
        rows = self._up_to()
        sold = vouched(rows, {}) if self.sold is None else self.sold
        found = customers_orders(rows, sold, self._robots(rows))
        return cohorts(found, Cohorts(self.window.until, self.zone, every, shown, self.currency))

    def funnel(self, asked: Funnel) -> dict[str, Any]:
        """How far people get; see :class:`training.behaviour.funnel.FunnelCounter`."""
        rows, orders, visits = self._read()
        known = accounts(rows) if asked.within is not None else None
        counter = FunnelCounter(asked, self._past(rows, orders, known) if By.SEGMENT in asked.by else None)
        count(visits, counter, known=known)
        return self._about() | counter.document(visits.bought)

    def paths(self, to: To = To.PURCHASE, steps: int = STEPS) -> dict[str, Any]:
        """Which ways they take; see :class:`training.behaviour.paths.PathCounter`."""
        counter = PathCounter(to, steps)
        count(self._read()[2], counter)
        return self._about() | counter.document()

    def everything(self) -> dict[str, Any]:
        """What the report's page shows, with as few passes over the log as that takes."""
        rows, orders, visits = self._read()
        known = replace(self, robots=visits.robots)
        ways = FunnelCounter(Funnel(by=tuple(By)), self._past(rows, orders, None))
        ends = [PathCounter(to) for to in To]
        count(visits, ways, *ends)
        return self._about() | {
            "cohorts": known.cohorts(),
            "funnel": ways.document(visits.bought),
            "paths": [counter.document() for counter in ends],
        }

    def _read(self) -> tuple[pl.LazyFrame, pl.DataFrame, Visits]:
        """All events up to the end of the time that is looked at, all orders, and the visits of that time."""
        rows, lately = self._up_to(), pl.col(schema.TIMESTAMP) > self.window.since
        orders = purchases(rows)
        return rows, orders, Visits(rows.filter(lately), orders.filter(lately), self._robots(rows))

    def _past(self, rows: pl.LazyFrame, orders: pl.DataFrame, known: pl.DataFrame | None) -> Past:
        return Past.of(rows.filter(pl.col(schema.TIMESTAMP) <= self.window.since), orders, known)

    def _about(self) -> dict[str, Any]:
        return dict(self.window.document(self.zone))

    def _up_to(self) -> pl.LazyFrame:
        return self.log.filter(pl.col(schema.TIMESTAMP) <= self.window.until)

    def _robots(self, rows: pl.LazyFrame) -> pl.Series:
        return robots(rows, self.most_events_a_day) if self.robots is None else self.robots


class Counter(Protocol):
    """Something that counts what people did."""

    @property
    def columns(self) -> Sequence[pl.Expr]:
        """What has to be read beside what always is."""
        ...

    def take(self, rows: pl.DataFrame) -> None:
        """Count some people's rows."""
        ...


def count(visits: Visits, *counters: Counter, known: pl.DataFrame | None = None) -> None:
    """Let counters count in one pass.

    Args:
        visits: what they count.
        counters: who counts.
        known: browsers that are accounts; left out: each browser is somebody.
    """
    for rows in visits.parts(*(column for one in counters for column in one.columns), accounts=known):
        for one in counters:
            one.take(rows)
