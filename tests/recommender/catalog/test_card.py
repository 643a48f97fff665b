"""Cards: what a browser may know, and what the law lets a shop announce."""

import json

import pytest

from recommender.catalog.card import announced, card
from recommender.catalog.item import Item


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        ({"price": 100.0}, {"price": 100.0}),
        (
            {"price": 100.0, "sale_price": 70.0, "lowest_price": 80.0},
            {"price": 80.0, "sale_price": 70.0, "lowest_price": 80.0},
        ),
        ({"price": 100.0, "sale_price": 100.0}, {"price": 100.0, "sale_price": 100.0}),
        ({"price": 100.0, "sale_price": 70.0}, {"price": 70.0}),
        ({"price": 100.0, "sale_price": 70.0, "lowest_price": 60.0}, {"price": 70.0, "lowest_price": 60.0}),
    ],
)
def test_a_reduction_is_announced_from_the_lowest_price_or_not_at_all(
    card: dict[str, float], shown: dict[str, float]
) -> None:
    assert json.loads(announced(json.dumps(card).encode())) == shown


@pytest.mark.parametrize(
    "address", ["https://a.example/x", "HTTP://a.example", "/x", "x/y:z", "//a.example/x", "?x=1", "#a:b", "../x", ""]
)
def test_addresses_of_pages_are_shown(address: str) -> None:
    assert card(Item(id="a", link=address, image_link=address))["link"] == address


@pytest.mark.parametrize(
    "address",
    ["javascript:x", " JavaScript:x", "java\tscript:x", "java\nscript:x", "\x01javascript:x", "data:text/html,x",
     "vbscript:x", "file:///etc/passwd", "blob:https://a.example/x", "filesystem:x", "intent://x", "\x00data:x"],
)  # fmt: skip
def test_addresses_that_could_run_are_not(address: str) -> None:
    assert card(Item(id="a", link=address, image_link=address)) == {"id": "a", "title": "a"}
