from typing import Any

import numpy as np
import pytest

from training.evaluation import Evaluation
from training.publishing import compare
from training.scoring import Judged

MAY, JUNE = (
    {"from": "2025-05-01", "to": "2025-05-31", "size": 20},
    {"from": "2025-06-01", "to": "2025-06-30", "size": 20},
)
CASES = 200


def evaluation(
    mean: float, *, window: dict[str, Any] = MAY, name: str = "new_items/for_you", seed: int = 1
) -> Evaluation:
    values = np.clip(np.random.default_rng(seed).normal(mean, 0.1, CASES), 0, 1)
    task, by = name.split("/")
    judged = Judged(tuple(str(case) for case in range(CASES)), {by: {"ndcg": values, "recall": values}})
    return Evaluation({"window": window}, {task: judged})


def worse(before: Evaluation, after: Evaluation, tolerance: float = 0.05) -> list[str]:
    return [*compare(before, after, tolerance)]


def test_a_clear_loss_on_the_same_cases_is_named() -> None:
    (lost,) = worse(evaluation(0.5), evaluation(0.4))

    assert lost.startswith("new_items by for_you: NDCG fell from 0.49")


def test_a_small_loss_on_the_same_cases_is_seen_when_nothing_is_tolerated() -> None:
    assert worse(evaluation(0.5), evaluation(0.48), tolerance=0)
    assert not worse(evaluation(0.5), evaluation(0.48))


@pytest.mark.parametrize("mean", [0.5, 0.6])
def test_what_is_as_good_or_better_is_welcome(mean: float) -> None:
    assert not worse(evaluation(0.5), evaluation(mean, seed=2))


def test_on_other_days_only_a_loss_beyond_chance_counts() -> None:
    assert worse(evaluation(0.5), evaluation(0.3, window=JUNE, seed=2))
    assert not worse(evaluation(0.5), evaluation(0.47, window=JUNE, seed=2))


def test_a_weaker_baseline_is_no_loss() -> None:
    name = "new_items/popular"

    assert not worse(evaluation(0.5, name=name), evaluation(0.1, name=name))


def test_what_was_not_judged_before_cannot_be_lost() -> None:
    assert not worse(Evaluation({"window": None}, {}), evaluation(0.1))
