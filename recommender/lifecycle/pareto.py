"""Pareto/NBD: a second opinion on how often customers will buy again.

Schmittlein, Morrison, Colombo: Counting Your Customers, Management Science 33 (1987); computed as in Fader, Hardie: A
Note on Deriving the Pareto/NBD Model and Related Expressions (2005). Customers leave at any moment, at a rate of their
own (gamma: s, beta), not only after a purchase.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln

from recommender.lifecycle.histories import Floats, Statistics
from recommender.lifecycle.likelihood import maximum

STARTS = ((0.5, 10.0, 0.6, 12.0), (1.0, 5.0, 1.0, 20.0))
ENOUGH = 5_000
"""Customers that an opinion takes."""
NODES, SHARES = np.polynomial.legendre.leggauss(16)
PLACES, WEIGHTS = (1 + NODES) / 2, SHARES / 2
NEAR = 1e-3
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
        """The likeliest parameters of a part of the customers."""
        drawn = customers.sample(ENOUGH)
        found = maximum(lambda values: log_likelihood(values, drawn), STARTS, drawn.total)
        r, alpha, s, beta = found.parameters
        return cls(r, alpha, s, beta, log_likelihood(np.array(found.parameters), customers))

    def active(self, customers: Statistics) -> Floats:
        """The chance of each row that they are still a customer."""
        stayed, left = _either(np.array([self.r, self.alpha, self.s, self.beta]), customers)
        chance: Floats = expit(stayed - left)
        return chance

    def expected(self, customers: Statistics, weeks: float) -> Floats:
        """Purchases of each row in so many weeks from the end on."""
        x, _, age = customers.numbers
        s = self.s if abs(self.s - 1) > SINGULAR else 1 + SINGULAR
        lasting = (self.beta + age) / (s - 1) * (1 - ((self.beta + age) / (self.beta + age + weeks)) ** (s - 1))
        found: Floats = (self.r + x) / (self.alpha + age) * lasting * self.active(customers)
        return found


def log_likelihood(parameters: NDArray[np.float64], customers: Statistics) -> float:
    """Of all customers, by r, alpha, s and beta: the note's equation (18)."""
    r, alpha, s, beta = parameters
    stayed, left = _either(parameters, customers)
    by_x = (gammaln(r + np.arange(int(customers.repeats.max()) + 1)) - gammaln(r))[customers.repeats]
    whole = by_x + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(stayed, left)
    return float(customers.customers @ whole)


def _either(parameters: NDArray[np.float64], customers: Statistics) -> tuple[Floats, Floats]:
    """Logarithms of how likely each row is if they stayed, and if they left, less what both share."""
    r, alpha, s, beta = parameters
    x, last, age = customers.numbers
    stayed: Floats = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    return stayed, np.log(s) + _left(r + x, alpha + last, s + 1, beta + last, age - last)


def _left(n: Floats, first: Floats, m: float, second: Floats, until: Floats) -> Floats:
    """The logarithm of the integral of (first + z)^-n (second + z)^-m from 0 to `until`; -inf where that is 0.

    The note gives it by hypergeometric functions, which are slow and inexact for large powers. Here one power that
    falls alike from 0 on is taken out by a change of variable, and what is left is so smooth that few places tell it.
    """
    falls = n / first + m / second
    power = np.maximum(falls**2 / (n / first**2 + m / second**2), 1e-3)
    power = np.where(np.abs(power - 1) < NEAR, 1 + NEAR, power)[:, None]
    falls, n, first, second = (column[:, None] for column in (falls, n, first, second))
    end = (1 + falls * until[:, None] / power) ** (1 - power)
    z = power / falls * ((1 - PLACES * (1 - end)) ** (1 / (1 - power)) - 1)
    rest = power * np.log1p(falls * z / power) - n * np.log1p(z / first) - m * np.log1p(z / second)
    with np.errstate(divide="ignore"):
        part = np.log((np.exp(rest) @ WEIGHTS) * ((1 - end) * power / falls / (power - 1))[:, 0])
    found: Floats = part - n[:, 0] * np.log(first[:, 0]) - m * np.log(second[:, 0])
    return found
