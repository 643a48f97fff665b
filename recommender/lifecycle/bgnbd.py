"""BG/NBD: how often somebody who may have left for good will buy again.

Fader, Hardie, Lee: "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing Science 24
(2005). While active a customer buys at a rate of their own (gamma: r, alpha), and after each purchase leaves with a
chance of their own (beta: a, b). Who bought once counts as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from recommender.lifecycle.histories import Floats, Statistics
from recommender.lifecycle.likelihood import Fit, maximum

STARTS = ((0.5, 5.0, 0.7, 2.0), (1.0, 10.0, 1.5, 8.0), (0.2, 2.0, 0.3, 0.5))
FEW = 20_000
SINGULAR = 1e-4
"""The expectation has no value at a = 1, and the limit there is close by."""


@dataclass(frozen=True)
class BgNbd:
    """The model of one shop; times are in weeks."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    @classmethod
    def fit(cls, customers: Statistics) -> Self:
        """The likeliest parameters: some customers tell about where the peak is, all of them exactly where."""
        start = _climbed(customers.sample(FEW), STARTS).parameters
        found = _climbed(customers, [start])
        r, alpha, a, b = found.parameters
        return cls(r, alpha, a, b, found.log_likelihood)

    def active(self, customers: Statistics) -> Floats:
        """The chance of each row that they are still a customer; 1 for those who bought once, by the model's story."""
        chance: Floats = 1 - _gone(np.array([self.r, self.alpha, self.a, self.b]), customers)
        return chance

    def expected(self, customers: Statistics, weeks: float) -> Floats:
        """Purchases of each row in so many weeks from the end on."""
        return self.active(customers) * self.expected_of_active(customers, weeks)

    def expected_of_active(self, customers: Statistics, weeks: float) -> Floats:
        """The same of those who are still customers."""
        x, _, age = customers.numbers
        a = self.a if abs(self.a - 1) > SINGULAR else 1 + SINGULAR
        rate, scale, stays = self.r + x, self.alpha + age, self.b + x
        gone = hyp2f1(rate, stays, a + stays - 1, weeks / (scale + weeks)) * (scale / (scale + weeks)) ** rate
        found: Floats = (a + stays - 1) / (a - 1) * (1 - gone)
        return found

    def silent(self, customers: Statistics, weeks: float) -> Floats:
        """The chance of each row that they buy nothing in so many weeks."""
        x, _, age = customers.numbers
        none = ((self.alpha + age) / (self.alpha + age + weeks)) ** (self.r + x)
        found: Floats = 1 - self.active(customers) * (1 - none)
        return found

    def chances(self, customers: Statistics, weeks: float, most: int) -> Floats:
        """Of each row, the chances of 0, 1, … `most` purchases in so many weeks; what lies above is left out.

        At the end an active customer's rate is distributed as gamma(r + x, alpha + T) and the chance to leave as
        beta(a, b + x); equation (8) of the paper holds from there on.
        """
        x, _, age = (column[:, None] for column in customers.numbers)
        y = np.arange(most + 1)[None, :]
        rate, stays = self.r + x, self.b + x
        share = np.log(weeks / (self.alpha + age + weeks))
        counted = (
            gammaln(rate + y) - gammaln(rate) - gammaln(y + 1)
            + rate * np.log((self.alpha + age) / (self.alpha + age + weeks)) + y * share
        )  # fmt: skip
        by_rate = np.exp(counted)
        more = 1 - np.cumsum(by_rate, axis=1) + by_rate  # the chance of y or more, were nobody to leave
        stayed = np.exp(betaln(self.a, stays + y) - betaln(self.a, stays))
        left = np.exp(betaln(self.a + 1, stays + np.maximum(y, 1) - 1) - betaln(self.a, stays))
        alive = stayed * by_rate + np.where(y > 0, left * np.maximum(more, 0.0), 0.0)
        active = self.active(customers)[:, None]
        found: Floats = active * alive + np.where(y == 0, 1 - active, 0.0)
        return found

    def next_order(self, customers: Statistics, weeks: float, share: float) -> Floats:
        """Weeks until the next purchase of each row, if one comes within `weeks`: the quantile `share` of them."""
        x, _, age = customers.numbers
        rate, scale = self.r + x, self.alpha + age
        within = 1 - (scale / (scale + weeks)) ** rate
        found: Floats = scale * ((1 - share * within) ** (-1 / rate) - 1)
        return found


def log_likelihood(parameters: NDArray[np.float64], customers: Statistics) -> float:
    """Of all customers, by r, alpha, a and b: equation (6) of the paper."""
    r, alpha, a, b = parameters
    distinct = np.arange(int(customers.repeats.max()) + 1)
    by_x = (  # worked out once for each x
        gammaln(r + distinct) - gammaln(r) + r * np.log(alpha) + betaln(a, b + distinct) - betaln(a, b)
    )[customers.repeats]  # fmt: skip
    return float(customers.customers @ (by_x + np.logaddexp(*_either(parameters, customers))))


def slope(parameters: Floats, customers: Statistics) -> Floats:
    """The gradient of :func:`log_likelihood`."""
    r, alpha, a, b = parameters
    x, last, age = customers.numbers
    distinct = np.arange(int(x.max()) + 1)
    gone = _gone(parameters, customers)
    rates = digamma(r + distinct) - digamma(r) + np.log(alpha)
    loyalty = digamma(a + b) - digamma(a + b + distinct)
    stays = loyalty + digamma(b + distinct) - digamma(b)
    by_row = (
        rates[customers.repeats] - (1 - gone) * np.log(alpha + age) - gone * np.log(alpha + last),
        r / alpha - (r + x) * ((1 - gone) / (alpha + age) + gone / (alpha + last)),
        loyalty[customers.repeats] + gone / a,
        stays[customers.repeats] - gone / (b + np.maximum(x, 1) - 1),
    )
    return np.array([customers.customers @ one for one in by_row])


def _either(parameters: NDArray[np.float64], customers: Statistics) -> tuple[Floats, Floats]:
    """Logarithms of how likely each row is if they stayed, and if they left, less what both share.

    Nobody leaves after the first one.
    """
    r, alpha, a, b = parameters
    x, last, age = customers.numbers
    left = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + last)
    stayed: Floats = -(r + x) * np.log(alpha + age)
    return stayed, np.where(x > 0, left, -np.inf)


def _gone(parameters: NDArray[np.float64], customers: Statistics) -> Floats:
    """The chance of each row that they left."""
    stayed, left = _either(parameters, customers)
    found: Floats = expit(left - stayed)
    return found


def _climbed(customers: Statistics, starts: Sequence[Sequence[float]]) -> Fit:
    return maximum(
        lambda values: log_likelihood(values, customers),
        starts,
        customers.total,
        lambda values: slope(values, customers),
    )
