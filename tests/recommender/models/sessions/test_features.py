import numpy as np
import pytest

from recommender.models.sessions import SessionModel
from recommender.models.sessions.answering import allowed, strengths
from recommender.models.sessions.facts import facts
from recommender.models.sessions.features import COUNT, FEATURES, describe
from recommender.models.sessions.proposing import best, propose
from tests.recommender.models.sessions.logs import SMALL, sessions

A, B, C, D = range(4)
PRICES = np.array([10, 20, 40, np.nan] + [np.nan] * 22, np.float32)
CATEGORIES = np.array([0, 0, 1, -1] + [-1] * 22, np.int32)
LOG = ("abc", "abad", "ab", "cd")


@pytest.fixture(scope="module")
def model() -> SessionModel:
    return SessionModel.fit_sources(sessions(*LOG), SMALL, prices=PRICES, categories=CATEGORIES)


def described(model: SessionModel, *steps: int, events: list[int] | None = None) -> dict[int, dict[str, float]]:
    session, codes = np.array(steps, np.int32), np.array(events or [1] * len(steps), np.uint8)
    rows, columns, _ = propose(session, strengths(codes), model.sources, model.settings)
    chosen = best(columns, allowed(rows, session, False), 20)
    lines = np.empty((len(chosen), COUNT), np.float32)
    describe(rows, columns, chosen, session, codes, model.sources, model.facts, lines)
    return {int(row): dict(zip(FEATURES, line, strict=True)) for row, line in zip(rows[chosen], lines, strict=True)}


def test_every_feature_is_written(model: SessionModel) -> None:
    assert len(FEATURES) == COUNT == 37
    assert set(described(model, A, B)[C]) == set(FEATURES)


def test_steps_are_counted_back_from_the_end(model: SessionModel) -> None:
    found = described(model, A, B, A, C)

    since = ("steps_since_last", "steps_since_first", "times", "times_share")
    assert [found[A][name] for name in since] == [1, 3, 2, 0.5]
    assert [found[C][name] for name in since] == [0, 0, 1, 0.25]
    assert [found[D][name] for name in since] == [-1, -1, 0, 0]


def test_the_strongest_event_of_an_item_is_kept(model: SessionModel) -> None:
    found = described(model, A, A, B, events=[3, 1, 1])

    assert [found[row]["strongest_event"] for row in (A, B, D)] == [3, 1, -1]


def test_the_session_is_described_by_itself(model: SessionModel) -> None:
    line = described(model, A, B, A)[C]

    assert (line["length"], line["distinct"], line["last_is_repeat"]) == (3, 2, 1)
    assert line["repeats_share"] == pytest.approx(1 / 3)


def test_likeness_is_the_cosine_with_the_latest_items(model: SessionModel) -> None:
    vectors = model.encoder.vectors
    line = described(model, A, B)[C]

    expected = [float(vectors[C] @ vectors[B]), float(vectors[C] @ vectors[A])]
    assert [line["cosine_last"], line["cosine_second"]] == pytest.approx(expected, abs=1e-5)
    assert line["cosine_best"] == pytest.approx(max(expected), abs=1e-5)
    assert line["cosine_mean"] == pytest.approx(sum(expected) / 2, abs=1e-5)


def test_ranks_follow_the_columns(model: SessionModel) -> None:
    lines = [*described(model, A, B).values()]

    for name, rank in (("neighbours", "neighbours_rank"), ("walk", "walk_rank"), ("encoder", "encoder_rank")):
        for line in lines:
            assert line[rank] == sum(other[name] > line[name] for other in lines)
    assert [line["blend_rank"] for line in lines] == [*range(len(lines))]


def test_prices_are_compared_with_those_of_the_session(model: SessionModel) -> None:
    found = described(model, A, C)

    assert found[B]["price_ratio"] == pytest.approx(np.log(20 / 20))
    assert found[C]["price_ratio"] == pytest.approx(np.log(40 / 20))
    assert np.isnan(found[D]["price_ratio"])


def test_categories_are_compared_with_those_of_the_session(model: SessionModel) -> None:
    found = described(model, A, B, C)

    assert [found[C][name] for name in ("same_category", "category_share")] == pytest.approx([1, 1 / 3])
    assert [found[A][name] for name in ("same_category", "category_share")] == pytest.approx([0, 2 / 3])
    assert np.isnan(found[D]["same_category"])


def test_an_item_that_people_come_back_to_is_told_from_others() -> None:
    found = facts(sessions(*LOG), PRICES, CATEGORIES)

    average = 1 / 10
    assert found.repeat_rate[A] == pytest.approx((1 + 5 * average) / (3 + 5))
    assert found.repeat_rate[D] == pytest.approx((0 + 5 * average) / (2 + 5))


def test_popularity_halves_with_age_and_news_are_a_trend() -> None:
    found = facts(sessions("ab", *["cd"] * 60), PRICES, CATEGORIES)

    assert found.popularity[A] == pytest.approx(np.log1p(0.5 ** (60 / 30)))
    assert found.trend[A] < found.trend[C]
    assert (found.age[A], found.age[C]) == (60, 59)
