"""Intervals for looking every day."""

from math import inf, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.experiments.difference import Effect
from recommender.experiments.sequential import interval, multiple, p_value

visitors = st.integers(1, 10**8)


def test_the_width_is_that_of_the_published_mixture() -> None:
    # rho² for 1,000: (5.991465 + log(6.991465)) / 1000; half of it has come.
    rho_squared = (5.991465 + 1.944691) / 1000
    margin = sqrt(2 * (500 * rho_squared + 1) / (500**2 * rho_squared) * log(sqrt(500 * rho_squared + 1) / 0.05))
    assert multiple(500, 1000) == pytest.approx(margin * sqrt(500), rel=1e-6)
    assert multiple(1000, 1000) == pytest.approx(3.03521, rel=1e-5)


@given(visitors, visitors)
def test_care_costs_width(now: int, planned: int) -> None:
    assert multiple(now, planned) > 1.959964


@given(visitors)
def test_it_is_about_tightest_where_it_was_planned(planned: int) -> None:
    there = multiple(planned, planned)
    # Per visitor the interval goes on shrinking; in standard errors no plan does better than this one by a hundredth.
    assert all(
        multiple(planned, other) > 0.99 * there
        for other in (planned // 4 + 1, planned // 2 + 1, planned * 2, planned * 4)
    )


@given(st.floats(-10, 10), st.floats(0.01, 10), visitors, visitors, st.sampled_from([0.01, 0.05, 0.1]))
def test_the_p_value_and_the_interval_claim_alike(
    value: float, error: float, now: int, planned: int, alpha: float
) -> None:
    effect = Effect(value, error)
    low, high = interval(effect, now, planned, alpha)
    near = abs(abs(value) / error - multiple(now, planned, alpha)) < 1e-9
    assert near or (p_value(effect, now, planned, alpha) < alpha) == (low > 0 or high < 0)


def test_before_anybody_came_nothing_is_ruled_out() -> None:
    assert interval(Effect(1.0, 0.1), 0, 100) == (-inf, inf)
    assert p_value(Effect(1.0, 0.1), 0, 100) == 1.0
    assert p_value(Effect(1.0, 0.0), 10, 100) == 1.0


@pytest.mark.parametrize(("planned", "alpha", "field"), [(0, 0.05, "planned"), (10, 0.0, "alpha"), (10, 1.0, "alpha")])
def test_plans_that_mean_nothing_are_refused(planned: int, alpha: float, field: str) -> None:
    with pytest.raises(InputError, match=field):
        multiple(5, planned, alpha)
