"""From scores to probabilities: isotonic regression, drawn through by straight lines (Zadrozny & Elkan 2002)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Calibration(NamedTuple):
    """Points of a line that never falls; before the first and behind the last it is level."""

    scores: Values
    chances: Values


def calibrate(scores: Values, bought: NDArray[np.bool_]) -> Calibration:
    """Learn which share of cases with each score bought; a higher score is never less likely to.

    Args:
        scores: of cases that whoever gave the scores had not learned from.
        bought: what became of them.
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(scores, kind="stable")
    found = isotonic_regression(bought[order].astype(np.float64))
    begins = np.asarray(found.blocks, np.int64)[:-1]
    sizes = np.diff(found.blocks)
    return Calibration(np.add.reduceat(scores[order], begins) / sizes, np.asarray(found.x[begins], np.float64))
