"""Pictures of the demo shop's items."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.demo.pictures import draw
from api.demo.pictures.drawing import colour, motif, shape


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("White Hanging Heart T-Light Holder", "hanging"),
        ("Heart of Wicker Small", "heart"),
        ("Red Retrospot Cake Tin", "cake"),
        ("Regency Cakestand 3 Tier", "cakestand"),
        ("Pink Polkadot Mug", "mug"),
        ("Jumbo Bag Red Retrospot", "bag"),
        ("Alarm Clock Bakelike Green", "alarm"),
        ("Party Bunting", "bunting"),
        ("Christmas Tree Star Decoration", "tree"),
        ("Wooden Picture Frame White Finish", "frame"),
        ("Something else", "gift"),
    ],
)
def test_a_title_names_its_shape(title: str, expected: str) -> None:
    assert shape(title) == expected


def test_a_title_names_its_colour_and_pattern() -> None:
    assert colour("1", "Red Retrospot Mug") == "#c8383f"
    assert motif("Red Retrospot Mug") == "spots"


def test_an_item_without_a_colour_keeps_one_of_its_own() -> None:
    assert colour("22423", "Tray") == colour("22423", "Tray")


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_words_give_a_sound_picture_that_quotes_none_of_them(item_id: str, title: str) -> None:
    picture = draw(item_id, title)
    ElementTree.fromstring(picture)
    assert draw(item_id, title + "<script>").count("<script") == 0
