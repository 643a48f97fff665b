import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.lifecycle.rfm import GROUPS, RfmGroup, fifths, groups, named, rfm


def test_ten_different_values_fall_into_five_pairs() -> None:
    assert fifths(np.arange(10)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_equal_values_score_by_how_many_are_smaller() -> None:
    """Seven of ten ordered once: they score 1, whoever ordered twice 1 + floor(5 * .7), thrice 1 + floor(5 * .9)."""
    assert fifths(np.array([1, 1, 1, 1, 1, 1, 1, 2, 2, 3])).tolist() == [1] * 7 + [4, 4, 5]


def test_fewer_customers_than_fifths_have_no_scores() -> None:
    found = rfm(np.arange(4), np.ones(4), np.ones(4))
    assert {score for column in found for score in column.tolist()} == {0}
    assert named(0) is None


def test_groups_follow_recency_first_and_worth_second() -> None:
    scores = {
        (5, 5, 5): RfmGroup.CHAMPIONS, (4, 3, 5): RfmGroup.CHAMPIONS,
        (3, 5, 5): RfmGroup.LOYAL, (4, 3, 4): RfmGroup.LOYAL,
        (5, 1, 1): RfmGroup.RECENT, (4, 1, 4): RfmGroup.RECENT, (3, 2, 3): RfmGroup.NEEDS_ATTENTION,
        (2, 3, 3): RfmGroup.AT_RISK, (1, 5, 5): RfmGroup.AT_RISK,
        (2, 1, 4): RfmGroup.INACTIVE, (1, 1, 1): RfmGroup.INACTIVE,
    }  # fmt: skip
    columns = np.array([*scores], np.uint8).T
    assert [named(code) for code in groups(*columns).tolist()] == [*scores.values()]


def test_every_combination_of_scores_is_in_a_group_and_every_group_is_used() -> None:
    columns = np.array(np.meshgrid(*[np.arange(1, 6)] * 3), np.uint8).reshape(3, -1)
    assert {named(code) for code in groups(*columns).tolist()} == {*GROUPS}


@given(st.lists(st.integers(0, 9), min_size=5, max_size=60))
def test_scores_never_fall_as_values_rise_and_equal_values_score_alike(values: list[int]) -> None:
    scores = fifths(np.array(values))
    order = np.argsort(values, kind="stable")
    assert (np.diff(scores[order].astype(int)) >= 0).all()
    assert len({*zip(values, scores.tolist(), strict=True)}) == len({*values})
