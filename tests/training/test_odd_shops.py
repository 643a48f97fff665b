"""Shops that no model fits are told why in words, and get no nonsense numbers."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from recommender.lifecycle.histories import Purchases
from recommender.lifecycle.settings import LifecycleConfig
from recommender.models.customers import DTYPES, CustomerModel
from tests.recommender.lifecycle.shops import invented
from tests.training.shoppers import BEGIN, orders, whole
from training.buying import buying
from training.customers import customers
from training.measuring.lifetimes import Unit, lifetimes

END = BEGIN + timedelta(days=731)
CUSTOMERS = 250
CONFIG = LifecycleConfig(least_buyers=200)
PREDICTED = [name for name in DTYPES if name.startswith(("predicted", "total", "churn", "expected"))]


@pytest.fixture(scope="module")
def usual() -> Purchases:
    """Customers of two years."""
    return invented(CUSTOMERS)


@pytest.fixture(scope="module")
def same(usual: Purchases) -> CustomerModel:
    """What is told of them when nothing is odd."""
    return model(orders(usual))


def model(log: pl.LazyFrame, costs: Mapping[str, float] | None = None) -> CustomerModel:
    found = customers(log, costs or {}, CONFIG, END)
    assert found is not None
    return found


def test_a_usual_shop_is_foretold_by_purchase_models(usual: Purchases, same: CustomerModel) -> None:
    found = same
    assert (found.terms.model, found.terms.reason) == ("bgnbd", "the orders carry purchase models")
    one = found[0]
    assert one.predicted_clv is not None
    assert one.predicted_clv_low is not None
    assert one.predicted_clv_high is not None
    assert one.predicted_clv_low <= one.predicted_clv <= one.predicted_clv_high
    assert one.total_clv == pytest.approx((one.historic_clv or 0) + one.predicted_clv)
    moments = found.columns["expected_date_of_next_order"]
    told = moments[~np.isnan(moments)]
    end = (BEGIN + timedelta(days=int(usual.days.max()))).timestamp()
    assert len(told) > 10
    assert ((told > end) & (told < end + 365 * 86_400)).all()


def test_three_customers_have_totals_and_nothing_else() -> None:
    few = Purchases.of(np.array([0, 1, 2, 2], np.int32), np.array([0, 100, 50, 90], np.int32), np.full(4, 10.0))
    found = model(orders(few))
    assert found.terms.model is None
    assert "3 ordered, and it takes 200 customers" in found.terms.reason
    assert "too few came back" in found.terms.reason
    assert all(np.isnan(found.columns[name]).all() for name in PREDICTED)
    assert (found[2].orders, found[2].spend, found[2].rfm_group) == (2, 20.0, None)


def test_one_giant_customer_leaves_finite_numbers(usual: Purchases) -> None:
    days = np.arange(0, 731, dtype=np.int32)
    giant = Purchases.of(
        np.r_[usual.customers, np.full(731, CUSTOMERS, np.int32)],
        np.r_[usual.days, days],
        np.r_[usual.values, np.full(731, 1e6)],
    )
    found = model(orders(giant))
    assert found.terms.model == "bgnbd"
    for name in PREDICTED[:7]:
        assert np.isfinite(found.columns[name]).all(), name
    big = found.of(customer_id=f"c{CUSTOMERS}")
    assert big is not None
    assert big.predicted_number_of_orders is not None
    assert 200 < big.predicted_number_of_orders < 366
    assert (big.predicted_clv or 0) < 5e8
    others = np.delete(found.columns["predicted_clv"], found.row(customer_id=f"c{CUSTOMERS}") or 0)
    assert np.median(others) < 500


def test_refunds_above_purchases_leave_nobody_in_debt(usual: Purchases) -> None:
    sold = orders(usual)
    back = sold.with_columns(
        ("r" + pl.col("event_id")).alias("event_id"),
        pl.lit("refund").alias("event"),
        (pl.col("timestamp") + pl.duration(hours=1)).alias("timestamp"),
        (pl.col("value") * 3).alias("value"),
    ).filter(pl.col("customer_id").is_in([f"c{number}" for number in range(0, CUSTOMERS, 2)]))
    found = model(whole(pl.concat([sold, back]).collect()))
    assert (found.columns["spend"] >= 0).all()
    assert found.terms.model == "bgnbd"
    assert (found.columns["predicted_clv_low"] >= 0).all()
    assert np.isfinite(found.columns["predicted_clv"]).all()


def test_orders_in_the_future_are_left_out_and_counted(usual: Purchases, same: CustomerModel) -> None:
    future = Purchases.of(np.array([0, 1], np.int32), np.array([5000, 9000], np.int32), np.full(2, 5.0))
    numbered = orders(future, event_id=["f0", "f1"], order_id=["f0", "f1"])
    found = model(pl.concat([orders(usual), numbered]))
    assert found.terms.reason.endswith("2 orders lie in the future and are left out")
    assert found[0] == same[0]


def test_after_a_change_of_currency_orders_count_and_their_money_does_not(
    usual: Purchases, same: CustomerModel
) -> None:
    late = (usual.days > 500).tolist()
    changed = orders(usual, currency=["EUR" if one else "DEM" for one in late])
    found = model(changed)
    assert found.terms.currency == "DEM"
    assert f"{sum(late)} orders in other currencies than DEM count as orders, without their money" in found.terms.reason
    assert (found.columns["orders"] == same.columns["orders"]).all()
    np.testing.assert_allclose(
        found.columns["predicted_number_of_orders"], same.columns["predicted_number_of_orders"], rtol=1e-5
    )
    assert np.median(found.columns["predicted_clv"]) == pytest.approx(np.median(same.columns["predicted_clv"]), rel=0.2)


def test_guests_are_counted_and_not_foretold(usual: Purchases) -> None:
    guests = orders(usual).with_columns(
        pl.when(pl.col("customer_id") == "c0").then(None).otherwise(pl.col("customer_id")).alias("customer_id"),
        pl.when(pl.col("customer_id") == "c0").then(pl.lit("browser")).alias("visitor_id"),
    )
    guest = model(guests).of(visitor_id="browser")
    assert guest is not None
    assert guest.orders >= 1
    assert guest.recency is not None
    assert guest.predicted_clv is None


def test_a_short_log_is_foretold_by_similar_customers() -> None:
    found = model(orders(invented(400, days=170)))
    assert found.terms.model == "cells"
    assert "orders go back" in found.terms.reason
    chances = found.columns["churn_probability"]
    assert ((chances > 0) & (chances < 1)).all()


def test_parameters_can_be_told_in_days(usual: Purchases) -> None:
    bought = buying(orders(usual), {}, END)
    weeks, days = lifetimes(bought, CONFIG), lifetimes(bought, CONFIG, unit=Unit.DAY)
    assert days["bgnbd"]["alpha"] == pytest.approx(7 * weeks["bgnbd"]["alpha"])
    assert days["bgnbd"]["r"] == weeks["bgnbd"]["r"]
    assert days["holdout"] == weeks["holdout"]
    assert {*weeks} >= {"bgnbd", "gamma_gamma", "holdout", "pareto_nbd", "models", "best_total"}
    assert {*weeks["holdout"]} == {"mae", "rmse", "actual", "predicted"}


def test_the_last_day_that_is_learned_from_is_learned_from(usual: Purchases) -> None:
    """On it somebody orders for the first time: they are known, and what they order then is not foretold."""
    first = np.array([usual.days[usual.customers == customer].min() for customer in range(CUSTOMERS)])
    last = int(np.sort(first)[-20])
    found = lifetimes(buying(orders(usual), {}, END), CONFIG, (BEGIN + timedelta(days=last)).date())
    known = first <= last
    assert found["customers"] == known.sum() > (first < last).sum()
    assert found["holdout"]["actual"] == (known[usual.customers] & (usual.days > last)).sum()


def test_parameters_are_told_under_the_letters_of_the_papers(usual: Purchases) -> None:
    found = lifetimes(buying(orders(usual), {}, END), CONFIG)
    assert {*found["bgnbd"]} == {"r", "alpha", "a", "b", "log_likelihood"}
    assert {*found["gamma_gamma"]} == {"p", "q", "v"}
