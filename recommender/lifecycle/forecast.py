"""What is to be expected of every customer, by the purchase models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from recommender.lifecycle.bgnbd import BgNbd
from recommender.lifecycle.gamma_gamma import GammaGamma
from recommender.lifecycle.histories import WEEK, Floats, Statistics, Summary
from recommender.lifecycle.settings import LifecycleConfig
from recommender.lifecycle.spread import Levels, spreads

ROWS: Final = 40_000
"""Histories of which intervals are worked out: they are rougher than means, and take far longer."""
LIKELY: Final = 0.5
"""A date is given to customers of whom an order is likelier than none."""

Columns = Mapping[str, Floats]
"""One number a customer, under the names of `Customer`; moments in days from the end. nan: unknown."""


@dataclass(frozen=True)
class Forecaster:
    """How often customers come, and what for."""

    counts: BgNbd
    values: GammaGamma
    levels: Levels

    name = "bgnbd"

    @classmethod
    def fit(cls, known: Summary, config: LifecycleConfig) -> Self | None:
        """Learn from what is known; None where nobody paid for a second order."""
        counts = BgNbd.fit(known.statistics)
        values = GammaGamma.fit(known.statistics.repeats[known.statistics.rows], known.value)
        return None if values is None else cls(counts, values, Levels.around(config.coverage))

    def forecast(self, known: Summary, horizon_days: float, churn_days: float) -> Columns:
        """What is to be expected.

        Args:
            known: customers and their histories.
            horizon_days: how far numbers, values and dates look ahead.
            churn_days: how long a silence is that ends it all.
        """
        statistics, weeks = known.statistics, horizon_days / WEEK
        rows, repeats = statistics.rows, statistics.repeats[statistics.rows]
        orders = self.counts.expected(statistics, weeks)[rows]
        coarse = statistics.coarse(ROWS)
        shape = self.values.shape(coarse.repeats)
        number, value = spreads(self.counts, coarse, weeks, self.levels, self.values.p, shape)
        scale = self.values.scale(repeats, known.value)
        found = {
            "predicted_number_of_orders": orders,
            "predicted_number_of_orders_low": number.low[coarse.rows],
            "predicted_number_of_orders_high": number.high[coarse.rows],
            "predicted_clv": orders * self.values.expected(repeats, known.value),
            "predicted_clv_low": scale * value.low[coarse.rows],
            "predicted_clv_high": scale * value.high[coarse.rows],
            "churn_probability": self.counts.silent(statistics, churn_days / WEEK)[rows],
        }
        return found | self._dates(statistics, weeks)

    def _dates(self, statistics: Statistics, weeks: float) -> dict[str, Floats]:
        """Days until the next order of those who are likely to order at all, if one comes."""
        likely = self.counts.silent(statistics, weeks) < LIKELY
        found = {}
        for end, share in (("", 0.5), ("_low", self.levels.low), ("_high", self.levels.high)):
            days = WEEK * self.counts.next_order(statistics, weeks, share)
            found[f"expected_date_of_next_order{end}"] = np.where(likely, days, np.nan)[statistics.rows]
        return found
