"""Forecasts of customers who follow the models are right on the whole, and their intervals cover what they say."""

import numpy as np
import pytest

from recommender.lifecycle.backtest import Outcome, best, calibration, churn, holdout_days, judged
from recommender.lifecycle.cells import Cells
from recommender.lifecycle.forecast import Forecaster
from recommender.lifecycle.gate import objections
from recommender.lifecycle.histories import Purchases
from recommender.lifecycle.settings import LifecycleConfig
from tests.recommender.lifecycle.shops import invented

CONFIG = LifecycleConfig()


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """1,500 customers after a year and a half, and half a year more."""
    return Outcome.of(invented(), 550, 730)


@pytest.fixture(scope="module")
def forecaster(outcome: Outcome) -> Forecaster:
    found = Forecaster.fit(outcome.known, CONFIG)
    assert found is not None
    return found


def test_orders_values_and_silence_are_foretold(outcome: Outcome, forecaster: Forecaster) -> None:
    found = judged(outcome, forecaster.forecast(outcome.known, outcome.days, outcome.days))
    assert found["predicted"] == pytest.approx(found["actual"], rel=0.1)
    assert found["predicted_value"] == pytest.approx(found["actual_value"], rel=0.15)
    assert found["churn"]["predicted"] == pytest.approx(found["churn"]["actual"], abs=0.03)
    assert found["churn"]["auc"] > 0.7


@pytest.mark.parametrize("coverage", [0.6, 0.9])
def test_intervals_cover_at_least_what_they_say(outcome: Outcome, coverage: float) -> None:
    model = Forecaster.fit(outcome.known, LifecycleConfig(coverage=coverage))
    assert model is not None
    found = judged(outcome, model.forecast(outcome.known, outcome.days, outcome.days))
    assert found["coverage"] > coverage - 0.02
    assert found["value_coverage"] > coverage - 0.02


def test_dates_are_given_to_those_who_are_likely_to_order(outcome: Outcome, forecaster: Forecaster) -> None:
    found = forecaster.forecast(outcome.known, 365, 365)
    days = found["expected_date_of_next_order"]
    assert (np.isnan(days) == (found["churn_probability"] >= 0.5)).all()
    told = ~np.isnan(days)
    ends = [found[f"expected_date_of_next_order{end}"][told] for end in ("_low", "", "_high")]
    assert (np.diff(np.array(ends), axis=0) > 0).all()
    assert ends[0].min() > 0
    assert ends[2].max() < 365


def test_the_interval_of_a_sum_is_that_of_drawing_it(outcome: Outcome, forecaster: Forecaster) -> None:
    known, draw = outcome.known, np.random.default_rng(3)
    found = forecaster.forecast(known, 364, 90)
    customer = int(np.argsort(-found["predicted_clv"])[20])
    repeats = int(known.statistics.repeats[known.statistics.rows[customer]])
    chances = forecaster.counts.chances(known.statistics, 52, 511)[known.statistics.rows[customer]]
    orders = draw.choice(512, 100_000, p=chances / chances.sum())
    values = forecaster.values
    rates = draw.gamma(values.q + values.p * repeats, 1 / (values.v + repeats * known.value[customer]), 100_000)
    sums = np.where(orders > 0, draw.gamma(values.p * np.maximum(orders, 1)) / rates, 0.0)
    low, high = np.quantile(sums, [0.05, 0.95])
    assert found["predicted_clv"][customer] == pytest.approx(sums.mean(), rel=0.02)
    assert found["predicted_clv_low"][customer] == pytest.approx(low, rel=0.1, abs=1)
    assert found["predicted_clv_high"][customer] == pytest.approx(high, rel=0.06)


def test_similar_customers_foretell_where_the_log_is_short() -> None:
    purchases = invented(300, days=170)
    assert objections(purchases, 170, CONFIG) == [
        "300 ordered, and it takes 500 customers",
        "orders go back 170 days, and it takes 180",
    ]
    outcome = Outcome.of(purchases, 113, 170)
    cells = Cells.fit(purchases, 113, CONFIG)
    assert cells is not None
    found = judged(outcome, cells.forecast(outcome.known, outcome.days, outcome.days))
    assert found["predicted"] == pytest.approx(found["actual"], rel=0.5)
    assert 0 < found["churn"]["predicted"] < 1


def test_intervals_by_similar_customers_cover_what_they_say() -> None:
    """Nine of ten, of customers whose last third of a log was like the one before."""
    purchases = invented()
    outcome = Outcome.of(purchases, 550, 730)
    cells = Cells.fit(purchases, 550, CONFIG)
    assert cells is not None
    found = judged(outcome, cells.forecast(outcome.known, outcome.days, outcome.days))
    assert min(found["coverage"], found["value_coverage"]) > 0.88


def test_three_customers_are_too_few_for_either() -> None:
    three = Purchases.of(np.arange(3, dtype=np.int32), np.array([0, 100, 200], np.int32), np.ones(3))
    assert objections(three, 200, CONFIG) == ["3 ordered, and it takes 500 customers", "nobody has ordered on 3 days"]
    assert Cells.fit(three, 200, CONFIG) is None


def test_a_shop_that_went_silent_is_told() -> None:
    assert objections(invented(600, days=400), 450, CONFIG) == ["the last order is 51 days old, and may be 30"]


def test_one_giant_customer_does_not_move_the_others(outcome: Outcome, forecaster: Forecaster) -> None:
    usual = invented()
    giant = Purchases.of(
        np.r_[usual.customers, np.full(551, 1500, np.int32)],
        np.r_[usual.days, np.arange(551, dtype=np.int32)],
        np.r_[usual.values, np.full(551, 1e6)],
    )
    known = giant.summary(550)
    model = Forecaster.fit(known, CONFIG)
    assert model is not None
    found = model.forecast(known, 180, 180)
    before = forecaster.forecast(outcome.known, 180, 180)
    assert all(np.isfinite(found[name]).all() for name in found if not name.startswith("expected_date"))
    others = found["predicted_clv"][:-1]
    assert np.median(others) == pytest.approx(np.median(before["predicted_clv"]), rel=0.25)
    assert 90 < found["predicted_number_of_orders"][-1] < 180
    assert found["predicted_clv_high"][-1] < 1e9


def test_calibration_keeps_equals_together_and_counts_everybody() -> None:
    parts = calibration(np.array([0.1] * 8 + [0.9] * 2), np.array([0.0] * 7 + [1.0] * 3))
    assert [(part["customers"], part["predicted"]) for part in parts] == [(8, pytest.approx(0.1)), (2, 0.9)]
    assert [part["actual"] for part in parts] == [0.125, 1.0]


def test_the_area_under_the_curve_counts_pairs_in_the_right_order() -> None:
    """Silent .9 and .4, not silent .4 and .1: of four pairs three are right and one is even."""
    found = churn(np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False]))
    assert found["auc"] == 0.875
    assert churn(np.array([0.5]), np.array([True]))["auc"] is None


def test_the_last_third_is_held_out_but_no_more_than_a_horizon() -> None:
    purchases = Purchases.of(np.zeros(1, np.int32), np.zeros(1, np.int32), np.ones(1))
    assert [holdout_days(purchases, end, 365) for end in (90, 3000)] == [30, 365]


def test_the_best_total_is_the_nearest_one() -> None:
    assert best({"a": {"predicted": 8.0, "actual": 10.0}, "b": {"predicted": 11.0, "actual": 10.0}}) == "b"
