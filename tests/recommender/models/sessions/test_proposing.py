import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.models.sessions import SessionModel
from recommender.models.sessions.answering import allowed, strengths
from recommender.models.sessions.pool import BLEND, COLUMNS, HOLDERS, NEIGHBOURS, NEXT, SIZE, WALK, place_of
from recommender.models.sessions.proposing import best, propose
from tests.recommender.models.sessions.logs import SMALL, nothing_known, sessions, wandering

A, B, C, D = range(4)


@pytest.fixture(scope="module")
def model() -> SessionModel:
    return SessionModel.fit_sources(sessions("abc", "abd", "ab", "cd", "ef"), SMALL, **nothing_known(26))


def pool(model: SessionModel, *steps: int, events: list[int] | None = None) -> dict[int, np.ndarray]:
    codes = np.array(events or [1] * len(steps), np.uint8)
    rows, columns, _ = propose(np.array(steps, np.int32), strengths(codes), model.sources, model.settings)
    return dict(zip(rows.tolist(), columns, strict=True))


def test_every_candidate_comes_once(model: SessionModel) -> None:
    rows, _, _ = propose(np.array([A, B], np.int32), np.ones(2, np.float32), model.sources, model.settings)

    assert len(set(rows.tolist())) == len(rows)


def test_holders_are_the_neighbour_sessions_with_the_item(model: SessionModel) -> None:
    found = pool(model, A)

    assert found[B][HOLDERS] == 3
    assert found[C][HOLDERS] == found[D][HOLDERS] == 1


def test_neighbour_weights_are_shares(model: SessionModel) -> None:
    assert sum(columns[NEIGHBOURS] for columns in pool(model, A).values()) == pytest.approx(1)


def test_nearer_to_the_shared_item_counts_more(model: SessionModel) -> None:
    assert pool(model, A)[B][NEIGHBOURS] > pool(model, A)[C][NEIGHBOURS]


def test_the_chance_to_follow_is_that_of_the_last_item(model: SessionModel) -> None:
    first = model.transitions.next_starts[B]

    assert pool(model, A, B)[int(model.transitions.next_rows[first])][NEXT] == model.transitions.next_scores[first]
    assert pool(model, A, B)[A][NEXT] == 0


def test_the_walk_of_a_session_is_the_mean_of_its_items_walks(model: SessionModel) -> None:
    fading = np.exp(-model.config.walk_decay)

    both = pool(model, A, B)[C][WALK]

    expected = (pool(model, B)[C][WALK] + fading * pool(model, A)[C][WALK]) / (1 + fading)
    assert both == pytest.approx(expected, rel=1e-5)


def test_a_pool_that_is_full_takes_no_more() -> None:
    keys, places, rows = np.full(8, -1, np.int32), np.empty(8, np.int32), np.empty(2, np.int32)
    columns = np.ones((2, COLUMNS), np.float32)

    assert place_of(keys, places, rows, columns, 0, 5) == (0, 1)
    assert place_of(keys, places, rows, columns, 1, 13) == (1, 2)
    assert place_of(keys, places, rows, columns, 2, 5) == (0, 2)
    assert place_of(keys, places, rows, columns, 2, 21) == (-1, 2)
    assert not columns.any()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 59), min_size=1, max_size=30), st.integers(1, 40))
def test_the_best_are_those_of_a_full_sort(steps: list[int], most: int) -> None:
    found = propose(np.array(steps, np.int32), np.ones(len(steps), np.float32), WIDE.sources, WIDE.settings)
    rows, columns, _ = found
    free = allowed(rows, np.array(steps, np.int32), True)

    chosen = best(columns, free, most)

    assert len(rows) <= SIZE
    assert not set(rows[chosen].tolist()) & set(steps)
    expected = np.sort(columns[free, BLEND])[::-1][:most]
    np.testing.assert_array_equal(columns[chosen, BLEND], expected)


WIDE = SessionModel.fit_sources(wandering(300), SMALL, **nothing_known(60))
