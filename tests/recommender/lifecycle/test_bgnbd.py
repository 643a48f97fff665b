"""BG/NBD against its own story, integrated numerically, and against customers that follow it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import roots_genlaguerre, roots_jacobi

from recommender.lifecycle.bgnbd import BgNbd, log_likelihood, slope
from recommender.lifecycle.histories import Statistics
from tests.recommender.lifecycle.shops import invented

MODEL = BgNbd(r=0.8, alpha=6.0, a=1.3, b=3.0, log_likelihood=0.0)
CUSTOMER = st.tuples(st.integers(0, 60), st.integers(1, 500), st.integers(0, 500))


def customer(x: int, last: int, age: int) -> Statistics:
    return Statistics.of(*(np.array([number], np.int32) for number in (x, last, age)))


def expectation(of: Callable[..., Any], x: int, last: float, age: float) -> float:
    """The mean over rates and chances to leave of a function of both, weighed by how likely each makes the past."""
    rates, weights = roots_genlaguerre(100, MODEL.r - 1)
    places, shares = roots_jacobi(60, MODEL.b - 1, MODEL.a - 1)
    rate, p = rates[:, None] / MODEL.alpha, (1 + places[None, :]) / 2
    stayed = (1 - p) ** x * rate**x * np.exp(-rate * age)
    left = p * (1 - p) ** max(x - 1, 0) * rate**x * np.exp(-rate * last) * (x > 0)
    prior = np.outer(weights / weights.sum(), shares / shares.sum())
    return float((of(stayed, left, rate) * prior).sum())


@pytest.mark.parametrize(("x", "last", "age"), [(0, 0, 70), (2, 28, 70), (5, 63, 70)])
def test_likelihood_and_chances_are_those_of_the_story(x: int, last: int, age: int) -> None:
    one = customer(x, last, age)
    both = expectation(lambda stayed, left, _: stayed + left, x, last / 7, age / 7)
    active = expectation(lambda stayed, _, __: stayed, x, last / 7, age / 7) / both
    quiet = expectation(lambda stayed, left, rate: left + stayed * np.exp(-rate * 4), x, last / 7, age / 7) / both

    parameters = np.array([MODEL.r, MODEL.alpha, MODEL.a, MODEL.b])
    assert log_likelihood(parameters, one) == pytest.approx(np.log(both), rel=1e-5)
    assert MODEL.active(one)[0] == pytest.approx(active, rel=1e-5)
    assert MODEL.silent(one, 4)[0] == pytest.approx(quiet, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(CUSTOMER, st.floats(1, 60), st.sampled_from([1e-4, 0.3, 1.0, 2.5]))
def test_chances_add_up_to_one_and_their_mean_is_what_is_expected(
    history: tuple[int, int, int], weeks: float, a: float
) -> None:
    x, last, more = history
    model, one = BgNbd(0.8, 6.0, a, 3.0, 0.0), customer(x, last if x else 0, last + more)
    chances = model.chances(one, weeks, 2047)[0]
    assert chances.min() >= 0
    assert chances.sum() == pytest.approx(1, abs=1e-6)
    assert chances[0] == pytest.approx(model.silent(one, weeks)[0], abs=1e-9)
    assert chances @ np.arange(2048) == pytest.approx(model.expected(one, weeks)[0], rel=1e-3, abs=1e-6)


@given(CUSTOMER)
def test_who_was_silent_for_longer_is_less_likely_to_be_active(history: tuple[int, int, int]) -> None:
    x, last, more = history
    earlier, later = (MODEL.active(customer(x, last if x else 0, last + more + wait))[0] for wait in (0, 30))
    assert later <= earlier


@pytest.mark.parametrize("parameters", [(0.8, 6.0, 1.3, 3.0), (0.2, 20.0, 0.01, 50.0)])
def test_the_slope_is_that_of_the_likelihood(parameters: tuple[float, ...]) -> None:
    known, at = invented(200).summary(730).statistics, np.array(parameters)
    steps = [np.eye(4)[place] * at[place] * 1e-5 for place in range(4)]
    differences = [
        (log_likelihood(at + step, known) - log_likelihood(at - step, known)) / (2 * step.sum()) for step in steps
    ]
    assert slope(at, known) == pytest.approx(differences, rel=1e-4)


def test_parameters_are_found_again() -> None:
    """1,500 customers tell them roughly; what they come to (rate and loyalty) closer."""
    found = BgNbd.fit(invented().summary(730).statistics)
    assert found.r / found.alpha == pytest.approx(0.8 / 6.0, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(0.8 / 3.3, rel=0.2)


def test_where_nobody_leaves_the_model_still_counts() -> None:
    found = BgNbd.fit(invented(400, leaving=(1e-6, 5.0)).summary(730).statistics)
    assert found.a / (found.a + found.b) < 0.01
    assert np.isfinite(found.expected(customer(5, 300, 400), 52)).all()


def test_the_next_order_comes_within_the_time_and_later_ones_for_higher_shares() -> None:
    one = customer(3, 50, 60)
    weeks = [MODEL.next_order(one, 52, share)[0] for share in (0.05, 0.5, 0.95, 1.0)]
    assert weeks == sorted(weeks)
    assert weeks[-1] == pytest.approx(52)
    within = 1 - MODEL.silent(one, weeks[1])[0]
    assert within == pytest.approx((1 - MODEL.silent(one, 52)[0]) / 2)
