"""Whether variants got the visitors they should have; where not, no difference can be trusted.

The test at one look is Pearson's chi-square. The one that may be looked at every day weighs the counts under the
planned shares against all shares near them (a Dirichlet mixture; Lindon & Malek 2022), which is a martingale while the
split is fair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log, log1p

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, gammaln

from recommender.errors import InputError

ALARM = 0.001
"""How often a fair split may alarm: rarely, because an alarm stops an experiment."""
PLANNED = 10_000
"""Visitors at which the sequential test sees most, unless told otherwise."""


@dataclass(frozen=True)
class SampleRatio:
    """What the counts of visitors say."""

    counts: Mapping[str, int]
    expected: Mapping[str, float]
    p_value: float

    @property
    def alarm(self) -> bool:
        """Whether a fair split would hardly ever bring this."""
        return self.p_value < ALARM


def sample_ratio(counts: Mapping[str, int], weights: Mapping[str, float]) -> SampleRatio:
    """Test the counts at one look.

    Args:
        counts: visitors of each variant.
        weights: how often each is drawn, relative to the others.
    """
    names, seen, shares = _table(counts, weights)
    expected = shares * seen.sum()
    distance = float(np.sum((seen - expected) ** 2 / np.maximum(expected, 1e-300))) if seen.sum() else 0.0
    found = float(chdtrc(len(names) - 1, distance)) if len(names) > 1 else 1.0
    return SampleRatio(dict(counts), dict(zip(names, expected.tolist(), strict=True)), found)


def sequential_ratio(counts: Mapping[str, int], weights: Mapping[str, float], planned: int = PLANNED) -> SampleRatio:
    """Test the counts at any look: over all looks together, a fair split alarms with the same small chance.

    Args:
        counts: visitors of each variant so far.
        weights: how often each is drawn, relative to the others.
        planned: visitors after which a wrong split should best be seen; as valid for any other number.
    """
    names, seen, shares = _table(counts, weights)
    certain = -2 * log(ALARM)
    prior = shares * max(1.0, planned / (certain + log1p(certain)))
    total = seen.sum()
    evidence = float(
        gammaln(prior.sum()) - gammaln(prior.sum() + total) + np.sum(gammaln(prior + seen) - gammaln(prior))
    )
    evidence -= float(seen @ np.log(shares))
    expected = dict(zip(names, (shares * total).tolist(), strict=True))
    return SampleRatio(dict(counts), expected, exp(min(0.0, -evidence)))


def _table(
    counts: Mapping[str, int], weights: Mapping[str, float]
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    names = [name for name, weight in weights.items() if weight > 0]
    if stray := [name for name, count in counts.items() if count and name not in names]:
        raise InputError("counts", stray[0], f"count visitors of variants with a weight only: {', '.join(names)}")
    seen = np.array([counts.get(name, 0) for name in names], np.float64)
    shares = np.array([weights[name] for name in names], np.float64)
    return names, seen, shares / shares.sum()
