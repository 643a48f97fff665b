from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.importing.numbering import Occurrences, digests, keys_of

rows = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=30)


def test_digests_stay_the_same_for_ever() -> None:
    assert digests(["view_item"])[0].hex() == "6001758cf0060345391fda67"


def test_keys_are_equal_where_digests_are() -> None:
    first, second, third = keys_of(digests(["a", "b", "a"]))

    assert first == third != second


@given(st.lists(rows, max_size=6))
def test_each_row_is_told_how_many_like_it_came_before_on_its_day(calls: list[list[tuple[int, int]]]) -> None:
    occurrences, seen = Occurrences(), Counter[tuple[int, int]]()
    for call in calls:
        days, keys = np.array([day for day, _ in call], np.int64), np.array([key for _, key in call], np.uint64)
        expected = []
        for row in call:
            expected.append(seen[row])
            seen[row] += 1

        assert occurrences.number(days, keys).tolist() == expected
