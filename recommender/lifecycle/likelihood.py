"""The likeliest parameters of a model: positive numbers, searched for by their logarithms."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from recommender.lifecycle.histories import Floats

LOWEST, HIGHEST = 1e-4, 1e5
"""Parameters run there when the data do not tell them, or tell that nobody leaves, or that all customers are alike."""
TOLERANCE, ROUGH = 1e-13, 1e-10
"""Of a customer's share of the likelihood: with a slope, and by differences, which are no more exact."""

Gradient = Callable[[Floats], Floats]


class Fit(NamedTuple):
    """Where the likelihood is highest."""

    parameters: tuple[float, ...]
    log_likelihood: float


def maximum(
    log_likelihood: Callable[[Floats], float],
    starts: Sequence[Sequence[float]],
    customers: float,
    gradient: Gradient | None = None,
) -> Fit:
    """Climb from each start, and keep the highest peak.

    Args:
        log_likelihood: of all customers, by the parameters.
        starts: parameters to begin with.
        customers: how many; the tolerance is of a customer's share.
        gradient: of `log_likelihood`; left out: by differences.
    """

    def lost(logs: Floats) -> float:
        value = -log_likelihood(np.exp(logs)) / customers
        return value if np.isfinite(value) else 1e10

    bounds = [(np.log(LOWEST), np.log(HIGHEST))] * len(starts[0])
    options = {"ftol": TOLERANCE if gradient else ROUGH, "gtol": 1e-7, "maxiter": 200}
    jac = _by_logarithms(gradient, -1 / customers) if gradient else "3-point"
    found = [
        minimize(lost, np.log(start), method="L-BFGS-B", jac=jac, bounds=bounds, options=options) for start in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    return Fit(tuple(np.exp(best.x).tolist()), -float(best.fun) * customers)


def _by_logarithms(gradient: Gradient, times: float) -> Gradient:
    """A multiple of the gradient, by the logarithms of the parameters instead of the parameters."""
    return lambda logs: times * gradient(np.exp(logs)) * np.exp(logs)
