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


def test_recall_of_all_asks_for_what_no_list_can_hold() -> None:
    found = metrics.hits(["a", "b"], {"a", "c", "d"}, 2)

    assert metrics.recall(found, 3, metrics.RecallOf.ALL) == pytest.approx(1 / 3)


def test_precision_is_of_the_places_even_of_missing_ones() -> None:
    assert metrics.precision(metrics.hits(["a"], {"a"}, 4)) == 0.25


def test_average_precision_by_hand() -> None:
    # Hits at places 1 and 3 of 4, three items relevant: (1/1 + 2/3) / 3.
    assert metrics.average_precision(np.array([True, False, True, False]), 3) == pytest.approx(5 / 9)


def test_many_lists_are_measured_at_once() -> None:
    found = np.array([[True, False], [False, True], [False, False]])

    assert metrics.reciprocal_rank(found).tolist() == [1, 0.5, 0]
    assert metrics.recall(found, np.array([1, 2, 1])).tolist() == [1, 0.5, 0]
    assert metrics.ndcg(found, np.array([1, 1, 1])) == pytest.approx([1, 1 / np.log2(3), 0])


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_every_metric_lies_between_none_and_all(ranked: list[str], relevant: set[str]) -> None:
    found = metrics.hits(ranked, relevant, 4)

    for value in (
        metrics.hit_rate(found),
        metrics.recall(found, len(relevant)),
        metrics.recall(found, len(relevant), metrics.RecallOf.ALL),
        metrics.precision(found),
        metrics.ndcg(found, len(relevant)),
        metrics.reciprocal_rank(found),
        metrics.average_precision(found, len(relevant)),
    ):
        assert 0 <= value <= 1 + 1e-9


@given(st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_the_best_list_reaches_all(relevant: set[str]) -> None:
    found = metrics.hits([*sorted(relevant), "z"], relevant, 4)

    assert metrics.recall(found, len(relevant)) == pytest.approx(1)
    assert metrics.ndcg(found, len(relevant)) == pytest.approx(1)
    assert metrics.average_precision(found, len(relevant)) == pytest.approx(1)


# Two lists of three places over the items 0 to 3; the second one ends after one item.
LISTS = np.array([[0, 1, 2], [1, -1, -1]], np.int32)


def test_coverage_is_of_the_catalogue() -> None:
    assert metrics.coverage(LISTS, 4) == 0.75


def test_an_item_that_half_of_the_people_chose_is_one_bit_of_surprise() -> None:
    # (3 + 1) / (7 + 1) and (0 + 1) / (7 + 1).
    assert metrics.self_information(np.array([3, 0]), 7).tolist() == [1, 3]


def test_percentiles_share_the_mean_among_equals() -> None:
    # Above none, above one or two of three others, above all.
    assert metrics.percentile(np.array([5, 9, 5, 1])) == pytest.approx([1.5 / 3, 1, 1.5 / 3, 0])


def test_the_mean_of_a_list_is_of_the_items_it_has() -> None:
    values = np.array([1.0, 4.0, np.nan, 9.0])

    assert metrics.mean_of_items(LISTS, values).tolist() == [2.5, 4]
    assert np.isnan(metrics.mean_of_items(np.array([[2, -1]], np.int32), values)).all()


def test_the_share_of_a_label_is_among_items_that_have_one() -> None:
    labels = np.array([7, 8, -1, 7])

    assert metrics.share_among(LISTS, labels, [{7}, {7}]).tolist() == [0.5, 0]
    assert np.isnan(metrics.share_among(LISTS, labels, [set(), {7}])).tolist() == [True, False]


def test_diversity_by_hand() -> None:
    # Of three pairs one is alike and two are at right angles: a mean cosine of 1/3.
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], np.float32)

    found = metrics.diversity(np.array([[0, 1, 2], [0, 3, -1]], np.int32), vectors)

    assert found[0] == pytest.approx(2 / 3)
    assert np.isnan(found[1])  # one vector alone is neither alike nor unlike


def test_variety_counts_pairs_of_other_labels() -> None:
    found = metrics.variety(np.array([[0, 1, 2], [3, 3, -1]], np.int32), np.array([4, 4, 5, -1]))

    assert found[0] == pytest.approx(2 / 3)
    assert np.isnan(found[1])
