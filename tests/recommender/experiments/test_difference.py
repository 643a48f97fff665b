"""Differences, lifts and their errors, by hand."""

from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recommender.experiments.difference import Effect, Metric, difference, mean, variance
from recommender.experiments.moments import Moments

CONTROL = Moments.of({"bought": [0, 0, 1, 1], "revenue": [0, 0, 30, 10], "before": [1, 2, 3, 4]})
TREATED = Moments.of({"bought": [1, 1, 1, 0], "revenue": [20, 30, 10, 0], "before": [2, 2, 3, 3]})
BOUGHT = Metric("bought")


def test_a_difference_of_means_has_the_errors_of_both() -> None:
    found = difference(CONTROL, TREATED, BOUGHT)
    assert (found.control, found.treated, found.visitors) == (0.5, 0.75, 8)
    assert found.absolute.value == pytest.approx(0.25)
    # 1/3 and 1/4 are the variances.
    assert found.absolute.error == pytest.approx(sqrt(1 / 12 + 1 / 16))


def test_a_lift_has_the_error_of_a_quotient() -> None:
    lift = difference(CONTROL, TREATED, BOUGHT).relative
    assert lift.value == pytest.approx(0.5)
    # (1 / .5)² · 1/16 + (.75 / .25)² · 1/12.
    assert lift.error == pytest.approx(1.0)


def test_a_ratio_moves_like_what_is_left_of_its_numerator() -> None:
    found = mean(Moments.of({"revenue": [10, 0, 20], "orders": [1, 0, 3]}), Metric("revenue", "orders"))
    assert found.value == pytest.approx(7.5)
    # (10 - 7.5, 0, 20 - 22.5) / (4/3) has the variance 3.515625.
    assert found.error == pytest.approx(sqrt(3.515625 / 3))


def test_cuped_takes_off_what_the_time_before_foretold() -> None:
    control = Moments.of({"y": [1, 2, 3, 4], "x": [0, 1, 0, 1]})
    treated = Moments.of({"y": [2, 4, 4, 6], "x": [0, 1, 1, 1]})
    found = difference(control, treated, Metric("y", covariates=("x",)))
    # Within variants x and y have the products 1 and 2, x the squares 1 and 3/4: theta is 3 / 1.75.
    assert found.absolute.value == pytest.approx(1.5 - 12 / 7 * 0.25)
    assert found.absolute.error == pytest.approx(sqrt(385 / 588))
    assert found.control == pytest.approx(2.5 + 0.5 * 3 / 7)
    assert found.treated - found.control == pytest.approx(found.absolute.value)
    assert found.explained == pytest.approx(1 - (385 / 588) / ((5 + 8) / 12))


def test_one_look_has_the_interval_and_the_p_value_of_the_normal_law() -> None:
    effect = Effect(1.0, 0.5)
    assert effect.interval() == pytest.approx((1 - 0.5 * 1.959964, 1 + 0.5 * 1.959964))
    assert effect.p_value() == pytest.approx(0.0455003)


@pytest.mark.parametrize("effect", [Effect(1.0, 0.0), Effect(1.0, inf), Effect(float("nan"), 1.0)])
def test_without_an_error_nothing_is_ruled_out(effect: Effect) -> None:
    assert effect.interval() == (-inf, inf)
    assert effect.p_value() == 1.0


def test_nothing_is_said_of_one_visitor_or_of_orders_that_nobody_placed() -> None:
    one = Moments.of({"bought": [1], "revenue": [2], "before": [3]})
    assert not difference(CONTROL, one, BOUGHT).absolute.known
    nobody = Moments.of({"bought": [0, 0], "revenue": [0, 0], "before": [0, 1]})
    assert not difference(nobody, CONTROL, Metric("revenue", "bought")).absolute.known
    assert not difference(nobody, CONTROL, BOUGHT).relative.known


