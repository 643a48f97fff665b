"""Levels of a document are counted as one would count brackets."""

import pytest

from recommender.nesting import MOST_LEVELS, too_deep


@pytest.mark.parametrize(
    ("document", "levels"), [(1, 0), ([], 1), ({"a": 1}, 1), ([1, [2], {"a": [3]}], 3), ({"a": {"b": {}}}, 3)]
)
def test_a_document_has_as_many_levels_as_brackets_are_open_at_once(document: object, levels: int) -> None:
    assert not too_deep(document, levels)
    assert too_deep(document, levels - 1) or levels == 0


def test_a_document_deeper_than_the_interpreters_stack_is_looked_at_all_the_same() -> None:
    document: list[object] = []
    for _ in range(100_000):
        document = [document]
    assert too_deep(document)
    assert not too_deep([[]] * 100_000, MOST_LEVELS)
