"""Each variant is drawn as often as it is likely to be the best."""

from math import lgamma

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from recommender.assignment import variant
from recommender.errors import InputError
from recommender.experiments.thompson import (
    EXACT,
    Amounts,
    Counts,
    beta_chances,
    floored,
    learned_weights,
    normal_chances,
)

arms = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=2, max_size=6)


def beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def second_is_better(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The finite sum of Evan Miller's "Formulas for Bayesian A/B testing"."""
    (a, b), (c, d) = ((hits + 1, tries - hits + 1) for hits, tries in (one, other))
    return sum(np.exp(beta(a + i, b + d) - np.log(d + i) - beta(1 + i, d) - beta(a, b)) for i in range(c))


@pytest.mark.parametrize(
    ("successes", "trials", "chances"),
    [
        ([0, 0], [0, 0], [1 / 2, 1 / 2]),
        ([0, 1], [0, 1], [1 / 3, 2 / 3]),
        ([0, 1], [1, 1], [1 / 6, 5 / 6]),
        ([0, 0, 0], [0, 0, 0], [1 / 3, 1 / 3, 1 / 3]),
        # Of a uniform, and of one whose distribution is x², the chance to be above two uniforms: 1/4 twice and 1/2.
        ([0, 0, 1], [0, 0, 1], [1 / 4, 1 / 4, 1 / 2]),
    ],
)
def test_chances_are_what_integrals_give_by_hand(successes: list[int], trials: list[int], chances: list[float]) -> None:
    assert beta_chances(successes, trials) == pytest.approx(chances, abs=EXACT)


@given(st.integers(0, 300), st.integers(0, 3000), st.integers(0, 300), st.integers(0, 3000))
def test_two_arms_are_exact_to_1e_9(one: int, missed: int, other: int, lost: int) -> None:
    found = beta_chances([one, other], [one + missed, other + lost])
    assert found[1] == pytest.approx(second_is_better((one, one + missed), (other, other + lost)), abs=EXACT)


@given(arms)
def test_chances_add_up_and_follow_their_arms(known: list[tuple[int, int]]) -> None:
    hits = np.array([one for one, _ in known])
    tries = hits + np.array([missed for _, missed in known])
    found = beta_chances(hits, tries)
    assert found.sum() == pytest.approx(1.0)
    assert (found >= 0).all()
    assert found[::-1] == pytest.approx(beta_chances(hits[::-1], tries[::-1]), abs=1e-12)


def test_many_experiments_at_once_are_each_alone() -> None:
    successes, trials = np.array([[1, 5, 3], [80, 90, 20]]), np.array([[20, 30, 30], [1000, 1000, 200]])
    assert beta_chances(successes, trials)[1] == pytest.approx(beta_chances(successes[1], trials[1]))


def test_means_of_two_amounts_compare_by_the_normal_law() -> None:
    found = normal_chances([10.0, 11.0], [3.0, 4.0])
    assert found == pytest.approx([ndtr(-1 / 5), ndtr(1 / 5)], abs=EXACT)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_amounts_in_another_currency_have_the_same_chances(shift: float, rate: float) -> None:
    means, errors = np.array([1.0, 2.0, 1.5]), np.array([0.5, 1.0, 0.1])
    assert normal_chances(rate * means + shift, rate * errors) == pytest.approx(normal_chances(means, errors), abs=1e-7)


def test_an_arm_that_is_known_exactly_meets_one_that_is_not() -> None:
    # A hundred thousand times sharper: its chance is that the other lies below it.
    assert normal_chances([0.0, 1.0], [1e-5, 1.0])[0] == pytest.approx(ndtr(-1.0), abs=EXACT)


def test_the_floor_is_kept_and_the_rest_is_shared_by_chance() -> None:
    assert floored(np.array([0.0, 0.25, 0.75]), 0.1) == pytest.approx([0.1, 0.1 + 0.7 * 0.25, 0.1 + 0.7 * 0.75])


def test_weights_are_the_propensities_that_visitors_are_drawn_by() -> None:
    weights = learned_weights({"plain": Counts(20, 1000), "bold": Counts(30, 1000)}, floor=0.05)
    assert sum(weights.values()) == pytest.approx(1.0)
    drawn = [variant("gifts", f"visitor-{number}", "campaign:flash:2025-06-15", weights) for number in range(20_000)]
    assert drawn.count("plain") / 20_000 == pytest.approx(weights["plain"], abs=0.01)


def test_amounts_are_learned_likewise() -> None:
    assert learned_weights({"a": Amounts(10, 3), "b": Amounts(11, 4)}, floor=0.0)["b"] == pytest.approx(ndtr(1 / 5))


def test_what_means_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"floor: 0\.4 is not allowed; use a number from 0 to 0\.333"):
        floored(np.full(3, 1 / 3), 0.4)
    with pytest.raises(InputError, match="successes"):
        beta_chances([2, 0], [1, 1])
    with pytest.raises(InputError, match="errors"):
        normal_chances([1, 2], [0.0, 1.0])
