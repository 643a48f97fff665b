"""Gamma-Gamma: what a customer's orders are worth, when their few orders so far tell only a part of it.

Fader, Hardie, Lee: RFM and CLV: Using Iso-Value Curves for Customer Base Analysis, Journal of Marketing Research 42
(2005); Fader, Hardie: The Gamma-Gamma Model of Monetary Value (2013). An order's value is gamma(p, nu), with a nu of
each customer's own, gamma(q, v). How often somebody buys and for how much are taken to be independent.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from recommender.lifecycle.histories import Floats
from recommender.lifecycle.likelihood import maximum
from recommender.models.arrays import spread

STARTS = ((4.0, 2.0, 15.0), (1.0, 1.0, 1.0))
"""p, q - 1 and v, of values in units of their mean."""
ENOUGH = 500_000
"""Repeaters after whom more would not change the third digit."""


@dataclass(frozen=True)
class GammaGamma:
    """The model of one shop, in its currency."""

    p: float
    q: float
    v: float

    @classmethod
    def fit(cls, repeats: NDArray[np.integer], value: Floats) -> Self | None:
        """The likeliest parameters; None without repeaters who paid anything: one order says not how values vary.

        Args:
            repeats: of each customer.
            value: mean of their repeated orders; nan without any.
        """
        told = np.flatnonzero((repeats > 0) & (np.nan_to_num(value) > 0))
        if len(told) < 2:
            return None
        used = spread(told, ENOUGH)
        x, mean = repeats[used].astype(np.float64), value[used]
        unit = float(mean.mean())
        starts = [(p, q, v / unit if v > 1 else v) for p, q, v in STARTS]
        found = maximum(lambda values: log_likelihood(values, x, mean / unit), starts, float(len(used)))
        p, above, v = found.parameters
        return cls(p, 1 + above, v * unit)

    def scale(self, repeats: NDArray[np.integer], value: Floats) -> Floats:
        """The sum v + x m: what of a customer's values decides, beside their number, what is to be expected.

        A mean that is not known (their orders were in another currency) is taken to be that of all.
        """
        mean: Floats = np.where(np.isnan(value), self.p * self.v / (self.q - 1), np.maximum(value, 0.0))
        paid: Floats = self.v + np.where(repeats > 0, repeats * mean, 0.0)
        return paid

    def shape(self, repeats: NDArray[np.integer]) -> Floats:
        """The sum q + p x: how much is known of a customer."""
        known: Floats = self.q + self.p * repeats.astype(np.float64)
        return known

    def expected(self, repeats: NDArray[np.integer], value: Floats) -> Floats:
        """Mean value of each customer's orders to come."""
        found: Floats = self.p * self.scale(repeats, value) / (self.shape(repeats) - 1)
        return found


def log_likelihood(parameters: Floats, x: Floats, mean: Floats) -> float:
    """Of repeaters, by p, q - 1 and v: equation (1a) of the note. With q - 1 below 0 nothing would be foretold.

    Args:
        parameters: p, q - 1 and v.
        x: orders of each.
        mean: of what they came to.
    """
    p, above, v = parameters
    q = 1 + above
    return float(
        np.sum(
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v)
            + (p * x - 1) * np.log(mean) + p * x * np.log(x) - (p * x + q) * np.log(x * mean + v)
        )
    )  # fmt: skip
