"""How two variants differ in a metric: by how much, by what share, and how surely.

A metric is a mean over visitors (revenue per visitor) or a ratio of two (revenue per order). The ratio's error comes
by the delta method (Deng, Knoblich & Lu 2018): near its mean it moves like `(numerator - ratio · denominator) /
mean(denominator)`, one value a visitor, so what is randomised, visitors, is also what is counted. CUPED (Deng, Xu,
Kohavi & Walker 2013) takes off what the time before the experiment foretells: theta is pooled over the variants,
within each, so that it cannot take a part of the effect.
"""

from dataclasses import dataclass
from math import inf, isfinite, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from recommender.experiments.moments import Moments

ALPHA = 0.05
"""How often a difference may be claimed where there is none."""
CONSTANT = 1e-12
"""A covariate with less variance than this share of its mean square tells nothing."""
NOUGHT = 1e-100
"""No share is taken of a mean that is not above this."""


class Interval(NamedTuple):
    """From `low` to `high`."""

    low: float
    high: float


EVERYTHING = Interval(-inf, inf)
"""Nothing is ruled out."""


class Metric(NamedTuple):
    """What is measured, by columns of :class:`Moments`."""

    numerator: str
    denominator: str | None = None
    """None: per visitor."""
    covariates: tuple[str, ...] = ()
    """What was known of the visitor before the experiment."""
    counted: tuple[str, ...] = ()
    """Columns that must have enough behind them, such as the orders behind a profit; those above, when left out."""

    @property
    def grounds(self) -> tuple[str, ...]:
        """What :attr:`Difference.behind` counts."""
        return self.counted or tuple(column for column in (self.numerator, self.denominator) if column)


@dataclass(frozen=True)
class Effect:
    """An estimate with its standard error."""

    value: float
    error: float
    """0 or not finite: the data show no variation or none can be told, so nothing is ruled out."""

    @property
    def known(self) -> bool:
        """Whether there is an error to go by."""
        return isfinite(self.value) and isfinite(self.error) and self.error > 0

    def within(self, multiple: float) -> Interval:
        """So many standard errors to both sides."""
        if not self.known or not isfinite(multiple):
            return EVERYTHING
        return Interval(self.value - multiple * self.error, self.value + multiple * self.error)

    def interval(self, alpha: float = ALPHA) -> Interval:
        """For one look, at a time that was fixed beforehand."""
        return self.within(float(-ndtri(alpha / 2)))

    def p_value(self) -> float:
        """Likewise: how often chance alone brings as much; 1 where nothing can be told."""
        return float(2 * ndtr(-abs(self.value / self.error))) if self.known else 1.0


NOTHING = Effect(nan, nan)


@dataclass(frozen=True)
class Difference:
    """Of a treated variant from the control."""

    control: float
    """The metric's value there, with what the covariates foretold taken off."""
    treated: float
    absolute: Effect
    relative: Effect
    """The lift: what was gained as a share of the control's; nothing where that is not above 0."""
    visitors: int
    """In both."""
    explained: float
    """Share of the variance that the covariates take off."""
    behind: float
    """Visitors who carry the metric, in the variant and column with the fewest: buyers behind a conversion, and fewer
    where a few spend most. The normal law holds for many."""


def difference(control: Moments, treated: Moments, metric: Metric) -> Difference:
    """Compare two variants; nothing is claimed where either has fewer than two visitors."""
    visitors = control.visitors + treated.visitors
    rows = [_linear(variant, metric) for variant in (control, treated)]
    if rows[0] is None or rows[1] is None:
        return Difference(nan, nan, NOTHING, NOTHING, visitors, 0.0, 0.0)
    (at_control, row_control), (at_treated, row_treated) = rows[0], rows[1]
    theta = _theta(((control, row_control), (treated, row_treated)), metric.covariates)
    apart = float(theta @ (treated.means - control.means))
    # Each mean moves to where it would be had both variants met the covariates of all visitors.
    share = treated.visitors / visitors
    moved = at_control + share * apart, at_treated - (1 - share) * apart
    absolute = _effect(moved[1] - moved[0], (control, row_control - theta), (treated, row_treated - theta))
    plain = _effect(0.0, (control, row_control), (treated, row_treated))
    explained = 1 - (absolute.error / plain.error) ** 2 if plain.known and absolute.known else 0.0
    lift = _lift(moved, (control, row_control), (treated, row_treated), theta, share)
    behind = min(variant.effective(column) for variant in (control, treated) for column in metric.grounds)
    return Difference(moved[0], moved[1], absolute, lift, visitors, explained, behind)


