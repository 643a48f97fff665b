"""Two strategies in one carousel."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.experiments.difference import Effect
from recommender.experiments.interleaving import Interleaved, interleave
from recommender.experiments.preference import preference

lists = st.lists(st.integers(0, 15), unique=True, max_size=12)


class Coin:
    """Says what it is told."""

    def __init__(self, *sides: int) -> None:
        self.sides = iter(sides)

    def integers(self, _: int) -> int:
        return next(self.sides)


def test_sides_pick_in_turns_and_the_coin_says_who_begins() -> None:
    found = interleave("abcd", "badc", 4, Coin(0, 1))  # type: ignore[arg-type]
    # First picks a, second b; then second begins with d, and first has c left.
    assert found == Interleaved(("a", "b", "d", "c"), (0, 1, 1, 0))


def test_who_picks_second_gets_its_best_that_is_left() -> None:
    found = interleave("abc", "axy", 3, Coin(0, 1))  # type: ignore[arg-type]
    assert found == Interleaved(("a", "x", "y"), (0, 1, 1))


@given(lists, lists, st.integers(0, 12), st.integers(0, 999))
def test_a_merged_list_is_a_list_of_both(first: list[int], second: list[int], length: int, seed: int) -> None:
    found = interleave(first, second, length, np.random.default_rng(seed))
    assert len(set(found.items)) == len(found.items) == min(length, len({*first, *second}))
    for team, own in enumerate((first, second)):
        added = [item for item, by in zip(found.items, found.teams, strict=True) if by == team]
        assert added == [item for item in own if item in added]


@given(lists, lists, st.integers(0, 999))
def test_each_side_adds_as_many_while_both_can(first: list[int], second: list[int], seed: int) -> None:
    length = min(len({*first} - {*second}), len({*second} - {*first}))
    teams = interleave(first, second, length, np.random.default_rng(seed)).teams
    assert abs(teams.count(0) - teams.count(1)) <= 1


@given(lists, st.integers(0, 999))
def test_equal_lists_stay_as_they_are(items: list[int], seed: int) -> None:
    assert [*interleave(items, items, 12, np.random.default_rng(seed)).items] == items


def test_a_click_counts_for_who_added_the_item_and_once() -> None:
    shown = Interleaved(("a", "b", "c"), (0, 1, 0))
    assert shown.credit({"a", "c", "z"}) == (2, 0)
    assert shown.credit(["b", "b"]) == (0, 1)
    assert shown.credit(()) == (0, 0)


def test_wins_are_compared_with_a_fair_coin() -> None:
    found = preference([(0, 1)] * 6 + [(2, 0)] * 2 + [(0, 0)] * 5 + [(1, 1)])
    assert (found.first, found.second, found.ties) == (2, 6, 6)
    assert found.effect == Effect(0.25, pytest.approx(0.5 / sqrt(8)))
    assert found.interval() == pytest.approx((0.25 - 0.346477, 0.25 + 0.346477), abs=1e-5)


def test_where_all_is_tied_nothing_is_preferred() -> None:
    assert not preference([(0, 0)]).effect.known


def test_a_better_strategy_wins_and_an_equal_one_does_not() -> None:
    draw, good = np.random.default_rng(3), {1, 3, 5}

    def clicks(first: list[int], second: list[int]) -> tuple[int, int]:
        shown = interleave(first, second, 4, draw)
        return shown.credit([item for item in shown.items if draw.random() < (0.4 if item in good else 0.1)])

    better = preference(clicks([2, 4, 1, 6], [1, 3, 5, 2]) for _ in range(1500))
    equal = preference(clicks([1, 2, 3, 4], [1, 2, 3, 4]) for _ in range(1500))
    assert better.interval().low > 0
    assert equal.interval().low < 0 < equal.interval().high
