import numpy as np
import pytest

from recommender.models.neighbours import NeighbourConfig, NeighbourModel
from tests.recommender.models.contract import ModelContract
from tests.recommender.models.test_cooccurrence import baskets

PLAIN = NeighbourConfig(source_exponent=0.5, target_exponent=0.5, basket_exponent=0, power=1)
"""Cosine."""


class TestNeighbourModel(ModelContract):
    @pytest.fixture
    def model(self) -> NeighbourModel:
        return NeighbourModel.fit(baskets("ab", "abc", "bc"), NeighbourConfig())


class TestNeighboursOfNothing(ModelContract):
    @pytest.fixture
    def model(self) -> NeighbourModel:
        return NeighbourModel.fit(baskets("a"), NeighbourConfig())


def test_without_discounts_the_score_is_the_cosine() -> None:
    near = NeighbourModel.fit(baskets("ab", "abc", "bc"), PLAIN).neighbours(0)

    np.testing.assert_allclose(near.scores, [2 / np.sqrt(2 * 3), 1 / np.sqrt(2 * 2)])
    assert near.rows.tolist() == [1, 2]


def test_a_long_basket_says_less() -> None:
    model = NeighbourModel.fit(baskets("ab", "acdef"), NeighbourConfig(source_exponent=0, target_exponent=0, power=1))

    near = model.neighbours(0)

    np.testing.assert_allclose(near.scores[:2], [2**-0.7, 5**-0.7], rtol=1e-6)


def test_a_popular_neighbour_is_discounted() -> None:
    model = NeighbourModel.fit(baskets("ab", "ac", "c", "c", "c"), NeighbourConfig())

    assert model.neighbours(0).rows.tolist() == [1, 2]


def test_scores_of_several_items_add_up_by_weight() -> None:
    model = NeighbourModel.fit(baskets("ab", "abc", "bc"), PLAIN)
    alone = [model.score(np.array([row], np.int32), np.ones(1, np.float32)) for row in (0, 1)]

    both = model.score(np.array([0, 1], np.int32), np.array([1.0, 0.5], np.float32))

    np.testing.assert_allclose(both, alone[0] + 0.5 * alone[1], rtol=1e-6)


@pytest.mark.parametrize("row", [-1, 6, 1000])
def test_a_row_that_the_model_does_not_know_has_no_neighbours(row: int) -> None:
    assert not len(NeighbourModel.fit(baskets("ab"), NeighbourConfig()).neighbours(row).rows)


def test_nobody_is_drawn_to_anything_by_nothing() -> None:
    model = NeighbourModel.fit(baskets("ab"), NeighbourConfig())

    assert not model.score(np.empty(0, np.int32), np.empty(0, np.float32)).any()
