import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from recommender.lifecycle.gamma_gamma import GammaGamma, log_likelihood
from tests.recommender.lifecycle.shops import invented

MODEL = GammaGamma(p=6.25, q=3.74, v=15.45)


def test_a_mean_is_drawn_to_that_of_all_the_less_the_more_is_known() -> None:
    """6.25 * 15.45 / 2.74 = 35.24 for nobody known; two orders of 100 on average: 6.25 * 215.45 / 15.24 = 88.36."""
    repeats, value = np.array([0, 2, 200]), np.array([np.nan, 100.0, 100.0])
    assert MODEL.expected(repeats, value) == pytest.approx([35.2418, 88.3571, 99.8535], rel=1e-4)


def test_a_mean_that_is_not_known_is_that_of_all() -> None:
    assert MODEL.expected(np.array([3]), np.array([np.nan])) == pytest.approx([35.2418], rel=1e-4)


def test_losses_count_as_nothing_and_never_turn_into_negative_values() -> None:
    assert MODEL.expected(np.array([3]), np.array([-50.0]))[0] > 0


@pytest.mark.parametrize(("x", "mean"), [(1, 20.0), (3, 55.0), (12, 35.0)])
def test_the_likelihood_is_that_of_the_story(x: int, mean: float) -> None:
    """Rates are gamma (q, v); given one, the mean of x orders is gamma (p x, x times the rate)."""
    p, q, v = MODEL.p, MODEL.q, MODEL.v

    def both(rate: float) -> float:
        return float(gamma.pdf(rate, q, scale=1 / v) * gamma.pdf(mean, p * x, scale=1 / (rate * x)))

    whole, _ = quad(both, 0, 3, points=(p / mean,), limit=200)
    told = log_likelihood(np.array([p, q - 1, v]), np.array([float(x)]), np.array([mean]))
    assert told == pytest.approx(np.log(whole), rel=1e-6)


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
