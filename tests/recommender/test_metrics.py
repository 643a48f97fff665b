import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import metrics


def test_hits_mark_the_places_of_what_is_relevant() -> None:
    assert metrics.hits(["a", "b", "c"], {"b", "z"}, 5).tolist() == [False, True, False, False, False]


def test_places_beyond_the_size_do_not_count() -> None:
    assert not metrics.hits(["a", "b"], {"b"}, 1).any()


def test_recall_is_of_what_the_list_can_hold() -> None:
    found = metrics.hits(["a", "b"], {"a", "c", "d"}, 2)

    assert metrics.recall(found, relevant=3) == 0.5


def test_ndcg_by_hand() -> None:
    found = np.array([True, False, True])

    # Two relevant items: (1 / log2 2 + 1 / log2 4) / (1 / log2 2 + 1 / log2 3).
    assert metrics.ndcg(found, relevant=2) == pytest.approx(1.5 / (1 + 1 / np.log2(3)))


def test_reciprocal_rank_is_of_the_first_hit() -> None:
    assert metrics.reciprocal_rank(np.array([False, True, True])) == 0.5
    assert metrics.reciprocal_rank(np.array([False])) == 0


def test_the_hit_rate_asks_for_one() -> None:
    assert metrics.hit_rate(np.array([False, True])) == 1
    assert metrics.hit_rate(np.array([False, False])) == 0


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_every_metric_lies_between_none_and_all(ranked: list[str], relevant: set[str]) -> None:
    found = metrics.hits(ranked, relevant, 4)

    for value in (
        metrics.hit_rate(found),
        metrics.recall(found, len(relevant)),
        metrics.ndcg(found, len(relevant)),
        metrics.reciprocal_rank(found),
    ):
        assert 0 <= value <= 1 + 1e-9


def test_the_interval_of_a_mean_holds_it_and_repeats() -> None:
    values = np.random.default_rng(1).normal(size=200)

    low, high = metrics.bootstrap_interval(values, seed=3)

    assert low < values.mean() < high
    assert (low, high) == metrics.bootstrap_interval(values, seed=3)
    # The standard error is about 1 / sqrt(200) = 0.07; the interval spans four of them.
    assert high - low == pytest.approx(4 * 0.07, rel=0.3)