def mean(variant: Moments, metric: Metric) -> Effect:
    """The metric in one variant alone, with its error; covariates play no part."""
    linear = _linear(variant, metric)
    if linear is None:
        return NOTHING
    value, row = linear
    return Effect(value, sqrt(max(0.0, variant.covariance(row, row)) / variant.visitors))


def variance(variant: Moments, metric: Metric) -> float:
    """Of the metric from one visitor to the next, as :mod:`.power` asks for it; covariates are taken off."""
    linear = _linear(variant, metric)
    if linear is None:
        return nan
    row = linear[1] - _theta(((variant, linear[1]),), metric.covariates)
    return max(0.0, variant.covariance(row, row))


def _linear(variant: Moments, metric: Metric) -> tuple[float, NDArray[np.float64]] | None:
    """The metric's value, and the row of columns that it moves with."""
    if variant.visitors < 2:
        return None
    if metric.denominator is None:
        return variant.mean(metric.numerator), variant.weights({metric.numerator: 1.0})
    below = variant.mean(metric.denominator)
    if below == 0:
        return None
    ratio = variant.mean(metric.numerator) / below
    row = variant.weights({metric.numerator: 1 / below}) - variant.weights({metric.denominator: ratio / below})
    return ratio, row


def _theta(
    variants: tuple[tuple[Moments, NDArray[np.float64]], ...], covariates: tuple[str, ...]
) -> NDArray[np.float64]:
    """How the metric follows the covariates within variants, as a row over all columns."""
    first = variants[0][0]
    theta = np.zeros(len(first.columns))
    places = [first.place(one) for one in covariates]
    scatter = sum((variant.scatter for variant, _ in variants), np.zeros_like(first.scatter))
    along = sum((variant.scatter @ row for variant, row in variants), np.zeros(len(first.columns)))
    squares = sum((variant.visitors * variant.means**2 for variant, _ in variants), np.zeros(len(first.columns)))
    telling = [at for at in places if scatter[at, at] > CONSTANT * (squares[at] + scatter[at, at])]
    if telling:
        spread = np.sqrt(scatter[telling, telling])
        alike = scatter[np.ix_(telling, telling)] / np.outer(spread, spread)
        theta[telling] = np.linalg.pinv(alike, rcond=1e-9, hermitian=True) @ (along[telling] / spread) / spread
    return theta


def _lift(
    means: tuple[float, float],
    control: tuple[Moments, NDArray[np.float64]],
    treated: tuple[Moments, NDArray[np.float64]],
    theta: NDArray[np.float64],
    share: float,
) -> Effect:
    """The error of a quotient of means that each lean on the covariates of both variants."""
    if means[0] <= NOUGHT:
        return NOTHING
    lift = means[1] / means[0]
    by_treated, by_control = 1 / means[0], lift / means[0]
    # How far theta's part moves the lift: through the treated mean and through the control's.
    along = theta * (by_treated * (1 - share) + by_control * share)
    return _effect(
        lift - 1, (control[0], by_control * control[1] - along), (treated[0], by_treated * treated[1] - along)
    )


def _effect(value: float, *variants: tuple[Moments, NDArray[np.float64]]) -> Effect:
    squares = sum(variant.covariance(row, row) / variant.visitors for variant, row in variants)
    return Effect(value, sqrt(max(0.0, squares)))