def test_behind_a_difference_stand_those_who_carry_it_in_the_thinner_variant() -> None:
    assert difference(CONTROL, TREATED, BOUGHT).behind == pytest.approx(2.0)
    assert difference(CONTROL, TREATED, Metric("revenue", "bought")).behind == pytest.approx(1600 / 1000)
    assert difference(CONTROL, TREATED, Metric("revenue", counted=("bought",))).behind == pytest.approx(2.0)


def test_the_variance_for_planning_is_that_of_one_variant() -> None:
    assert variance(CONTROL, BOUGHT) == pytest.approx(1 / 3)


tables = arrays.arrays(np.float64, st.tuples(st.integers(3, 20), st.just(3)), elements=st.floats(0, 100))


def of(table: np.ndarray, scale: float = 1.0, constant: float | None = None) -> Moments:
    before = table[:, 2] if constant is None else np.full(len(table), constant)
    return Moments.of({"y": scale * table[:, 0], "d": 1 + table[:, 1], "x": before})


@given(tables, tables, st.floats(-1e6, 1e6))
def test_a_constant_covariate_changes_nothing(one: np.ndarray, other: np.ndarray, constant: float) -> None:
    variants = of(one, constant=constant), of(other, constant=constant)
    with_it, without = difference(*variants, Metric("y", "d", ("x",))), difference(*variants, Metric("y", "d"))
    assert with_it.absolute == without.absolute
    assert with_it.explained == 0


@given(tables, tables, st.floats(0.01, 100))
def test_intervals_scale_with_the_currency_and_lifts_do_not(one: np.ndarray, other: np.ndarray, rate: float) -> None:
    assume(min(one[:, 0].std(), other[:, 0].std(), one[:, 0].mean()) > 1e-3)
    metric = Metric("y", "d", ("x",))
    plain = difference(of(one), of(other), metric)
    scaled = difference(of(one, rate), of(other, rate), metric)
    tolerance = 1e-6 * (1 + abs(plain.absolute.value) + plain.absolute.error)
    assert scaled.absolute.value / rate == pytest.approx(plain.absolute.value, abs=tolerance)
    assert scaled.absolute.error / rate == pytest.approx(plain.absolute.error, abs=tolerance)
    if plain.control > 1e-3:
        assert scaled.relative.value == pytest.approx(plain.relative.value, rel=1e-4, abs=1e-4)
        assert scaled.relative.error == pytest.approx(plain.relative.error, rel=1e-4, abs=1e-4)


@given(tables, tables)
def test_exchanging_the_variants_turns_the_difference_round(one: np.ndarray, other: np.ndarray) -> None:
    metric = Metric("y", covariates=("x",))
    there, back = difference(of(one), of(other), metric), difference(of(other), of(one), metric)
    assert there.absolute.value == pytest.approx(-back.absolute.value, abs=1e-6)
    assert there.absolute.error == pytest.approx(back.absolute.error, abs=1e-6)


@given(tables, tables)
def test_a_covariate_never_lengthens_the_interval_of_equal_groups(one: np.ndarray, other: np.ndarray) -> None:
    size = min(len(one), len(other))
    variants = of(one[:size]), of(other[:size])
    with_it = difference(*variants, Metric("y", covariates=("x",))).absolute.error
    assert with_it <= difference(*variants, Metric("y")).absolute.error + 1e-9


def test_the_lift_with_covariates_moves_as_its_error_says() -> None:
    draw = np.random.default_rng(1)
    metric, found = Metric("y", covariates=("x",)), []
    for _ in range(3000):
        x = draw.gamma(2, 1, 400)
        y = x + draw.normal(0, 0.5, 400) + 1
        control, treated = (
            Moments.of({"y": y[part] * scale, "x": x[part]})
            for part, scale in ((slice(0, 100), 1.0), (slice(100, 400), 1.2))
        )
        found.append(difference(control, treated, metric).relative)
    spread = np.std([lift.value for lift in found])
    assert np.mean([lift.error for lift in found]) == pytest.approx(spread, rel=0.05)
    assert np.mean([lift.value for lift in found]) == pytest.approx(0.2, abs=0.003)
