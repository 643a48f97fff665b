"""Drawing by weight, and by hash where a draw must come out the same whenever it is asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def uniform(seed: int, salt: int, keys: NDArray[Any]) -> Floats:
    """A number from [0, 1) for each key, always the same one (SplitMix64 of seed, salt and key)."""
    state = keys.astype(np.uint64) + np.uint64((seed * 1_000_003 + salt) * 0x9E3779B97F4A7C15 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    state ^= state >> np.uint64(31)
    return (state >> np.uint64(11)).astype(np.float64) / 2**53


def zipf(size: int, exponent: float) -> Floats:
    """Weights of ranks: the r-th of all (from 1) has 1 / r ** exponent."""
    weights: Floats = np.arange(1, size + 1, dtype=np.float64) ** -exponent
    return weights


def place(cumulative: Floats, points: Floats) -> Ints:
    """Which part of a line of weights each point falls on.

    Args:
        cumulative: 0, then the sum of the weights up to each part.
        points: from 0 to the last of the sums.
    """
    found: Ints = np.searchsorted(cumulative, points, side="right").astype(np.int64) - 1
    return found.clip(0, len(cumulative) - 2)
