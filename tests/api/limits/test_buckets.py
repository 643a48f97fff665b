"""Buckets let through exactly what their limit says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.limits.buckets import FEWEST_TIDIED, FULL, Buckets, Limit

THREE = Limit("three", 3, 60.0)
"""One more every twenty seconds."""


def test_a_full_bucket_takes_one_more_when_one_has_run_out() -> None:
    buckets = Buckets(THREE)
    used = [round(buckets.take("v", now) * 60, 1) for now in (0, 0, 0, 0, 19, 20, 20)]
    assert used == [20, 40, 60, 80, 61, 60, 80]  # seconds; what is above 60 is refused and not put in


def test_buckets_are_apart() -> None:
    buckets = Buckets(Limit("one", 1))
    assert [buckets.take(whose, 0) for whose in ("a", "b", "a")] == [1, 1, 2]


def test_a_call_that_is_refused_takes_nothing() -> None:
    buckets = Buckets(THREE)
    assert [round(buckets.take("v", 0, cost) * 3) for cost in (2, 2, 1)] == [2, 4, 3]


def test_what_costs_more_than_a_bucket_holds_takes_all_of_it() -> None:
    buckets = Buckets(THREE)
    assert [round(buckets.take("v", now, cost) * 60) for now, cost in ((0, 1000), (19, 1), (20, 1))] == [60, 61, 60]


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 4)), max_size=80), st.integers(1, 20), st.floats(1, 100))
def test_never_more_than_a_bucket_and_what_ran_out(calls: list[tuple[float, int]], amount: int, seconds: float) -> None:
    buckets, now, let_through = Buckets(Limit("any", amount, seconds)), 0.0, 0
    for pause, cost in calls:
        now += pause
        let_through += min(cost, amount) if buckets.take("v", now, cost) <= FULL else 0
        assert let_through <= amount + now * amount / seconds + 1e-6


@given(st.integers(1, 50), st.floats(0.5, 100))
def test_whoever_waits_as_long_as_told_is_let_through(amount: int, seconds: float) -> None:
    buckets = Buckets(Limit("any", amount, seconds))
    buckets.take("v", 0, amount)
    used = buckets.would_be("v", 0)
    assert used == buckets.take("v", 0) == pytest.approx(1 + 1 / amount)
    wait = (used - 1) * seconds
    assert buckets.would_be("v", wait) <= FULL
    assert buckets.take("v", wait) <= FULL


def test_buckets_that_have_run_dry_take_no_room() -> None:
    buckets = Buckets(Limit("many", 60))
    for number in range(3 * FEWEST_TIDIED):
        buckets.take(number, float(number))
    assert len(buckets._dry) <= FEWEST_TIDIED


class TestTelling:
    def test_only_buckets_that_fill_up_are_told_of(self) -> None:
        buckets = Buckets(Limit("visitor", 100, 100.0), shared=True)
        for _ in range(2):
            buckets.take("quiet", 0)
        for _ in range(5):
            buckets.take("busy", 0)
        assert buckets.untold() == {"busy": 3.0}  # from the third on
        assert buckets.untold() == {}

    def test_a_process_that_is_alone_keeps_nothing_to_tell(self) -> None:
        buckets = Buckets(THREE)
        buckets.take("v", 0)
        assert buckets.untold() == {}

    def test_what_others_let_through_counts_here(self) -> None:
        buckets = Buckets(THREE, shared=True)
        buckets.take("v", 0)
        assert buckets.untold() == {"v": 20.0}
        buckets.take("v", 0)  # while the others are asked
        buckets.hear("v", 40.0, 0)
        assert buckets.take("v", 0) == pytest.approx(80 / 60)

    def test_a_bucket_is_never_emptied_by_what_others_say(self) -> None:
        buckets = Buckets(THREE, shared=True)
        buckets.take("v", 0, 3)
        buckets.hear("v", 1.0, 0)
        assert buckets.take("v", 0) > FULL
