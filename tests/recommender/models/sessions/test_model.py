from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.errors import ArtifactError
from recommender.models.sessions import Rankers, SessionConfig, SessionModel, fit_rankers, fit_sessions
from recommender.models.sessions.fitting import gains
from tests.recommender.models.contract import ModelContract
from tests.recommender.models.sessions.logs import SMALL, VIEW, nothing_known, sessions, wandering


@pytest.fixture(scope="module")
def learned() -> SessionModel:
    return fit_sessions(wandering(), SMALL, **nothing_known(60))


def ranked(model: SessionModel, steps: Any, *, discover: bool = False) -> list[int]:
    steps = np.array(steps, np.int32)
    return model.rank(steps, np.full(len(steps), VIEW, np.uint8), discover=discover).rows.tolist()


class TestSessionModel(ModelContract):
    @pytest.fixture
    def model(self, learned: SessionModel) -> SessionModel:
        return learned


def test_both_jobs_learn_an_order_that_beats_the_blend(learned: SessionModel) -> None:
    assert all(learned.rankers)


def test_the_next_item_of_the_ring_is_found(learned: SessionModel) -> None:
    assert ranked(learned, [11, 12, 13], discover=True)[0] == 14


def test_discoveries_leave_out_what_was_seen(learned: SessionModel) -> None:
    assert not {11, 12, 13} & set(ranked(learned, [11, 12, 13], discover=True))
    assert {11, 12, 13} <= set(ranked(learned, [11, 12, 13]))


def test_scores_fall_from_one(learned: SessionModel) -> None:
    scores = learned.rank(np.array([3], np.int32), np.ones(1, np.uint8), discover=True).scores

    assert scores[0] == 1
    assert (np.diff(scores) <= 0).all()
    assert (scores > 0).all()


def test_an_empty_session_leads_nowhere(learned: SessionModel) -> None:
    assert ranked(learned, []) == []


def test_a_session_of_unmet_items_still_answers() -> None:
    model = fit_sessions(sessions("abc", "bca"), SMALL, **nothing_known(26))

    assert ranked(model, [25], discover=True) == []
    assert ranked(model, [25, 0], discover=True)[0] in {1, 2}


def test_a_very_long_session_is_cut_to_its_end(learned: SessionModel) -> None:
    end = [*range(10, 20)] * 5

    assert ranked(learned, [30, 31, 32] * 100 + end) == ranked(learned, end)


def test_a_loaded_model_answers_the_same(learned: SessionModel, tmp_path: Path) -> None:
    learned.save(tmp_path)

    found = SessionModel.load(tmp_path)

    assert found.config == SMALL
    for discover in (True, False):
        steps = np.array([22, 23], np.int32), np.full(2, VIEW, np.uint8)
        np.testing.assert_array_equal(
            found.rank(*steps, discover=discover).scores, learned.rank(*steps, discover=discover).scores
        )


def test_the_same_sessions_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        fit_sessions(wandering(700), SMALL, **nothing_known(60)).save(tmp_path / name)

    first, second = (
        {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*.*")} for folder in tmp_path.iterdir()
    )
    assert first == second


def test_too_few_steps_carry_no_ranker() -> None:
    assert fit_rankers(wandering(50), SMALL, **nothing_known(60)) == Rankers()


def test_given_rankers_are_kept(learned: SessionModel) -> None:
    model = fit_sessions(wandering(50), SMALL, **nothing_known(60), rankers=learned.rankers)

    assert model.rankers is learned.rankers


def test_without_a_ranker_the_blend_decides(learned: SessionModel) -> None:
    assert set(ranked(replace(learned, rankers=Rankers()), [11, 12], discover=True)[:4]) <= set(range(10, 20))


def test_the_step_most_like_an_item_speaks_for_it(learned: SessionModel) -> None:
    assert learned.witnesses(np.array([14], np.int32), np.array([13, 40], np.int32)).tolist() == [0]
    assert learned.witnesses(np.array([40], np.int32), np.array([13, 41, 14], np.int32)).tolist() == [1]


def test_a_step_speaks_best_for_itself(learned: SessionModel) -> None:
    assert learned.witnesses(np.array([13], np.int32), np.array([13, 14, 14], np.int32)).tolist() == [0]


def test_nothing_speaks_for_an_item_that_nobody_met() -> None:
    model = fit_sessions(sessions("abc", "bca"), SMALL, **nothing_known(26))

    assert model.witnesses(np.array([25], np.int32), np.array([0, 1], np.int32)).tolist() == [-1]


def test_a_cart_says_more_than_a_view(learned: SessionModel) -> None:
    blend = replace(learned, rankers=Rankers())
    steps = np.array([11, 42], np.int32)

    def share(codes: list[int]) -> float:
        found = blend.rank(steps, np.array(codes, np.uint8), discover=True)
        return float(found.scores[found.rows // 10 == 1].sum() / found.scores.sum())

    assert share([3, VIEW]) > share([VIEW, VIEW])


def test_a_lower_place_is_worth_less_and_a_miss_nothing() -> None:
    np.testing.assert_allclose(gains(np.array([0, 2, 19, 20, -1]), 20), [1, 0.5, 1 / np.log2(21), 0, 0])


def test_a_ranker_of_other_features_is_refused(learned: SessionModel, tmp_path: Path) -> None:
    learned.save(tmp_path)
    file = tmp_path / "again" / "ranker.txt"
    file.write_text(file.read_text().replace("neighbours_rank", "something", 1))

    with pytest.raises(ArtifactError, match="other features"):
        SessionModel.load(tmp_path)


def test_a_configuration_that_cannot_be_read_is_named(learned: SessionModel, tmp_path: Path) -> None:
    learned.save(tmp_path)
    (tmp_path / "sessions.json").write_text("{}")

    with pytest.raises(ArtifactError, match=r"sessions\.json"):
        SessionModel.load(tmp_path)


def test_a_seed_reaches_every_random_choice() -> None:
    found = SessionConfig().seeded(5)

    assert (found.encoder.seed, found.ranker.seed) == (5, 5)
