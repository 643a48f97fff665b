"""Browsing is listened to where it tells who will be silent, and only there."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from recommender.lifecycle.churn import better
from recommender.lifecycle.histories import Purchases
from recommender.lifecycle.settings import LifecycleConfig
from recommender.models.customers import CustomerModel
from tests.training.shoppers import BEGIN, orders, whole
from training.browsing import NEVER, browsing, seen
from training.customers import customers

CUSTOMERS, DAYS, CHURN = 600, 400, 60
CONFIG = LifecycleConfig(churn_days=CHURN, least_buyers=200)


@pytest.fixture(scope="module")
def shop() -> tuple[Purchases, np.ndarray]:
    """Customers who buy every two months, and half of whom leave on a day of their own; and that day."""
    draw = np.random.default_rng(5)
    leaves = np.where(draw.random(CUSTOMERS) < 0.6, draw.integers(60, DAYS, CUSTOMERS), DAYS)
    bought = draw.random((CUSTOMERS, DAYS)) < 1 / 40
    bought[:, 0] = True
    bought &= np.arange(DAYS) < leaves[:, None]
    who, when = np.nonzero(bought)
    return Purchases.of(who.astype(np.int32), when.astype(np.int32), draw.gamma(4.0, 8.0, len(who))), leaves


def views(days_of: np.ndarray, *, seed: int = 6) -> pl.LazyFrame:
    """Looks at items, one day in eight, until the day that each customer is told to."""
    draw = np.random.default_rng(seed)
    who, when = np.nonzero((draw.random((CUSTOMERS, DAYS)) < 0.12) & (np.arange(DAYS) < days_of[:, None]))
    frame = pl.DataFrame(
        {
            "event_id": [f"view-{number}" for number in range(len(who))],
            "event": ["view_item"] * len(who),
            "item_id": ["a"] * len(who),
            "timestamp": [BEGIN + timedelta(days=int(day)) for day in when],
            "verified": [True] * len(who),
            "customer_id": [f"c{customer}" for customer in who],
        }
    )
    return whole(frame)


def told(log: pl.LazyFrame) -> CustomerModel:
    found = customers(log, {}, CONFIG, BEGIN + timedelta(days=DAYS))
    assert found is not None
    return found


def test_who_stopped_looking_is_told_to_have_left(shop: tuple[Purchases, np.ndarray]) -> None:
    purchases, leaves = shop
    found = told(pl.concat([orders(purchases), views(leaves)]))
    assert (found.terms.model, found.terms.churn_model) == ("bgnbd", "lightgbm")
    names = [int(name.removeprefix("customer:c")) for name in found.people]
    gone = leaves[names] < DAYS - 10
    chances = found.columns["churn_probability"]
    assert chances[gone].mean() > 0.85
    assert chances[~gone].mean() < 0.5


def test_looks_that_tell_nothing_are_not_listened_to(shop: tuple[Purchases, np.ndarray]) -> None:
    purchases, leaves = shop
    found = told(pl.concat([orders(purchases), views(np.random.default_rng(8).permutation(leaves))]))
    assert found.terms.churn_model == "bgnbd"


def test_browsing_is_counted_by_day_and_person_up_to_a_day() -> None:
    log = views(np.full(CUSTOMERS, 3), seed=1)
    browsed = browsing(log, ["customer:c1", "customer:c2"])
    day = int(BEGIN.timestamp() // 86_400)
    logged = log.filter(pl.col("customer_id") == "c1").collect()
    columns = seen(browsed, day + 30, 2)
    assert columns[0].tolist()[2:4] == [len(logged), len(logged)]
    assert columns[0, :2].tolist() == [0, 0]
    assert seen(browsed, day - 1, 2)[:, -1].tolist() == [NEVER, NEVER]


def test_trees_must_be_better_beyond_chance() -> None:
    silent = np.array([True, False] * 500)
    right, even = np.where(silent, 0.7, 0.3), np.full(1000, 0.5)
    assert better(right, even, silent)
    assert not better(even, even, silent)
    assert not better(even, right, silent)
