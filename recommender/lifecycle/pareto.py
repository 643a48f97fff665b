"""Pareto/NBD: a second opinion on how often customers will buy again.

Schmittlein, Morrison, Colombo: Counting Your Customers, Management Science 33 (1987); computed as in Fader, Hardie: A
Note on Deriving the Pareto/NBD Model and Related Expressions (2005). Customers leave at any moment, at a rate of their
own (gamma: s, beta), not only after a purchase.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, hyp2f1

from recommender.lifecycle.histories import Floats, Statistics
from recommender.lifecycle.likelihood import maximum

STARTS = ((0.5, 10.0, 0.6, 12.0), (1.0, 5.0, 1.0, 20.0))
SINGULAR = 1e-4


@dataclass(frozen=True)
class ParetoNbd:
    """The model of one shop; times are in weeks."""

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float

    @classmethod
    def fit(cls, customers: Statistics) -> Self:
        """The likeliest parameters."""
        found = maximum(lambda values: log_likelihood(values, customers), STARTS, float(customers.customers.sum()))
        r, alpha, s, beta = found.parameters
        return cls(r, alpha, s, beta, found.log_likelihood)

    def active(self, customers: Statistics) -> Floats:
        """The chance of each row that they are still a customer."""
        stayed, left = _either(np.array([self.r, self.alpha, self.s, self.beta]), customers)
        with np.errstate(over="ignore"):
            chance: Floats = 1 / (1 + np.exp(left - stayed))
        return chance

    def expected(self, customers: Statistics, weeks: float) -> Floats:
        """Purchases of each row in so many weeks from the end on."""
        x, _, age = customers.numbers
        s = self.s if abs(self.s - 1) > SINGULAR else 1 + SINGULAR
        lasting = (self.beta + age) / (s - 1) * (1 - ((self.beta + age) / (self.beta + age + weeks)) ** (s - 1))
        found: Floats = (self.r + x) / (self.alpha + age) * lasting * self.active(customers)
        return found


def log_likelihood(parameters: NDArray[np.float64], customers: Statistics) -> float:
    """Of all customers, by r, alpha, s and beta: the note's equation (18), its integral in closed form."""
    r, alpha, s, beta = parameters
    stayed, left = _either(parameters, customers)
    by_x = (gammaln(r + np.arange(int(customers.repeats.max()) + 1)) - gammaln(r))[customers.repeats]
    whole = by_x + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(stayed, left)
    return float(customers.customers @ whole)


def _either(parameters: NDArray[np.float64], customers: Statistics) -> tuple[Floats, Floats]:
    """Logarithms of how likely each row is if they stayed, and if they left, less what both share."""
    r, alpha, s, beta = parameters
    x, last, age = customers.numbers
    stayed = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    power, wide, gap = r + s + x, max(alpha, beta), abs(alpha - beta)
    second = s + 1 if alpha >= beta else r + x

    def part(moment: Floats) -> Floats:
        values: Floats = np.log(hyp2f1(power, second, power + 1, gap / (wide + moment))) - power * np.log(wide + moment)
        return values

    at_last, at_end = part(last), part(age)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = at_last + np.log1p(-np.exp(np.minimum(at_end - at_last, 0.0)))
    left = np.log(s) - np.log(power) + between
    return stayed, np.where(np.isnan(left), -np.inf, left)
