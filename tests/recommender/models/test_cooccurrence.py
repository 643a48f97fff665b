import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.models.cooccurrence import Baskets, blocks, top_pairs
from recommender.models.neighbours import NeighbourModel


def baskets(*contents: str, items: str = "abcdef") -> Baskets:
    rows = [(basket, items.index(item)) for basket, content in enumerate(contents) for item in content]
    owners, chosen = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    moments = np.arange(len(rows), dtype=np.int64)
    return Baskets.build(owners, chosen, moments, np.ones(len(rows), np.float32), items=len(items))


def paired(found: Baskets, k: int = 10, min_support: int = 1, cells: int = 1000) -> NeighbourModel:
    parts = top_pairs(
        found,
        np.ones(len(found.weights)),
        score=lambda _row, _others, together, _counts: together,
        k=k,
        min_support=min_support,
        cells=cells,
    )
    return NeighbourModel.from_parts(parts)


def counted(found: Baskets, k: int = 10, min_support: int = 1) -> list[dict[int, int]]:
    model = paired(found, k, min_support)
    lists = [model.neighbours(row) for row in range(len(model))]
    return [dict(zip(near.rows.tolist(), near.support.tolist(), strict=True)) for near in lists]


def test_pairs_are_counted_by_basket() -> None:
    lists = counted(baskets("ab", "abc", "bc"))

    assert lists[:3] == [{1: 2, 2: 1}, {0: 2, 2: 2}, {1: 2, 0: 1}]


def test_an_item_that_comes_twice_in_a_basket_counts_once() -> None:
    assert counted(baskets("aab"))[0] == {1: 1}


def test_a_rare_pair_is_dropped() -> None:
    assert counted(baskets("ab", "abc"), min_support=2)[0] == {1: 2}


def test_only_the_best_are_kept_and_ties_go_to_the_lower_row() -> None:
    assert [*counted(baskets("abcd"), k=2)[3]] == [0, 1]


def test_a_long_basket_keeps_its_latest_items() -> None:
    assert counted(baskets("abcd").latest(2))[2] == {3: 1}


def test_rows_without_a_basket_are_left_out() -> None:
    owners, chosen = np.array([-1, -1, 0], np.int32), np.array([0, 1, 2], np.int32)

    found = Baskets.build(owners, chosen, np.arange(3), np.ones(3, np.float32), items=3)

    assert found.item_degrees().tolist() == [0, 0, 1]


def test_a_basket_weighs_as_much_as_its_heaviest_interaction() -> None:
    owners, chosen = np.array([0, 0], np.int32), np.array([0, 1], np.int32)

    found = Baskets.build(owners, chosen, np.arange(2), np.array([0.25, 0.5], np.float32), items=2)

    assert found.weights.tolist() == [0.5]


CONTENTS = st.lists(st.text("abcdef", min_size=1, max_size=6), min_size=1, max_size=12)


@given(CONTENTS)
def test_counts_are_symmetric_and_right(contents: list[str]) -> None:
    lists = counted(baskets(*contents))

    for i, near in enumerate(lists):
        for j in range(6):
            both = sum("abcdef"[i] in content and "abcdef"[j] in content for content in contents)
            assert near.get(j, 0) == (both if i != j else 0)


@given(CONTENTS, st.integers(1, 40))
def test_the_size_of_the_blocks_changes_no_list(contents: list[str], cells: int) -> None:
    whole, pieces = paired(baskets(*contents)), paired(baskets(*contents), cells=cells)

    for name in ("indptr", "rows", "scores", "support"):
        assert getattr(whole, name).tolist() == getattr(pieces, name).tolist()


@given(st.lists(st.integers(0, 9), max_size=20), st.integers(1, 30))
def test_blocks_hold_every_row_once_and_no_more_than_they_may(widths: list[int], cells: int) -> None:
    found = [*blocks(np.array(widths, np.int64), cells)]

    assert [row for begin, end in found for row in range(begin, end)] == [*range(len(widths))]
    assert all(sum(widths[begin:end]) <= cells or end - begin == 1 for begin, end in found)


def test_smaller_blocks_are_more_of_them() -> None:
    assert [len([*blocks(np.full(8, 4), cells)]) for cells in (32, 16, 4)] == [1, 2, 8]
