import numpy as np
import pytest

from recommender import bootstrap
from recommender.bootstrap import bootstrap_interval, bootstrap_means, interval


def test_the_interval_of_a_mean_holds_it_and_repeats() -> None:
    values = np.random.default_rng(1).normal(size=200)

    low, high = bootstrap_interval(values, seed=3)

    assert low < values.mean() < high
    assert (low, high) == bootstrap_interval(values, seed=3)
    # The standard error is about 1 / sqrt(200) = 0.07; the interval spans four of them.
    assert high - low == pytest.approx(4 * 0.07, rel=0.3)


def test_means_are_of_as_many_cases_as_there_are() -> None:
    # Of two cases, 0 and 1, a draw holds none, one or two of the ones: means 0, 1/2 and 1.
    means = bootstrap_means(np.array([[0.0], [1.0]]), seed=1)

    assert {*means[:, 0].tolist()} == {0, 0.5, 1}
    assert (means == 0.5).mean() == pytest.approx(0.5, abs=0.06)


def test_columns_meet_the_same_draws() -> None:
    values = np.random.default_rng(1).normal(size=(50, 1))

    means = bootstrap_means(np.concatenate([values, values + 2], axis=1), seed=1)

    assert means[:, 1] - means[:, 0] == pytest.approx(2)


def test_the_draws_do_not_depend_on_how_many_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).normal(size=(40, 2))
    whole = bootstrap_means(values, seed=1)

    monkeypatch.setattr(bootstrap, "AT_ONCE", 90)

    assert bootstrap_means(values, seed=1) == pytest.approx(whole)


def test_an_interval_holds_its_share_of_the_means() -> None:
    assert interval(np.arange(101.0), confidence=0.9) == pytest.approx((5, 95))
