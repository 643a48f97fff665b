"""What a load has shown: how long answers took, how many came, what they cost."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}


def percentiles(seconds: NDArray[np.float64]) -> dict[str, float]:
    """Milliseconds within which that share of the answers came (the smallest such answer); NaN without answers."""
    ordered = np.sort(seconds)
    return {
        name: 1000 * float(ordered[int(np.ceil(share * len(ordered))) - 1]) if len(ordered) else float("nan")
        for name, share in SHARES.items()
    }


@dataclass(frozen=True)
class Outcome:
    """One load on one server."""

    seconds: float
    answers: int
    """Good ones."""
    errors: int
    """Other statuses, broken connections, and answers that never came."""
    milliseconds: Mapping[str, float]
    """Percentiles by their names."""
    cpu_seconds: float = 0.0
    """Processor time of the server meanwhile."""

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.answers / self.seconds

    @property
    def cpu_milliseconds(self) -> float:
        """Processor time of one answer."""
        return 1000 * self.cpu_seconds / max(1, self.answers)
