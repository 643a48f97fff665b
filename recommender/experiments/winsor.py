"""Amounts with their largest cut to a cap, so that one wholesale order does not decide an experiment.

The cap is one for all variants together: a cap of each one's own would take more away where more was earned. A
winsorised mean is not the mean, so it stands beside the uncut one and never instead.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

QUANTILE = 0.99
"""Of those who spent anything."""


def cap(variants: Iterable[ArrayLike], quantile: float = QUANTILE) -> float:
    """Quantile of the size of what is not 0, in all variants together; infinite where everything is 0.

    Most visitors buy nothing. A quantile over all of them would cut ordinary orders in a shop where few buy.
    """
    sizes = np.abs(np.concatenate([np.asarray(values, np.float64).ravel() for values in variants]))
    spent = sizes[sizes > 0]
    return float(np.quantile(spent, quantile)) if len(spent) else float("inf")


def winsorised(values: ArrayLike, at: float) -> NDArray[np.float64]:
    """Values of at most `at`, and of at least its negative: what is refunded is cut like what is spent."""
    return np.clip(np.asarray(values, np.float64), -at, at)
