"""Policies of items at positions, and what is expected of them."""

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.experiments.estimators import Evaluation
from recommender.experiments.expectations import FOLDS, Expectations
from recommender.experiments.policies import ItemLog, ItemPolicy, evaluate_items


def test_a_log_shows_how_often_each_item_stood_where() -> None:
    policy = ItemPolicy.empirical(np.array([0, 0, 1, 2]), np.array([0, 0, 0, 1]), shape=(3, 3))
    assert policy.chances[0].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert policy.chances[1].tolist() == [0, 0, 1]
    assert policy.chances[2].tolist() == pytest.approx([1 / 3] * 3)
    assert policy.chance(np.array([0, 2]), np.array([0, 1])).tolist() == pytest.approx([2 / 3, 1])


def test_positions_matter() -> None:
    """Items 0 and 1 are as good, but each at its own position only; a policy that knows doubles the clicks."""
    positions = np.tile([0, 0, 1, 1], 200)
    items = np.tile([0, 1, 0, 1], 200)
    log = ItemLog(items, positions, np.full(800, 0.5), (items == positions).astype(float))
    found = evaluate_items(log, ItemPolicy(np.eye(2)), seed=1)
    assert isinstance(found, Evaluation)
    assert found.logged.value == 0.5
    assert found.ips.value == pytest.approx(1.0)
    assert found.snips.value == pytest.approx(1.0)
    assert found.dr is not None
    assert found.dr.value == pytest.approx(1.0, abs=0.01)


def test_chances_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(InputError, match="chances"):
        ItemPolicy(np.array([[0.5, 0.4]]))


def test_an_expectation_is_a_mean_drawn_towards_that_of_all() -> None:
    rewards, cells = np.array([1.0] * 10 + [0.0] * 30), np.array([0] * 10 + [1] * 30)
    found = Expectations.fit(rewards, cells, size=3, seed=1, strength=8.0)
    for fold in range(FOLDS):
        kept = found.folds != fold
        first, mean = rewards[kept & (cells == 0)].sum(), rewards[kept].mean()
        assert found.tables[fold] == pytest.approx(
            [(first + 8 * mean) / (first + 8), 8 * mean / ((kept & (cells == 1)).sum() + 8), mean]
        )


def test_no_line_is_expected_by_itself() -> None:
    rewards, cells = np.zeros(50), np.arange(50) % 2
    changed = rewards.copy()
    changed[7] = 1000.0
    one, other = (Expectations.fit(values, cells, size=2, seed=1) for values in (rewards, changed))
    assert one.of_logged(cells)[7] == other.of_logged(cells)[7] == 0
    assert other.of_logged(cells).max() > 0


def test_of_a_policy_all_choices_are_weighed() -> None:
    found = Expectations.fit(np.array([0.0, 1.0] * 20), np.array([0, 1] * 20), size=2, seed=1)
    both = found.of_policy(np.tile([0, 1], (40, 1)), np.tile([0.25, 0.75], (40, 1)))
    tables = found.tables[found.folds]
    assert both == pytest.approx(0.25 * tables[:, 0] + 0.75 * tables[:, 1])
