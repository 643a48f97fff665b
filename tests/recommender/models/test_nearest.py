"""Lists of the nearest items, looked up in training."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.models import nearest
from recommender.models.coded import CodedIndex
from recommender.models.index import ExactIndex, FaissIndex, Metric
from recommender.models.inverted import InvertedIndex
from recommender.models.nearest import STEPS, NearestModel, thorough
from tests.recommender.models.contract import ModelContract

VECTORS = np.array([[3, 4], [1, 0], [0, 0], [-1, -1], [6, 8]], np.float32)
"""The first and the last point the same way, and the third nowhere."""


def random(rows: int, seed: int, dimensions: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)


def fitted(vectors: np.ndarray) -> NearestModel:
    return NearestModel.fit(vectors, ExactIndex.build(vectors, Metric.COSINE))


class TestNearestModel(ModelContract):
    @pytest.fixture
    def model(self) -> NearestModel:
        return fitted(VECTORS)


def test_a_list_holds_what_lies_the_same_way_and_how_near_it_is() -> None:
    rows, likeness = fitted(VECTORS).near(1)

    assert rows.tolist() == [0, 4]
    np.testing.assert_allclose(likeness, [0.36, 0.36], atol=1 / STEPS)  # the square of 3/5


def test_an_item_is_not_in_its_own_list_even_if_another_one_is_the_same() -> None:
    lists = fitted(VECTORS)

    assert [lists.near(row)[0].tolist() for row in (0, 4)] == [[4, 1], [0, 1]]


def test_an_item_without_a_vector_has_no_list_and_is_in_none() -> None:
    lists = fitted(VECTORS)

    assert len(lists.near(2)[0]) == 0
    assert 2 not in lists.rows
    assert (lists.rows[2] == -1).all()


def test_of_many_items_each_keeps_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "MOST_CELLS", 60 * 5)
    monkeypatch.setattr(nearest, "FEWEST", 2)
    vectors = random(60, 1)

    few, many = fitted(vectors), NearestModel.fit(vectors[:20], ExactIndex.build(vectors[:20], Metric.COSINE))

    assert few.rows.shape == (60, 5)
    assert many.rows.shape == (20, 15)


@given(st.integers(1, 150), st.integers(0, 5), st.integers(1, 70))
@settings(max_examples=30, deadline=None)
def test_the_lists_are_what_the_index_finds_block_by_block(rows: int, seed: int, at_once: int) -> None:
    vectors = random(rows, seed)
    index, told = ExactIndex.build(vectors, Metric.COSINE), list[float]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "AT_ONCE", at_once)
        lists = NearestModel.fit(vectors, index, told.append)

    found, scores = index.search(vectors, 101)
    for row in range(rows):
        kept = (found[row] != row) & (scores[row] > 0.01)
        wanted = found[row][kept][:100]
        near, likeness = lists.near(row)
        assert near[: len(wanted)].tolist() == wanted.tolist()
        np.testing.assert_allclose(likeness[: len(wanted)], scores[row][kept][:100] ** 2, atol=1 / STEPS)
    assert told == sorted(told)
    assert told[-1] == 1


def test_an_index_is_asked_for_whole_blocks_however_few_items_have_a_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones are compared one by one, which takes several times as long."""
    monkeypatch.setattr(nearest, "AT_ONCE", 8)
    vectors, asked = random(60, 4), list[int]()
    vectors[np.arange(60) % 3 > 0] = 0
    index, search = ExactIndex.build(vectors, Metric.COSINE), ExactIndex.search
    monkeypatch.setattr(
        ExactIndex, "search", lambda index, queries, *how: asked.append(len(queries)) or search(index, queries, *how)
    )

    NearestModel.fit(vectors, index)

    assert asked == [8, 8, 4]


def test_where_an_index_looks_into_nearly_everything_all_are_compared() -> None:
    vectors = random(400, 3)
    index = InvertedIndex.build(vectors, Metric.COSINE)

    index.index.nprobe = index.index.nlist
    assert isinstance(thorough(index, vectors), FaissIndex)
    assert NearestModel.fit(vectors, index).recall == 1
    index.index.nprobe = 1
    assert thorough(index, vectors) is index
    assert NearestModel.fit(vectors, index).recall == index.recall


def test_of_many_items_codes_are_compared_if_they_tell_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "CODED_ITEMS", 400)
    vectors = random(400, 3)
    vectors[5] = 0
    index = FaissIndex.build(vectors, Metric.COSINE)

    assert thorough(index, vectors) is index  # 399 have a vector
    vectors[5] = 1
    assert isinstance(thorough(index, vectors), CodedIndex)
    lists, wanted = NearestModel.fit(vectors, index), fitted(vectors)
    found = [len({*lists.near(row)[0]} & {*wanted.near(row)[0]}) for row in range(400)]
    assert np.sum(found) >= lists.recall * np.count_nonzero(wanted.steps) >= 0.99 * np.count_nonzero(wanted.steps)
    monkeypatch.setattr("recommender.models.coded.WANTED", 1.1)
    assert thorough(index, vectors) is index
