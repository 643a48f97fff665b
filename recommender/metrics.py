"""How good a ranked list is; each for one case, then averaged by whoever asks.

A case is a list of recommended items, best first, and the set of items that were right.
"""

from collections.abc import Container, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
Values = NDArray[np.float64]


def hits(ranked: Sequence[Hashable], relevant: Container[Hashable], k: int) -> Hits:
    """Which of the first `k` places hold something relevant; missing places hold nothing."""
    found = np.zeros(k, bool)
    found[: len(ranked)] = [item in relevant for item in ranked[:k]]
    return found


def hit_rate(found: Hits) -> float:
    """1 when anything relevant was found."""
    return float(found.any())


def recall(found: Hits, relevant: int) -> float:
    """Hits as a share of what could be found: all that is relevant, or as much as the list can hold."""
    return float(found.sum()) / max(1, min(len(found), relevant))


def reciprocal_rank(found: Hits) -> float:
    """1 divided by the place of the first hit; 0 without one."""
    return 1.0 / (1 + int(found.argmax())) if found.any() else 0.0


def ndcg(found: Hits, relevant: int) -> float:
    """Hits weighed by place, as a share of what the best order would reach."""
    gains = 1.0 / np.log2(np.arange(2, len(found) + 2))
    ideal = gains[: max(1, min(len(found), relevant))].sum()
    return float(gains[found].sum() / ideal)


def bootstrap_interval(
    values: Values, *, seed: int, confidence: float = 0.95, rounds: int = 1000
) -> tuple[float, float]:
    """Interval of the mean of `values`, by drawing them again and again."""
    draw = np.random.default_rng(seed)
    means = np.array([values[draw.integers(len(values), size=len(values))].mean() for _ in range(rounds)])
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
