import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.models.neighbours import NeighbourConfig, NeighbourModel, Neighbours
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


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0.125, 2, width=32)), max_size=6))
def test_gathered_sums_are_those_of_all_items(asked: list[tuple[int, float]]) -> None:
    draw = np.random.default_rng(3)
    lengths = [3, 0, 2, 5, 1]
    lists = [(np.sort(draw.permutation(5)[:size]).astype(np.int32), draw.random(size)) for size in lengths]
    model = NeighbourModel.from_lists(
        [Neighbours(rows, scores.astype(np.float32), np.ones_like(rows)) for rows, scores in lists]
    )
    rows, weights = np.array([row for row, _ in asked], np.int32), np.array([one for _, one in asked], np.float32)

    found, sums = model.gathered(rows, weights)

    total = model.score(rows, weights)
    assert found.tolist() == np.flatnonzero(total > 0).tolist()
    np.testing.assert_array_equal(sums, total[found])
