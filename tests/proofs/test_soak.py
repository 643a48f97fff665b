"""The proof of bounded answers and memory notices what breaks it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.proofs.soak import told

CALLS = [[0.0, 0.0, 0.5, 200.0], [0.1, 0.1, 0.4, 202.0], [0.2, 0.2, 0.3, 503.0]]
"""Due, sent and done at these seconds, and the status."""
SECONDS = np.arange(0.0, 900.0, 10.0)
STEADY = np.column_stack([SECONDS, 300 + np.sin(SECONDS)])


def test_answers_in_time_early_refusals_and_steady_memory_hold() -> None:
    found = told(1, 3.0, np.array(CALLS), STEADY)
    assert found.often.startswith("2 calls answered, 99 of 100 within 0.50 s")
    assert found.often.endswith("1 turned away with 503, half of them within 100 ms")


@pytest.mark.parametrize(
    ("calls", "memory", "complaint"),
    [
        ([*CALLS, [0.3, 0.0, 0.0, 0.0]], STEADY, "answered with"),
        ([*CALLS, [0.3, 0.3, 0.4, 500.0]], STEADY, "answered with"),
        (CALLS[:2], STEADY, "nothing was turned away"),
        ([*CALLS, [0.3, 12.0, 12.1, 200.0]], STEADY, r"took more than 1\d"),
        ([*CALLS[:2], [0.2, 0.2, 5.0, 503.0]], STEADY, "waited for more than 4.8 s"),
        (CALLS, np.column_stack([SECONDS, 300 + SECONDS / 20]), "memory grew by 14.8%"),
    ],
    ids=["never sent", "failed", "nothing shed", "waited before it was sent", "shed late", "memory grows"],
)
def test_what_breaks_the_promise_is_noticed(
    calls: list[list[float]], memory: NDArray[np.float64], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        told(1, 3.0, np.array(calls), memory)
