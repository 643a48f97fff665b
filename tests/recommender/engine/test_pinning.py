"""Items at places of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.pinning import arranged


@pytest.mark.parametrize(
    ("places", "size", "expected"),
    [
        ([], 3, [None, None, None]),
        ([2], 3, [None, 0, None]),
        ([1, 1], 3, [0, 1, None]),
        ([3, 3], 3, [None, 1, 0]),
        ([9], 3, [None, None, 0]),
        ([2, 9, 9], 3, [2, 0, 1]),
    ],
)
def test_each_stands_at_its_place_or_at_the_nearest_free_one(
    places: list[int], size: int, expected: list[int | None]
) -> None:
    assert arranged(places, size) == expected


@given(st.lists(st.integers(1, 20), max_size=8), st.integers(0, 8))
def test_everyone_has_one_place(places: list[int], others: int) -> None:
    found = arranged(places, len(places) + others)
    assert sorted(number for number in found if number is not None) == [*range(len(places))]
    assert sum(number is None for number in found) == others
