"""How much an experiment can see: the least effect, the visitors and the days, before it starts and while it runs.

All of it follows from the drift: the effect in standard errors that the last look will have. `spread` is the variance
of the difference times the visitors, so that the standard error at n visitors is `sqrt(spread / n)`. With looks every
day the sequential interval decides; the chance that it has excluded 0 by the last look is integrated from look to look
(Armitage, McPherson & Rowe 1969), without simulation.
"""

from functools import lru_cache
from math import ceil, inf, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from recommender.errors import InputError
from recommender.experiments.difference import ALPHA
from recommender.experiments.sequential import multiple

POWER = 0.8
"""How often a true effect should be found."""
NODES = 301
"""Of the integration; twice as many change nothing before the sixth digit at a look a day over a quarter."""
MOST_DRIFT = 40.0


def spread(control: float, treated: float, share: float = 0.5) -> float:
    """Variance of the difference, times the visitors.

    Args:
        control: variance there from one visitor to the next; of a lift, divided by the square of the mean.
        treated: likewise.
        share: of the visitors who are treated.
    """
    if not 0 < share < 1:
        raise InputError("share", share, "treat a share between 0 and 1 of the visitors")
    return control / (1 - share) + treated / share


def chance(drift: float, looks: int | None = None, alpha: float = ALPHA) -> float:
    """How often an effect is found, at one look (None) or at any of so many, equally far apart.

    Args:
        drift: the effect in standard errors of the last look.
        looks: None: fixed horizon; otherwise under the sequential interval that is planned for the last look.
        alpha: how often an effect of 0 may be found.
    """
    if looks is None:
        critical = float(-ndtri(alpha / 2))
        return float(ndtr(drift - critical) + ndtr(-drift - critical))
    return 1 - _undecided(drift, looks, alpha)


@lru_cache(maxsize=256)  # a tenth of a second each, and a report asks the same for every metric
def drift_for(power: float = POWER, looks: int | None = None, alpha: float = ALPHA) -> float:
    """The drift at which an effect is found that often."""
    if not alpha < power < 1:
        raise InputError("power", power, f"use a number between alpha ({alpha}) and 1")
    found: float = brentq(lambda drift: chance(drift, looks, alpha) - power, 0.0, MOST_DRIFT, xtol=1e-6)
    return found


def power(effect: float, spread: float, visitors: int, looks: int | None = None, alpha: float = ALPHA) -> float:
    """How often an effect is found with so many visitors."""
    return chance(abs(effect) * sqrt(visitors / spread), looks, alpha) if spread > 0 else 1.0


def detectable(
    spread: float, visitors: int, power: float = POWER, looks: int | None = None, alpha: float = ALPHA
) -> float:
    """The least effect that is found that often with so many visitors; infinite without any."""
    return drift_for(power, looks, alpha) * sqrt(spread / visitors) if visitors else inf


def visitors_needed(
    effect: float, spread: float, power: float = POWER, looks: int | None = None, alpha: float = ALPHA
) -> int:
    """Visitors, in both variants, with whom an effect is found that often."""
    if effect == 0:
        raise InputError("effect", effect, "name an effect other than 0: none is found with any number of visitors")
    return ceil(drift_for(power, looks, alpha) ** 2 * spread / effect**2)


def days_needed(needed: int, per_day: float, visitors: int = 0) -> float:
    """Whole days until so many visitors are there; infinite where nobody comes.

    Args:
        needed: from :func:`visitors_needed`, before the test or anew with what it shows.
        per_day: new visitors a day, in both variants.
        visitors: so far; those who were there yesterday are no new ones.
    """
    if needed <= visitors:
        return 0
    return ceil((needed - visitors) / per_day) if per_day > 0 else inf


def _undecided(drift: float, looks: int, alpha: float) -> float:
    """The chance that no look excludes 0, by the density of what is still within the bounds."""
    if looks < 1:
        raise InputError("looks", looks, "plan at least one look")
    step = 1 / looks
    sd = sqrt(step)
    places, density = np.zeros(1), np.ones(1)
    for look in range(1, looks + 1):
        bound = multiple(look, looks, alpha) * sqrt(look * step)
        nodes, weights = _LEGENDRE[0] * bound, _LEGENDRE[1] * bound
        away = (nodes[:, None] - places[None, :] - drift * step) / sd
        kernel = np.exp(-0.5 * away**2) / (sd * sqrt(2 * np.pi))
        places, density = nodes, (kernel @ density) * weights
    return float(density.sum())


_LEGENDRE = np.polynomial.legendre.leggauss(NODES)
