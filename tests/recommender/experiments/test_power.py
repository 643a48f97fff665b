"""What an experiment can see."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from recommender.errors import InputError
from recommender.experiments.power import chance, days_needed, detectable, drift_for, power, spread, visitors_needed
from recommender.experiments.sequential import multiple


def test_four_fifths_are_found_at_2_8_standard_errors() -> None:
    assert drift_for(0.8) == pytest.approx(1.959964 + 0.841621, abs=1e-4)


def test_visitors_follow_from_effect_and_variance() -> None:
    # Two groups of variance 1: 4 / n is the variance of the difference.
    assert spread(1.0, 1.0) == 4.0
    assert visitors_needed(0.1, 4.0) == 3140
    assert detectable(4.0, 3140) == pytest.approx(0.1, rel=1e-3)
    assert power(0.1, 4.0, 3140) == pytest.approx(0.8, abs=1e-3)


def test_a_small_holdout_needs_more_visitors() -> None:
    assert spread(1.0, 1.0, share=0.95) == pytest.approx(1 / 0.05 + 1 / 0.95)


def test_one_sequential_look_is_a_test_at_its_bound() -> None:
    bound = multiple(1, 1)
    assert chance(3.0, looks=1) == pytest.approx(norm.sf(bound - 3) + norm.cdf(-bound - 3), abs=1e-7)


def test_many_looks_find_as_often_as_simulated_paths_do() -> None:
    looks, drift = 14, 3.5
    draw = np.random.default_rng(1)
    paths = np.cumsum(draw.normal(drift / looks, 1 / sqrt(looks), (40_000, looks)), axis=1)
    times = np.arange(1, looks + 1)
    bounds = np.array([multiple(look, looks) for look in times.tolist()]) * np.sqrt(times / looks)
    assert chance(drift, looks) == pytest.approx((np.abs(paths) > bounds).any(axis=1).mean(), abs=0.01)


@given(st.integers(1, 60))
def test_without_an_effect_looking_every_day_finds_at_most_alpha(looks: int) -> None:
    assert 0 < chance(0.0, looks) < 0.05


@given(st.floats(0, 6), st.floats(0.01, 2), st.sampled_from([None, 5]))
def test_a_larger_effect_is_found_oftener(drift: float, more: float, looks: int | None) -> None:
    assert chance(drift, looks) < chance(drift + more, looks) + 1e-12


def test_days_are_what_is_missing_by_the_day() -> None:
    assert days_needed(1000, 300) == 4
    assert days_needed(1000, 300, visitors=500) == 2
    assert days_needed(1000, 0, visitors=1000) == 0
    assert days_needed(1000, 0) == inf
    assert detectable(4.0, 0) == inf


def test_plans_that_mean_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="effect"):
        visitors_needed(0.0, 4.0)
    with pytest.raises(InputError, match="share"):
        spread(1.0, 1.0, share=1.0)
    with pytest.raises(InputError, match="power"):
        drift_for(0.01)
    with pytest.raises(InputError, match="looks"):
        chance(1.0, looks=0)
