"""Learned weights are kept once for all processes, in their order."""

from datetime import timedelta

import pytest

from recommender.experiments.learned import Epoch
from recommender.records import Records, weights
from tests.conftest import NOW

DAY = timedelta(days=1)


def epoch(day: int) -> Epoch:
    return Epoch(NOW + day * DAY, {"plain": 0.25, "short": 0.75})


@pytest.fixture(autouse=True)
def shops(records: Records) -> None:
    records.shops.create("gifts", [], NOW)
    records.shops.create("toys", [], NOW)


def test_what_is_added_is_found_by_experiment_the_earliest_first(records: Records) -> None:
    assert records.weights.of("gifts") == {}
    assert records.weights.add("gifts", "titles", epoch(0))
    assert records.weights.add("gifts", "titles", epoch(1))
    assert records.weights.add("gifts", "words", epoch(0))
    assert records.weights.of("gifts") == {"titles": (epoch(0), epoch(1)), "words": (epoch(0),)}
    assert records.weights.of("toys") == {}


def test_of_two_who_learn_at_once_the_first_is_kept(records: Records) -> None:
    assert records.weights.add("gifts", "titles", epoch(1))
    assert not records.weights.add("gifts", "titles", Epoch(epoch(1).starts, {"plain": 1.0}))
    assert not records.weights.add("gifts", "titles", epoch(0))
    assert records.weights.of("gifts") == {"titles": (epoch(1),)}


def test_old_epochs_are_forgotten(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "KEPT", 2)
    for day in range(4):
        records.weights.add("gifts", "titles", epoch(day))
    assert records.weights.of("gifts") == {"titles": (epoch(2), epoch(3))}
