"""Cards: what a browser may know, and what the law lets a shop announce."""

import json

import pytest

from recommender.catalog.card import announced


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
