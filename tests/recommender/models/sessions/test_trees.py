import re

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import ArtifactError
from recommender.models.sessions import LambdaRanker, RankerConfig
from recommender.models.sessions.features import COUNT
from recommender.models.sessions.trees import parse


def lines(count: int, seed: int, missing: float = 0.1) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, COUNT)).astype(np.float32)
    values[random.random(values.shape) < missing] = np.nan
    return values


def ranker(seed: int = 0, missing: float = 0.1, **settings: int) -> LambdaRanker:
    table = lines(600, seed, missing)
    right = np.arange(600) % 20 == np.repeat(np.nan_to_num(table[:, 0]).reshape(-1, 20).argmax(axis=1), 20)
    config = RankerConfig(**{"trees": 20, "min_leaf": 5, **settings})
    return LambdaRanker.fit(table, right, np.full(30, 20, np.int32), config)


@pytest.mark.parametrize("missing", [0.0, 0.1, 0.9])
def test_compiled_trees_equal_lightgbm(missing: float) -> None:
    model = ranker(missing=missing)
    asked = np.concatenate(
        [lines(500, 1, 0.3), np.zeros((1, COUNT), np.float32), np.full((1, COUNT), np.nan, np.float32)]
    )

    expected = lightgbm.Booster(model_str=model.text).predict(asked, raw_score=True)

    np.testing.assert_allclose(model.score(asked), expected, rtol=0, atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 40), st.integers(2, 12))
def test_trees_of_any_shape_equal_lightgbm(seed: int, leaves: int, depth: int) -> None:
    model = ranker(seed, leaves=leaves, depth=depth, trees=5)
    asked = lines(100, seed + 1)

    expected = lightgbm.Booster(model_str=model.text).predict(asked, raw_score=True)

    np.testing.assert_allclose(model.score(asked), expected, rtol=0, atol=1e-6)


def test_a_tree_of_one_leaf_gives_its_value() -> None:
    model = ranker(min_leaf=1000)

    np.testing.assert_array_equal(model.score(lines(5, 1)), np.zeros(5))


@pytest.mark.parametrize("text", ["", "nothing", "tree\nversion=v4\n", "tree\n\nTree=0\nleaf_value=x\n\n"])
def test_a_text_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(ArtifactError, match="ranker"):
        parse(text)


def test_categorical_splits_are_refused() -> None:
    text = re.sub(r"decision_type=\d+", "decision_type=1", ranker(trees=1).text)

    with pytest.raises(ArtifactError, match="categorical"):
        parse(text)
