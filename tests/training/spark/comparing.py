"""How alike the models of two engines are."""

from typing import Any

import numpy as np
import pytest

from recommender.models.models import Models
from recommender.models.neighbours import NeighbourModel
from recommender.training import TrainingConfiguration
from training.evaluation import Evaluation, evaluate
from training.interactions import Prepared

COUNTED = ("views", "purchases", "bought_together")
"""Models of pairs."""


def pairs(model: NeighbourModel) -> dict[tuple[int, int], int]:
    """Co-counts by pair."""
    owners = np.repeat(np.arange(len(model)), np.diff(model.indptr)).tolist()
    return dict(zip(zip(owners, model.rows.tolist(), strict=True), model.support.tolist(), strict=True))


def overlap(one: NeighbourModel, other: NeighbourModel, size: int = 20) -> float:
    """Share of the items of the first lists that the second have, too."""
    hits = [np.isin(one.neighbours(row).rows[:size], other.neighbours(row).rows[:size]) for row in range(len(one))]
    return float(np.concatenate(hits).mean())


def judged(whole: Prepared, models: Models) -> Evaluation:
    return evaluate(whole, TrainingConfiguration(), fit=lambda _earlier: models, baselines=frozenset())


def assert_alike(expected: Any, found: Any, path: str = "") -> None:
    if isinstance(expected, dict):
        assert expected.keys() == found.keys(), path
        for name, value in expected.items():
            assert_alike(value, found[name], f"{path}.{name}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=0.01), path
