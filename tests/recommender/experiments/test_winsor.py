"""Amounts are cut at one cap for all variants."""

from math import inf

from recommender.experiments.winsor import cap, winsorised


def test_the_cap_is_a_quantile_of_what_was_spent_in_all_variants_together() -> None:
    assert cap([[0.0, 0.0, 10.0], [20.0, 0.0, -1000.0]], quantile=0.5) == 20.0


def test_where_nobody_spends_nothing_is_cut() -> None:
    assert cap([[0.0], [0.0]]) == inf


def test_refunds_are_cut_like_purchases() -> None:
    assert winsorised([-1000.0, -5.0, 0.0, 30.0], 20.0).tolist() == [-20.0, -5.0, 0.0, 20.0]
