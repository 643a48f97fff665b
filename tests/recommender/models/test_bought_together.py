import numpy as np

from recommender.models.bought_together import BoughtTogetherConfig, fit_bought_together, likelihood_ratio
from tests.recommender.models.test_cooccurrence import baskets


def test_the_likelihood_ratio_is_dunnings() -> None:
    # Dunning's table for "the swiss": 110, 2442, 111, 29114 gives 270.72.
    found = likelihood_ratio(np.array([110.0]), 110 + 2442, np.array([110.0 + 111]), 110 + 2442 + 111 + 29114)

    np.testing.assert_allclose(found, [270.72], atol=0.005)


def test_independent_items_have_no_likelihood_ratio() -> None:
    np.testing.assert_allclose(likelihood_ratio(np.array([5.0]), 10, np.array([50.0]), 100), [0.0], atol=1e-9)


def test_what_is_always_bought_together_comes_first() -> None:
    orders = ["ab"] * 8 + ["ac"] * 2 + ["c", "d", "e"] * 6

    near = fit_bought_together(baskets(*orders), BoughtTogetherConfig(half_life_days=1)).neighbours(0)

    assert near.rows.tolist() == [1]
    assert near.support.tolist() == [8]


def test_a_pair_that_is_rarer_than_chance_is_not_together() -> None:
    orders = ["ab"] * 2 + ["a"] * 10 + ["b"] * 10

    assert not len(fit_bought_together(baskets(*orders), BoughtTogetherConfig()).rows)


def test_one_order_proves_nothing() -> None:
    assert not len(fit_bought_together(baskets("ab", "c", "d", "e"), BoughtTogetherConfig()).rows)
