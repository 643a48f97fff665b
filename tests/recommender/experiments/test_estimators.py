"""What a policy would have earned, by hand, and refusals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recommender.errors import InputError
from recommender.experiments.estimators import Evaluation, Logged, dr, evaluate, ips, snips, with_model
from recommender.experiments.overlap import Refusal, effective, overlap

LOG = Logged(
    rewards=np.array([1.0, 0.0, 1.0, 0.0]),
    propensities=np.array([0.5, 0.25, 0.5, 0.25]),
    targets=np.array([0.25, 0.5, 0.5, 0.25]),
    expected=np.array([0.5, 0.2, 0.6, 0.1]),
    expected_of_target=np.array([0.3, 0.4, 0.5, 0.2]),
)
EXACT = 1e-9


def test_the_estimators_are_what_hand_and_paper_say() -> None:
    assert LOG.weights().tolist() == [0.5, 2.0, 1.0, 1.0]
    assert ips(LOG) == pytest.approx((0.5 + 1.0) / 4, abs=EXACT)
    assert snips(LOG) == pytest.approx(1.5 / 4.5, abs=EXACT)
    # .3 + .5 · .5, .4 - 2 · .2, .5 + .4, .2 - .1.
    assert dr(LOG) == pytest.approx((0.55 + 0.0 + 0.9 + 0.1) / 4, abs=EXACT)
    assert effective(LOG.weights()) == pytest.approx(4.5**2 / 6.25, abs=EXACT)


def test_weights_stop_at_the_floor() -> None:
    rare = replace(LOG, propensities=np.array([0.5, 0.25, 0.5, 0.0001]))
    assert rare.weights(floor=0.01)[3] == pytest.approx(25.0)
    assert ips(rare, floor=0.01) == ips(LOG)
    found = overlap(rare.targets, rare.propensities, 0.01)
    # 3.5 and 2,500 are what they are without a floor.
    assert found.floored == pytest.approx(1 - 28.5 / 2503.5)
    assert found.covered == pytest.approx(28.5 / 4)


def many(times: int, **changes: object) -> Logged:
    columns = {
        name: np.tile(getattr(LOG, name), times)
        for name in ("rewards", "propensities", "targets", "expected", "expected_of_target")
    }
    return Logged(**(columns | changes))  # type: ignore[arg-type]


def test_an_evaluation_holds_all_estimates_with_intervals_around_them() -> None:
    found = evaluate(many(100), seed=1)
    assert isinstance(found, Evaluation)
    assert found.dr is not None
    values = {"logged": 0.5, "ips": 0.375, "snips": 1 / 3, "dr": 0.3875}
    for name, value in values.items():
        one = getattr(found, name)
        assert one.value == pytest.approx(value, abs=EXACT)
        assert one.interval.low < value < one.interval.high
    assert evaluate(many(100), seed=1) == found


def test_without_a_model_nothing_is_doubly_robust() -> None:
    bare = many(100, expected=None, expected_of_target=None)
    found = evaluate(bare, seed=1)
    assert isinstance(found, Evaluation)
    assert found.dr is None
    with pytest.raises(InputError, match="expected"):
        dr(bare)
    assert dr(with_model(bare, np.zeros(400), np.zeros(400))) == pytest.approx(ips(bare))


def test_lines_that_come_together_are_drawn_together() -> None:
    alone = evaluate(many(100), seed=1)
    together = evaluate(many(100, groups=np.tile(np.arange(100), 4)), seed=1)
    one_each = evaluate(many(100, groups=np.arange(400)), seed=1)
    assert isinstance(alone, Evaluation)
    assert isinstance(together, Evaluation)
    assert isinstance(one_each, Evaluation)
    assert together.ips.value == pytest.approx(alone.ips.value)
    assert one_each.ips == alone.ips
    assert together.ips.interval != alone.ips.interval


def test_too_small_an_effective_sample_is_refused_with_what_is_needed() -> None:
    refusal = evaluate(LOG, seed=1)
    assert isinstance(refusal, Refusal)
    assert refusal.why == (
        "effective sample size is 3 of 4 lines; 100 are needed, which a log of about 124 lines would have"
    )
    assert (refusal.needed, refusal.overlap.effective) == (100.0, pytest.approx(3.24))


def test_choices_that_the_log_never_makes_are_refused() -> None:
    refusal = evaluate(many(200, targets=np.tile([0.25, 0.125, 0.25, 0.125], 200)), seed=1)
    assert isinstance(refusal, Refusal)
    assert refusal.why.startswith("the log covers 50% of what the policy would choose; 95% are needed")


def test_what_the_floor_hides_is_refused() -> None:
    rare = np.tile([0.5, 0.25, 0.5, 0.0001], 200)
    refusal = evaluate(many(200, propensities=rare, targets=np.tile([0.25, 0.5, 0.5, 0.0003], 200)), seed=1, floor=0.01)
    assert isinstance(refusal, Refusal)


def test_a_policy_that_the_log_never_follows_is_refused() -> None:
    refusal = evaluate(many(200, targets=np.zeros(800)), seed=1)
    assert isinstance(refusal, Refusal)
    assert refusal.why == (
        "effective sample size is 0 of 800 lines; 100 are needed; "
        "no line of the log is a choice that the policy would make"
    )


@given(arrays.arrays(np.float64, st.integers(2, 30), elements=st.floats(0, 10)), st.integers(0, 99))
def test_the_policy_of_the_log_itself_earned_what_the_log_did(rewards: np.ndarray, seed: int) -> None:
    chances = np.random.default_rng(seed).uniform(0.05, 1, len(rewards))
    same = Logged(rewards, chances, chances)
    assert ips(same) == pytest.approx(rewards.mean())
    assert snips(same) == pytest.approx(rewards.mean())
    assert effective(same.weights()) == pytest.approx(len(rewards))


@given(st.floats(-5, 5))
def test_snips_and_dr_move_with_the_rewards(shift: float) -> None:
    moved = replace(
        LOG,
        rewards=LOG.rewards + shift,
        expected=LOG.expected + shift,
        expected_of_target=LOG.expected_of_target + shift,
    )
    assert snips(moved) == pytest.approx(snips(LOG) + shift)
    assert dr(moved) == pytest.approx(dr(LOG) + shift)


@pytest.mark.parametrize("wrong", [np.array([0.5, 0.0, 0.5, 0.5]), np.array([0.5, 1.5, 0.5, 0.5])])
def test_propensities_that_are_none_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match="propensities"):
        replace(LOG, propensities=wrong)


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="targets: 3 is not allowed; give one for each of the 4 rewards"):
        replace(LOG, targets=np.ones(3))
