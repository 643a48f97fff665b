"""The likeliest parameters of a model: positive numbers, searched for by their logarithms."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

LOWEST, HIGHEST = 1e-4, 1e5
"""Parameters run there when the data do not tell them, or tell that nobody leaves, or that all customers are alike."""
TOLERANCE: Final = 1e-13

Floats = NDArray[np.float64]


class Fit(NamedTuple):
    """Where the likelihood is highest."""

    parameters: tuple[float, ...]
    log_likelihood: float


def maximum(log_likelihood: Callable[[Floats], float], starts: Sequence[Sequence[float]], customers: float) -> Fit:
    """Climb from each start, and keep the highest peak.

    Args:
        log_likelihood: of all customers, by the parameters.
        starts: parameters to begin with.
        customers: how many; the tolerance is of a customer's share.
    """

    def lost(logs: Floats) -> float:
        value = -log_likelihood(np.exp(logs)) / customers
        return value if np.isfinite(value) else 1e10

    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * len(starts[0])
    options = {"ftol": TOLERANCE, "gtol": 1e-7, "maxiter": 500}
    found = [
        minimize(lost, np.log(start), method="L-BFGS-B", jac="3-point", bounds=bounds, options=options)
        for start in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    parameters = tuple(np.exp(best.x).tolist())
    return Fit(parameters, -float(best.fun) * customers)
