import numpy as np
import pytest

from recommender.models.factors import FactorConfig, FactorModel
from tests.recommender.models.contract import ModelContract


def two_tastes(config: FactorConfig) -> FactorModel:
    """Ten people choose among items 0-2, ten among items 3-5; each leaves one of their three out. Nobody takes 6."""
    people, items = [], []
    for person in range(20):
        taste = 0 if person < 10 else 3
        for item in {0, 1, 2} - {person % 3}:
            people.append(person)
            items.append(taste + item)
    weights = np.ones(len(people), np.float32)
    return FactorModel.fit(np.array(people, np.int32), np.array(items, np.int32), weights, items=7, config=config)


class TestFactorModel(ModelContract):
    @pytest.fixture
    def model(self) -> FactorModel:
        return two_tastes(FactorConfig(dimensions=4))


def test_a_person_is_drawn_to_the_items_of_their_taste() -> None:
    model = two_tastes(FactorConfig(dimensions=2))

    scores = model.score(model.fold_in(np.array([0, 1], np.int32), np.ones(2, np.float32)))

    assert scores[2] > 3 * np.abs(scores[3:]).max()


def test_folding_in_solves_the_normal_equations() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 2.0]], np.float32)
    model = FactorModel.of(vectors, regularization=1.0, confidence=3.0)

    # (diag(1, 4) + I + 3 * diag(1, 0)) x = 4 * (1, 0), so x = (4 / 5, 0).
    np.testing.assert_allclose(model.fold_in(np.array([0], np.int32), np.ones(1, np.float32)), [0.8, 0.0])


def test_an_item_that_nobody_chose_has_no_vector() -> None:
    assert not two_tastes(FactorConfig(dimensions=4)).vectors[6].any()


def test_a_row_newer_than_the_model_changes_nothing() -> None:
    model = two_tastes(FactorConfig(dimensions=4))
    known = model.fold_in(np.array([0], np.int32), np.ones(1, np.float32))

    np.testing.assert_array_equal(model.fold_in(np.array([0, 99], np.int32), np.ones(2, np.float32)), known)


def test_the_same_seed_gives_the_same_vectors() -> None:
    first, second = two_tastes(FactorConfig(dimensions=4)), two_tastes(FactorConfig(dimensions=4))

    np.testing.assert_array_equal(first.vectors, second.vectors)


def test_another_seed_gives_other_vectors() -> None:
    first, second = two_tastes(FactorConfig(dimensions=4)), two_tastes(FactorConfig(dimensions=4, seed=8))

    assert not np.array_equal(first.vectors, second.vectors)


def test_a_sparse_shop_trusts_each_interaction_more() -> None:
    people, items = np.arange(4, dtype=np.int32), np.arange(4, dtype=np.int32)
    weights, config = np.ones(4, np.float32), FactorConfig(dimensions=2, balance=0.1)

    small = FactorModel.fit(people, items, weights, items=100, config=config)
    large = FactorModel.fit(people, items, weights, items=500, config=config)

    assert (small.confidence, large.confidence) == (10.0, 50.0)
