"""Who is moved by an offer."""

import numpy as np
import pytest

from recommender.errors import TrainingError
from recommender.models.uplift import Learner, UpliftConfig, UpliftModel


def shop(visitors: int = 6_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Those above 0 are persuaded from .1 to .5; the others buy at .3 whatever they are offered."""
    draw = np.random.default_rng(5)
    features = draw.normal(size=(visitors, 2))
    offered = draw.random(visitors) < 0.3
    chance = np.where(features[:, 0] > 0, np.where(offered, 0.5, 0.1), 0.3)
    return features, offered, draw.random(visitors) < chance


@pytest.mark.parametrize("learner", Learner)
def test_the_persuaded_are_told_from_the_others(learner: Learner) -> None:
    model = UpliftModel.fit(*shop(), UpliftConfig(learner=learner))
    found = model.chances([[1.0, 0.0], [-1.0, 0.0]])
    assert found.without == pytest.approx([0.1, 0.3], abs=0.08)
    assert found.offered - found.without == pytest.approx([0.4, 0.0], abs=0.1)


@pytest.mark.parametrize("learner", Learner)
def test_learning_twice_gives_the_same(learner: Learner) -> None:
    one, other = (UpliftModel.fit(*shop(2_000), UpliftConfig(learner=learner, least=100)) for _ in range(2))
    lines = np.random.default_rng(1).normal(size=(50, 2))
    assert (one.chances(lines).offered == other.chances(lines).offered).all()


def test_chances_stay_chances() -> None:
    features, offered, _ = shop(2_000)
    found = UpliftModel.fit(features, offered, offered, UpliftConfig(least=100)).chances(features)
    assert min(found.without.min(), found.offered.min()) >= 0
    assert max(found.without.max(), found.offered.max()) <= 1


def test_nothing_is_learned_from_too_few() -> None:
    features, offered, bought = shop(1_000)
    with pytest.raises(TrainingError, match="uplift needs 500 visitors with the offer and as many without"):
        UpliftModel.fit(features, offered, bought, UpliftConfig())
