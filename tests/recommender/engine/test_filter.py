"""Filters: what they let through, and how a mistake in one is told."""

from typing import Any

import numpy as np
import pytest

from recommender.catalog.table import CatalogTable
from recommender.engine.filter import Filter
from recommender.errors import InputError
from recommender.vocabulary import Vocabulary
from tests.recommender.engine.shops import change

TABLE = CatalogTable.build(
    Vocabulary([]),
    [
        change("lamp", price="20", product_type="Home > Lighting", brand="Lux", colour="red", watts=40),
        change("bulb", price="5", sale_price="3", product_type="Home > Lighting", brand="lux ", colour=["red", "blue"]),
        change("mug", price="8", product_type="Kitchen", brand="Mugs & Co", colour="Blue", dishwasher=True),
        change("plain"),
    ],
)


def passed(document: dict[str, Any]) -> list[str]:
    mask = Filter.parse(document).mask(TABLE, np.arange(len(TABLE), dtype=np.int32))
    return [TABLE.id(int(row)) for row in np.flatnonzero(mask)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, ["lamp", "bulb", "mug", "plain"]),
        ({"category": "Lighting"}, ["lamp", "bulb"]),
        ({"product_type": "home > lighting"}, ["lamp", "bulb"]),
        ({"category": ["Kitchen", "Lighting"]}, ["lamp", "bulb", "mug"]),
        ({"brand": "LUX"}, ["lamp", "bulb"]),
        ({"price": {"max": 8}}, ["bulb", "mug"]),
        ({"price": {"min": 5}}, ["lamp", "mug"]),
        ({"price": 3}, ["bulb"]),
        ({"on_sale": True}, ["bulb"]),
        ({"on_sale": False}, ["lamp", "mug", "plain"]),
        ({"colour": "blue"}, ["bulb", "mug"]),
        ({"colour": ["red", "green"]}, ["lamp", "bulb"]),
        ({"watts": {"min": 30, "max": 60}}, ["lamp"]),
        ({"watts": 40}, ["lamp"]),
        ({"dishwasher": True}, ["mug"]),
        ({"id": ["mug", "lamp"]}, ["lamp", "mug"]),
        ({"nonsense": "x"}, []),
        ({"not": {"category": "Lighting"}}, ["mug", "plain"]),
        ({"category": "Lighting", "price": {"max": 10}}, ["bulb"]),
    ],
)
def test_every_field_must_hold(document: dict[str, Any], expected: list[str]) -> None:
    assert passed(document) == expected


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"price": {"least": 3}}, "filter.price"),
        ({"price": {}}, "filter.price"),
        ({"price": {"min": "3"}}, "filter.price"),
        ({"price": {"min": 9, "max": 3}}, "min must not be above max"),
        ({"on_sale": "yes"}, "use true or false"),
        ({"brand": []}, "filter.brand"),
        ({"brand": None}, "filter.brand"),
        ({"brand": [{"a": 1}]}, "filter.brand"),
        ({"cost": {"max": 3}}, "secret"),
        ({"not": {"cost": 3}}, r"filter.not.cost"),
        ({"not": 3}, "filter.not"),
        ({f"field{number}": 1 for number in range(21)}, "at most 20"),
        ([], "use an object"),
        ({"not": {"not": {"not": {"not": {"brand": "x"}}}}}, "use an object"),
    ],
)
def test_a_mistake_is_named_by_its_path(document: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Filter.parse(document)
