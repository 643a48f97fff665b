import numpy as np
import pytest

from recommender.lifecycle.gamma_gamma import GammaGamma
from tests.recommender.lifecycle.shops import invented

MODEL = GammaGamma(p=6.25, q=3.74, v=15.45, repeaters=946)


def test_a_mean_is_drawn_to_that_of_all_the_less_the_more_is_known() -> None:
    """6.25 * 15.45 / 2.74 = 35.24 for nobody known; two orders of 100 on average: 6.25 * 215.45 / 15.24 = 88.36."""
    repeats, value = np.array([0, 2, 200]), np.array([np.nan, 100.0, 100.0])
    assert MODEL.expected(repeats, value) == pytest.approx([35.2418, 88.3571, 99.8535], rel=1e-4)


def test_a_mean_that_is_not_known_is_that_of_all() -> None:
    assert MODEL.expected(np.array([3]), np.array([np.nan])) == pytest.approx([35.2418], rel=1e-4)


def test_losses_count_as_nothing_and_never_turn_into_negative_values() -> None:
    assert MODEL.expected(np.array([3]), np.array([-50.0]))[0] > 0


def test_parameters_are_found_again_in_any_currency() -> None:
    known = invented(value=(6.0, 4.0, 60.0)).summary(730)
    repeats = known.statistics.repeats[known.statistics.rows]
    found, dear = (GammaGamma.fit(repeats, known.value * unit) for unit in (1, 1000))
    assert found is not None
    assert dear is not None
    assert found.p * found.v / (found.q - 1) == pytest.approx(6 * 60 / 3, rel=0.1)
    assert (dear.p, dear.q, dear.v) == pytest.approx((found.p, found.q, 1000 * found.v), rel=1e-3)


def test_without_repeaters_there_is_no_model() -> None:
    assert GammaGamma.fit(np.array([0, 0, 1]), np.array([np.nan, np.nan, 0.0])) is None
