"""P-values of several metrics or variants, adjusted so that looking at many finds no more by chance.

Holm (1979) bounds the chance of any false claim, and is for the metrics that decide. Benjamini & Hochberg (1995)
bounds the share of false ones among the claims, and is for the long list beside them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given: claim those that are at most alpha."""
    order, values = _sorted(p_values)
    stepped = np.maximum.accumulate(values * np.arange(len(values), 0, -1))
    return _returned(order, stepped)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given: of those at most q, a share of q is false on average."""
    order, values = _sorted(p_values)
    raised = values * len(values) / np.arange(1, len(values) + 1)
    return _returned(order, np.minimum.accumulate(raised[::-1])[::-1])


def _sorted(p_values: Sequence[float]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    return order, values[order]


def _returned(order: NDArray[np.intp], adjusted: NDArray[np.float64]) -> list[float]:
    values = np.empty(len(order))
    values[order] = np.minimum(1.0, adjusted)
    return values.tolist()
