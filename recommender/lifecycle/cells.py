"""Forecasts without a purchase model: what customers like this one did after a day in the past."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from recommender.lifecycle.backtest import holdout_days
from recommender.lifecycle.forecast import Columns
from recommender.lifecycle.histories import Floats, Purchases, Summary
from recommender.lifecycle.settings import LifecycleConfig
from recommender.lifecycle.spread import Levels

LEAST_CUSTOMERS, LEAST_RETURNED, LEAST_DAYS = 30, 10, 14
"""So many must have been customers before the day, of whom so many came back in so many days or more after it."""
FREQUENCIES: Final = np.array([1, 2, 4])
"""Repeats from which on a customer is in the next cell."""
RECENCIES: Final = np.array([1 / 8, 1 / 2])
"""Silences as shares of the log, likewise."""
PRIOR: Final = 10.0
"""Customers' worth of the whole shop that every cell is mixed with."""
ORDERS_PRIOR: Final = 3.0
"""The same in orders, for a customer's own values."""


@dataclass(frozen=True)
class Cells:
    """Means of customers alike in frequency and recency."""

    span_days: int
    """Length of the log: silences count beside it."""
    window_days: int
    """How long after the day in the past."""
    orders: Floats
    """A mean for each cell."""
    silent: Floats
    """The share of each cell that did not come back."""
    ends: NDArray[np.float64]
    """Two rows: numbers of orders between which the share of a cell's customers lies that intervals are to cover."""
    value: float
    """Mean of the shop's orders."""

    name = "cells"

    @classmethod
    def fit(cls, purchases: Purchases, end: int, config: LifecycleConfig) -> Self | None:
        """Learn from the last third of the log; None where too few came back in it.

        Args:
            purchases: of the shop.
            end: the last day of its log.
            config: how far intervals reach.
        """
        purchases = purchases.until(end)
        span = end - int(purchases.days.min()) if len(purchases) else 0
        window = holdout_days(purchases, end, config.horizon_days)
        before = purchases.summary(end - window)
        people = int(purchases.customers.max()) + 1 if len(purchases) else 0
        came = purchases.after(end - window, end).counted(people)[0][before.customers]
        if window < LEAST_DAYS or len(came) < LEAST_CUSTOMERS or (came > 0).sum() < LEAST_RETURNED:
            return None
        cells, count = _cells(before, span), (len(FREQUENCIES) + 1) * (len(RECENCIES) + 1)
        sizes = np.bincount(cells, minlength=count) + PRIOR

        def mean(of: Floats) -> Floats:
            found: Floats = (np.bincount(cells, of, minlength=count) + PRIOR * of.mean()) / sizes
            return found

        shares = Levels.around(config.coverage)
        ends = np.array(
            [
                np.quantile(came[cells == cell] if (cells == cell).sum() >= LEAST_CUSTOMERS else came, shares)
                for cell in range(count)
            ]
        ).T
        silent = mean((came == 0).astype(np.float64))
        return cls(span, window, mean(came), silent, ends, float(purchases.values.mean()))

    def forecast(self, known: Summary, horizon_days: float, churn_days: float) -> Columns:
        """What is to be expected, as :meth:`Forecaster.forecast` says it; dates are not foretold."""
        cells, times = _cells(known, self.span_days), horizon_days / self.window_days
        repeats = known.statistics.repeats[known.statistics.rows]
        paid = np.where(repeats > 0, np.nan_to_num(known.value), 0.0)
        value = (repeats * paid + ORDERS_PRIOR * self.value) / (repeats + ORDERS_PRIOR)
        found = {}
        for name, orders in (
            ("", self.orders * times),
            ("_low", np.floor(self.ends[0] * times)),
            ("_high", np.ceil(self.ends[1] * times)),
        ):
            found[f"predicted_number_of_orders{name}"] = orders[cells]
            found[f"predicted_clv{name}"] = orders[cells] * value
        return found | {"churn_probability": self.silent[cells] ** (churn_days / self.window_days)}


def _cells(known: Summary, span: int) -> NDArray[np.int64]:
    statistics = known.statistics
    frequency = np.searchsorted(FREQUENCIES, statistics.repeats, side="right")
    silence = np.searchsorted(RECENCIES * span, statistics.age - statistics.last, side="right")
    found: NDArray[np.int64] = ((len(RECENCIES) + 1) * frequency + silence)[statistics.rows]
    return found
