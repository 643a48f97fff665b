import numpy as np
import pytest

from recommender.models.sessions import TransitionConfig, TransitionModel
from tests.recommender.models.contract import ModelContract
from tests.recommender.models.sessions.logs import sessions, wandering

ONWARD = TransitionConfig(reach=1, reverse_factor=0, walk_steps=2, walk_factor=0.5)


class TestTransitionModel(ModelContract):
    @pytest.fixture
    def model(self) -> TransitionModel:
        return TransitionModel.fit(sessions("abc", "bca", "cd"), TransitionConfig())


def following(model: TransitionModel, item: int) -> dict[int, float]:
    part = slice(model.next_starts[item], model.next_starts[item + 1])
    return dict(zip(model.next_rows[part].tolist(), model.next_scores[part].tolist(), strict=True))


def reached(model: TransitionModel, item: int) -> dict[int, float]:
    part = slice(model.walk_starts[item], model.walk_starts[item + 1])
    return dict(zip(model.walk_rows[part].tolist(), model.walk_scores[part].tolist(), strict=True))


def test_what_follows_is_a_share_of_the_transitions() -> None:
    model = TransitionModel.fit(sessions("ab", "ab", "ab", "ac"), ONWARD.model_copy(update={"half_life_days": 1e9}))

    assert following(model, 0) == pytest.approx({1: 0.75, 2: 0.25})
    assert following(model, 1) == {}


def test_items_further_apart_count_less() -> None:
    model = TransitionModel.fit(sessions("abc"), TransitionConfig(reach=2, distance_factor=0.5))

    assert following(model, 0) == pytest.approx({1: 2 / 3, 2: 1 / 3})


def test_a_walk_follows_the_likeliest_ways_on() -> None:
    found = sessions("ab", "ab", "ac", "ad", "bx", "cy", "dz")
    letters = "abcdefghijklmnopqrstuvwxyz"

    model = TransitionModel.fit(found, ONWARD.model_copy(update={"walk_followed": 2}))

    assert {letters[row] for row in reached(model, 0)} == {"b", "d", "x", "z"}  # of two alike the younger
    assert {letters[row] for row in following(model, 0)} == {"b", "c", "d"}


def test_a_bound_that_no_item_meets_changes_nothing() -> None:
    first, second = (
        TransitionModel.fit(wandering(60), TransitionConfig(walk_followed=most)) for most in (1000, 10_000)
    )

    assert first.walk_rows.tolist() == second.walk_rows.tolist()
    assert first.walk_scores.tolist() == second.walk_scores.tolist()


def test_the_walk_reaches_what_never_followed() -> None:
    model = TransitionModel.fit(sessions("ab", "bc"), ONWARD)

    assert reached(model, 0) == pytest.approx({1: 1.0, 2: 0.5})


def test_the_walk_goes_back_as_far_as_it_may() -> None:
    model = TransitionModel.fit(sessions("ab"), ONWARD.model_copy(update={"reverse_factor": 0.5}))

    assert reached(model, 1) == pytest.approx({0: 1.0})


def test_an_item_is_not_its_own_neighbour() -> None:
    model = TransitionModel.fit(sessions("aab", "aba"), TransitionConfig())

    assert 0 not in following(model, 0) | reached(model, 0)


def test_a_wide_walk_equals_the_powers_of_the_matrix() -> None:
    log = wandering(200, items=20)
    model = TransitionModel.fit(log, TransitionConfig(reach=1, reverse_factor=0, walk_steps=3, walk_factor=0.5))
    counts = np.zeros((20, 20))
    ages = 0.5 ** (log.ages_days[log.owners()] / 120)
    for place in range(1, len(log.item_rows)):
        if place not in log.starts:
            counts[log.item_rows[place - 1], log.item_rows[place]] += ages[place]
    step = counts / counts.sum(axis=1, keepdims=True)
    total = step + 0.5 * step @ step + 0.25 * step @ step @ step
    np.fill_diagonal(total, 0)

    for item in range(20):
        for row, score in reached(model, item).items():
            assert score == pytest.approx(total[item, row], rel=1e-4)
