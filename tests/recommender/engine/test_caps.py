"""How many of a kind a list holds."""

import numpy as np
import pytest

from recommender.engine.caps import Cap, Kinds, caps
from tests.recommender.engine.shops import change, changed, snapshot

SHIRTS = [
    changed("candle", colour=["red", "White"], season="Winter"),
    changed("lantern", colour=["white"], season="winter "),
    changed("matches", colour="blue"),
    change("new-1", 101, title="Red plate", colour="red", brand="BAKERS"),
]


def full(*limits: Cap, taken: tuple[str, ...]) -> set[str]:
    """Items that would be one too many once those taken are counted."""
    shop = snapshot(*SHIRTS)
    tally = shop.tally(limits)
    for row in shop.table.rows(taken):
        tally.add(int(row))
    rows = np.arange(len(shop.table), dtype=np.int32)
    return {shop.table.id(int(row)) for row in rows[tally.full(rows)]}


def test_a_list_may_ask_for_caps_of_its_own() -> None:
    assert caps(None, None) == ()
    assert caps(2, None) == (Cap("brand", 2),)
    assert caps(2, 3) == (Cap("brand", 2), Cap("category", 3))


def test_nothing_is_too_many_in_an_empty_list() -> None:
    assert full(Cap("brand", 1), taken=()) == set()


@pytest.mark.parametrize(
    ("cap", "taken", "expected"),
    [
        (Cap("brand", 1), ("tin",), {"tin", "apron", "new-1"}),
        (Cap("brand", 2), ("tin",), set()),
        (Cap("brand", 2), ("tin", "apron"), {"tin", "apron", "new-1"}),
        (Cap("brand", 1), ("candle", "lantern"), set()),
        (Cap("category", 1), ("candle",), {"candle", "lantern", "matches"}),
        (Cap("product_type", 1), ("candle",), {"candle", "lantern", "matches"}),
        (Cap("season", 1), ("candle",), {"candle", "lantern"}),
        (Cap("colour", 1), ("lantern",), {"lantern", "candle"}),
        (Cap("colour", 1), ("candle",), {"lantern", "candle", "new-1"}),
        (Cap("price", 1), ("candle",), {"candle"}),
        (Cap("nothing", 1), ("candle",), set()),
    ],
)
def test_items_of_a_kind_that_is_there_often_enough_are_too_many(
    cap: Cap, taken: tuple[str, ...], expected: set[str]
) -> None:
    assert full(cap, taken=taken) == expected


def test_of_several_caps_each_holds() -> None:
    assert full(Cap("brand", 1), Cap("category", 1), taken=("tin", "candle")) >= {"new-1", "lantern", "teapot"}


def test_what_is_taken_away_is_counted_no_more() -> None:
    shop = snapshot(*SHIRTS)
    tally, row = shop.tally([Cap("colour", 1)]), shop.table.row("candle")
    assert row is not None
    tally.add(row)
    assert tally.exceeded(row) == (Cap("colour", 1),)
    tally.remove(row)
    assert tally.exceeded(row) == ()


def test_a_field_is_read_once_for_the_whole_shop() -> None:
    shop = snapshot(*SHIRTS)
    shop.tally([Cap("brand", 1)])
    before = shop._kinds["brand"]
    shop.tally([Cap("brand", 3)])
    assert shop._kinds["brand"] is before
    assert isinstance(before, Kinds)
