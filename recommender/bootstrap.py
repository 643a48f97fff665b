"""Intervals by drawing the observed cases again and again (Efron 1979)."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

ROUNDS = 1000
AT_ONCE = 2_000_000
"""Draws held in memory at a time."""


def bootstrap_means(values: Values, *, seed: int, rounds: int = ROUNDS) -> Values:
    """Means of `values`, cases by columns, over `rounds` draws of as many cases; rounds by columns.

    Every column meets the same draws, so differences of columns are those of the same cases: a paired bootstrap.
    Equal seeds and numbers of cases give equal draws.
    """
    draw, cases = np.random.default_rng(seed), len(values)
    means = np.empty((rounds, values.shape[1]))
    step = max(1, AT_ONCE // max(1, cases))
    for start in range(0, rounds, step):
        part = min(step, rounds - start)
        drawn = draw.integers(cases, size=(part, cases))
        drawn += np.arange(part)[:, None] * cases
        times = np.bincount(drawn.ravel(), minlength=part * cases).reshape(part, cases).astype(np.float64)
        means[start : start + part] = times @ values / cases
    return means


def interval(means: Values, confidence: float = 0.95) -> tuple[float, float]:
    """The middle `confidence` of bootstrapped means."""
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def bootstrap_interval(
    values: Values, *, seed: int, confidence: float = 0.95, rounds: int = ROUNDS
) -> tuple[float, float]:
    """Interval of the mean of `values`; of paired differences, when those are what `values` holds."""
    return interval(bootstrap_means(values[:, None], seed=seed, rounds=rounds)[:, 0], confidence)
