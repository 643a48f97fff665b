"""For how long an experiment is planned."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.days import DAY

PLANNED_DAYS: Final = 28
"""For so long an experiment is meant to run where nobody says otherwise: the intervals are narrowest then."""
WEEK: Final = 7


class Horizon(NamedTuple):
    """For how long an experiment is meant to run, and how many visitors that makes."""

    days: int
    visitors: int
    """By the first week, and the same ever after: intervals that were planned anew at each look, for as many visitors
    as have come by then, would not hold at all looks together."""

    @classmethod
    def of(cls, seconds: NDArray[np.int64], days: float, planned_days: int) -> "Horizon":
        """By the moments at which visitors entered."""
        first = int((seconds - seconds.min() < WEEK * DAY).sum())
        return cls(planned_days, max(1, round(first / min(days, WEEK) * planned_days)))
