import numpy as np
import pytest

from recommender.models.sessions import SessionIndex, SessionIndexConfig
from tests.recommender.models.contract import ModelContract
from tests.recommender.models.sessions.logs import sessions


class TestSessionIndex(ModelContract):
    @pytest.fixture
    def model(self) -> SessionIndex:
        return SessionIndex.fit(sessions("abc", "bca", "cd"), SessionIndexConfig())


def holders(model: SessionIndex, item: int) -> list[int]:
    return model.postings[model.posting_starts[item] : model.posting_starts[item + 1]].tolist()


def test_an_item_lists_its_sessions_once_and_the_latest_first() -> None:
    model = SessionIndex.fit(sessions("aba", "ab", "bc"), SessionIndexConfig())

    assert holders(model, 0) == [1, 0]
    assert holders(model, 1) == [2, 1, 0]


def test_only_recent_sessions_are_listed() -> None:
    model = SessionIndex.fit(sessions("ab", "ab", "ab"), SessionIndexConfig(recent_sessions=2))

    assert holders(model, 0) == [2, 1]


def test_old_and_long_sessions_count_less() -> None:
    model = SessionIndex.fit(sessions("abcd", "ab"), SessionIndexConfig(half_life_days=1, length_exponent=1))

    np.testing.assert_allclose(model.weights, [0.5 / 4, 1 / 2])


def test_rare_items_say_more() -> None:
    model = SessionIndex.fit(sessions("ab", "ac"), SessionIndexConfig(idf_exponent=2))

    np.testing.assert_allclose(model.idf[:2], [0, np.log(3 / 2) ** 2], atol=1e-7)
