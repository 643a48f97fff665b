"""Thompson sampling over variants: each is drawn as often as it is likely to be the best, by what is known so far.

The chances are integrated, not sampled, so the propensity that is logged is the one by which
:func:`recommender.assignment.variant` draws. Gauss-Legendre over pieces of a standard deviation leaves an error below
1e-9, and the sum of the chances, which must be 1, shows it. Weights change once a period (an hour, a day), whose name
belongs into the layer that is drawn in.
"""

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, ndtr, xlog1py, xlogy

from recommender.errors import InputError

Values = NDArray[np.float64]

FLOOR = 0.02
"""Least share of every variant, for ever: what is bad now may be good in spring, and logs stay fit for replay."""
PIECES = np.array([-34.0, -26.0, -20.0, -15.0, -11.0, *range(-8, 9), 11.0, 15.0, 20.0, 26.0, 34.0])
"""In standard deviations from the mean; where almost nobody or everybody converts, one tail is long."""
NODES = np.polynomial.legendre.leggauss(10)
EXACT = 1e-9


class Counts(NamedTuple):
    """What is known of a variant that converts or not."""

    successes: float
    trials: float


class Amounts(NamedTuple):
    """What is known of a variant that earns an amount for each visitor."""

    mean: float
    error: float
    """Standard error of the mean, or standard deviation of what is believed of it."""


def learned_weights(variants: Mapping[str, Counts] | Mapping[str, Amounts], floor: float = FLOOR) -> dict[str, float]:
    """Weights for the next period; each is the variant's propensity.

    Args:
        variants: what was seen of each.
        floor: least weight of each.
    """
    known = np.array([[*one] for one in variants.values()], np.float64)
    counts = all(isinstance(one, Counts) for one in variants.values())
    chances = beta_chances(known[:, 0], known[:, 1]) if counts else normal_chances(known[:, 0], known[:, 1])
    return dict(zip(variants, floored(chances, floor).tolist(), strict=True))


def floored(chances: Values, floor: float) -> Values:
    """Chances with a least one: what the floor does not give away is shared by chance.

    Raises:
        InputError: the floor is below 0, or more than all variants can have.
    """
    arms = chances.shape[-1]
    if not 0 <= floor * arms <= 1:
        raise InputError("floor", floor, f"use a number from 0 to {1 / arms:.3f}, the share of one of {arms} variants")
    weights: Values = floor + (1 - floor * arms) * chances
    return weights


def beta_chances(successes: ArrayLike, trials: ArrayLike) -> Values:
    """How likely each variant is to convert best, from a uniform prior.

    Args:
        successes: of each variant, along the last axis; other axes are other experiments.
        trials: likewise.
    """
    hits, tries = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    if (hits < 0).any() or (hits > tries).any():
        raise InputError("successes", hits.tolist(), "use numbers from 0 to the number of trials")
    one, other = hits + 1, tries - hits + 1
    mean = one / (one + other)
    sd = np.sqrt(mean * (1 - mean) / (one + other + 1))
    a, b = one[..., None, :], other[..., None, :]

    def density(x: Values) -> Values:
        values: Values = np.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b))
        return values

    return _chances(mean, sd, (0.0, 1.0), density, lambda x: betainc(a, b, x))


def normal_chances(means: ArrayLike, errors: ArrayLike) -> Values:
    """How likely each variant is to have the highest mean, when what is believed of each is normal.

    Args:
        means: of each variant, along the last axis.
        errors: likewise, above 0.
    """
    mean, sd = np.asarray(means, np.float64), np.asarray(errors, np.float64)
    if not ((sd > 0) & np.isfinite(sd)).all():
        raise InputError("errors", sd.tolist(), "use finite numbers above 0: see every variant a few times first")
    middle, width = mean[..., None, :], sd[..., None, :]

    def density(x: Values) -> Values:
        return np.exp(-0.5 * ((x - middle) / width) ** 2) / (width * sqrt(2 * np.pi))

    return _chances(mean, sd, (-np.inf, np.inf), density, lambda x: ndtr((x - middle) / width))


def _chances(
    mean: Values, sd: Values, ends: tuple[float, float], density: Callable[[Any], Any], below: Callable[[Any], Any]
) -> Values:
    """Integrate, for each arm, its density times the chance that all others lie below."""
    breaks = mean[..., None] + sd[..., None] * PIECES
    breaks = np.sort(np.clip(breaks, *ends).reshape(*mean.shape[:-1], -1), axis=-1)
    if np.isfinite(ends[0]):
        edge = np.ones((*mean.shape[:-1], 1))
        breaks = np.concatenate([edge * ends[0], breaks, edge * ends[1]], axis=-1)
    half = np.diff(breaks, axis=-1)[..., None] / 2
    points = (breaks[..., :-1, None] + half + half * NODES[0]).reshape(*mean.shape[:-1], -1, 1)
    weights = (half * NODES[1]).reshape(*mean.shape[:-1], -1, 1)
    under = below(points)
    others = np.stack([np.delete(under, arm, axis=-1).prod(axis=-1) for arm in range(mean.shape[-1])], axis=-1)
    mass = weights * density(points)
    # Millions of trials leave the density right but for its scale, which gamma functions tell to nine digits only.
    mass /= mass.sum(axis=-2, keepdims=True)
    chances: Values = (mass * others).sum(axis=-2)
    total = chances.sum(axis=-1, keepdims=True)
    if np.abs(total - 1).max(initial=0.0) > EXACT:
        raise InputError("variants", float(np.abs(total - 1).max()), f"chances must add up to 1 within {EXACT}")
    normed: Values = chances / total
    return normed
