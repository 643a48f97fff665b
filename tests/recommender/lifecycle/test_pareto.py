"""Pareto/NBD against its own story, integrated numerically."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import roots_genlaguerre

from recommender.lifecycle.backtest import Outcome
from recommender.lifecycle.histories import WEEK, Statistics
from recommender.lifecycle.pareto import STARTS, ParetoNbd, log_likelihood
from tests.recommender.lifecycle.shops import invented


@pytest.mark.parametrize("beta", [4.0, 6.0, 9.0])
@pytest.mark.parametrize(("x", "last", "age"), [(0, 0, 70), (3, 28, 70)])
def test_likelihood_chance_and_expectation_are_those_of_the_story(x: int, last: int, age: int, beta: float) -> None:
    model = ParetoNbd(r=0.8, alpha=6.0, s=1.2, beta=beta, log_likelihood=0.0)
    one = Statistics.of(*(np.array([number], np.int32) for number in (x, last, age)))

    def integral(of: Callable[..., Any]) -> float:
        leaves, chances = roots_genlaguerre(80, model.s - 1)
        rates, weights = roots_genlaguerre(80, model.r - 1)
        rate, leave = rates[:, None] / model.alpha, leaves[None, :] / beta
        both, prior = rate + leave, np.outer(weights / weights.sum(), chances / chances.sum())
        stayed = rate**x * np.exp(-both * age / 7)
        left = rate**x * leave / both * (np.exp(-both * last / 7) - np.exp(-both * age / 7))
        return float((of(stayed, left, rate, leave) * prior).sum())

    whole = integral(lambda stayed, left, _, __: stayed + left)
    active = integral(lambda stayed, _, __, ___: stayed) / whole
    more = integral(lambda stayed, _, rate, leaves: stayed * rate * (1 - np.exp(-leaves * 10)) / leaves) / whole
    assert log_likelihood(np.array([0.8, 6.0, 1.2, beta]), one) == pytest.approx(np.log(whole), rel=1e-4)
    assert model.active(one)[0] == pytest.approx(active, rel=1e-4)
    assert model.expected(one, 10)[0] == pytest.approx(more, rel=1e-3)


def test_what_is_fitted_is_likelier_than_where_it_began_and_foretells_how_many_come() -> None:
    """Customers who follow a neighbouring story: half a year after a year and a half."""
    outcome = Outcome.of(invented(600), 550, 730)
    statistics = outcome.known.statistics
    model = ParetoNbd.fit(statistics)
    fitted = log_likelihood(np.array([model.r, model.alpha, model.s, model.beta]), statistics)
    assert model.log_likelihood == pytest.approx(fitted)
    assert fitted > max(log_likelihood(np.array(start), statistics) for start in STARTS) + 10
    expected = model.expected(statistics, outcome.days / WEEK) @ statistics.customers
    assert expected == pytest.approx(outcome.orders.sum(), rel=0.15)
