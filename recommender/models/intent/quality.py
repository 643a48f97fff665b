"""How good probabilities are: whether they tell buyers apart, and whether they mean what they say.

Sources: Hanley & McNeil 1982 (area under the ROC curve as a rank statistic); Davis & Goadrich 2006 (average precision
as the area under the precision-recall curve, without interpolation); Naeini et al. 2015 (expected calibration error).
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

BINS = 10
"""Of equal width, into which probabilities are sorted to be compared with what happened."""

Flags = NDArray[np.bool_]
Chances = NDArray[np.float64]


class Quality(NamedTuple):
    """How well probabilities foretold what happened."""

    auroc: float
    """Chance that who bought has a higher probability than who did not; 0.5 is no better than a lot."""
    aupr: float
    """Average precision; a lot reaches the base rate."""
    ece: float
    """How far probabilities are from the shares that really bought, on average."""
    brier: float
    """Mean squared distance from what happened."""
    base_rate: float
    """Share that bought."""

    @classmethod
    def of(cls, bought: Flags, chances: Chances) -> Self:
        """Compare probabilities with what happened; both must have occurred.

        Args:
            bought: one for each case.
            chances: what was foretold, from 0 to 1.
        """
        brier = float(np.mean((chances - bought) ** 2))
        return cls(auroc(bought, chances), aupr(bought, chances), ece(bought, chances), brier, float(bought.mean()))


def auroc(bought: Flags, scores: Chances) -> float:
    """Chance that a random buyer's score is above a random other's; ties count half."""
    from scipy.stats import rankdata

    buyers = int(bought.sum())
    others = len(bought) - buyers
    return float((rankdata(scores)[bought].sum() - buyers * (buyers + 1) / 2) / (buyers * others))


def aupr(bought: Flags, scores: Chances) -> float:
    """Precision at each score, weighted by the buyers that it adds; cases of one score come together."""
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(bought[order])
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    added = np.diff(found[ends], prepend=0)
    return float(np.sum(found[ends] / (ends + 1) * added) / found[-1])


def ece(bought: Flags, chances: Chances, bins: int = BINS) -> float:
    """Distance of mean probability and share of buyers in each bin, weighted by its cases."""
    places = np.minimum((chances * bins).astype(np.int64), bins - 1)
    foretold = np.bincount(places, chances, bins)
    happened = np.bincount(places, bought, bins)
    return float(np.abs(foretold - happened).sum() / len(bought))
