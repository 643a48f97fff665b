import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from recommender.models.arrays import FloatArray, unit
from recommender.models.newcomers import NewcomerConfig, NewcomerModel, bumps, likeness
from tests.recommender.models.contract import ModelContract

UNKNOWN = np.full(1, np.nan, np.float32)
SIZE = 40


def shop(*, silent: int = 0) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Two kinds of items, described by two words; the first kind is liked by some people, the second by others.

    The last `silent` ones have no history.
    """
    kind = np.arange(SIZE) % 2
    noise = np.random.default_rng(1).uniform(0, 0.2, SIZE).astype(np.float32)
    contents = unit(np.stack([1 - kind + noise, kind + noise], axis=1).astype(np.float32))
    vectors = np.stack([1.0 - kind, kind, np.zeros(SIZE)], axis=1).astype(np.float32)
    popularity = np.where(kind == 0, 9.0, 1.0).astype(np.float32)
    if silent:
        vectors[-silent:], popularity[-silent:] = 0, 0
    return contents, np.full(SIZE, 5, np.float32), vectors, popularity


def fitted(silent: int = 0, **settings: object) -> NewcomerModel:
    model = NewcomerModel.fit(*shop(silent=silent), NewcomerConfig.model_validate(settings))
    assert model is not None
    return model


class TestNewcomerModel(ModelContract):
    @pytest.fixture
    def model(self) -> NewcomerModel:
        return fitted(silent=4)


def test_an_item_is_placed_where_its_like_are() -> None:
    first, second = fitted().foretell(np.eye(2, dtype=np.float32), np.full(2, 5, np.float32)).vectors

    np.testing.assert_allclose(first, [1, 0, 0], atol=0.15)
    np.testing.assert_allclose(second, [0, 1, 0], atol=0.15)


def test_the_popularity_of_its_like_is_expected() -> None:
    expected = np.expm1(fitted().foretell(np.eye(2, dtype=np.float32), np.full(2, 5, np.float32)).popularity)

    np.testing.assert_allclose(expected, [9, 1], rtol=0.25)


def test_one_landmark_passes_on_its_share() -> None:
    # With a regularization of 1 and every landmark the same, 20 of them pass on 20 / 21 of what sets them apart: 0.
    same = np.tile(np.array([[1.0, 0.0]], np.float32), (20, 1))
    vectors = np.tile(np.array([[2.0]], np.float32), (20, 1))
    model = NewcomerModel.fit(same, np.full(20, np.nan, np.float32), vectors, np.ones(20, np.float32), NewcomerConfig())
    assert model is not None

    np.testing.assert_allclose(model.foretell(same[:1], UNKNOWN).vectors, [[2.0]], rtol=1e-5)


def test_an_item_like_no_other_is_expected_to_be_average() -> None:
    model = fitted()
    stranger = np.array([[-1.0, 0.0]], np.float32)

    np.testing.assert_allclose(model.foretell(stranger, UNKNOWN).vectors, [[0.5, 0.5, 0]], atol=1e-6)


def test_of_an_item_that_says_nothing_nothing_is_expected() -> None:
    found = fitted().foretell(np.zeros((1, 2), np.float32), np.full(1, 5, np.float32))

    assert not found.vectors.any()
    assert not found.popularity.any()


def test_the_catalogues_own_items_without_a_history_are_foretold_at_once() -> None:
    model = fitted(silent=4)
    contents, prices, *_ = shop()

    assert model.rows.tolist() == [36, 37, 38, 39]
    np.testing.assert_allclose(model.vectors, model.foretell(contents[36:], prices[36:]).vectors, atol=1e-6)


def test_the_best_known_items_are_learned_from() -> None:
    assert len(fitted(landmarks=20)) == 20
    np.testing.assert_allclose(fitted(landmarks=20).average, [1, 0, 0, np.log(10)], rtol=1e-5)


def test_too_few_items_teach_nothing() -> None:
    assert NewcomerModel.fit(*(part[:19] for part in shop()), NewcomerConfig()) is None


def test_noise_asks_for_a_strong_regularization_and_a_rule_for_a_weak_one() -> None:
    contents, prices, vectors, popularity = shop()
    noise = np.random.default_rng(2).standard_normal(vectors.shape).astype(np.float32)
    settings = NewcomerConfig(regularizations=(0.01, 100), held_out=0.5)
    ruled = NewcomerModel.fit(contents, prices, vectors, popularity, settings)
    random = NewcomerModel.fit(contents, prices, noise, popularity, settings)
    assert ruled is not None
    assert random is not None

    assert np.abs(ruled.foretell(contents, prices).vectors - ruled.average[:-1]).max() > 0.4
    assert np.abs(random.foretell(contents, prices).vectors - random.average[:-1]).max() < 0.4


def test_likeness_in_text_counts_fully_at_the_same_price_and_half_at_another() -> None:
    text = np.array([[1.0, 0.0]], np.float32)
    price = [bumps(np.array([value], np.float32)) for value in (5.0, 5.0, 5000.0, np.nan)]

    found = [likeness(text, price[0], text, other).item() for other in price[1:]]

    np.testing.assert_allclose(found, [1, 0.5, 0.5], atol=1e-5)


@given(st.floats(allow_nan=True, allow_infinity=True, width=32))
def test_any_price_can_be_compared(price: float) -> None:
    length = np.linalg.norm(bumps(np.array([price], np.float32)))

    assert length == pytest.approx(1, abs=1e-5) if np.isfinite(price) and price > 0 else length == 0


@pytest.mark.parametrize(
    "settings", [{"landmarks": 0}, {"regularizations": []}, {"held_out": 1}, {"regularizations": [0]}]
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewcomerConfig.model_validate(settings)
