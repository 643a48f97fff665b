"""The catalogue writes down when an item came back."""

from datetime import timedelta
from typing import Any

import pytest

from recommender.catalog.item import Item
from recommender.records import Records
from tests.conftest import NOW

SHOP = "gifts"
LATER, LATEST = NOW + timedelta(days=1), NOW + timedelta(days=2)


@pytest.fixture(autouse=True)
def _shop(records: Records) -> None:
    records.shops.create(SHOP, [], NOW)
    records.catalog.put(SHOP, [lamp(availability="out_of_stock")], NOW)


def lamp(**fields: Any) -> Item:
    return Item.parse({"id": "lamp", "price": "10"} | fields)


def restocked(records: Records) -> str | None:
    return records.catalog.get(SHOP, "lamp").restocked_at


def test_an_item_came_back_when_it_was_away_and_is_not_any_more(records: Records) -> None:
    assert restocked(records) is None
    records.catalog.put(SHOP, [lamp()], LATER)
    assert restocked(records) == LATER.isoformat()


def test_what_stays_the_same_or_goes_away_keeps_the_moment(records: Records) -> None:
    records.catalog.patch(SHOP, "lamp", {"availability": "in_stock"}, LATER)
    revision = records.catalog.put(SHOP, [lamp(availability="in_stock")], LATEST)
    assert records.catalog.put(SHOP, [lamp(availability="in_stock")], LATEST) == revision
    records.catalog.patch(SHOP, "lamp", {"availability": "out_of_stock"}, LATEST)
    assert restocked(records) == LATER.isoformat()


def test_coming_back_again_is_a_new_moment(records: Records) -> None:
    for moment in (LATER, LATEST):
        records.catalog.patch(SHOP, "lamp", {"availability": "preorder"}, moment)
        assert restocked(records) == moment.isoformat()
        records.catalog.patch(SHOP, "lamp", {"availability": "out_of_stock"}, moment)


def test_the_shops_own_word_counts(records: Records) -> None:
    records.catalog.put(SHOP, [lamp(restocked_at="2025-01-02T00:00:00+00:00")], LATER)
    assert restocked(records) == "2025-01-02T00:00:00+00:00"


def test_a_new_item_was_never_away(records: Records) -> None:
    records.catalog.put(SHOP, [Item(id="heart")], NOW)
    assert records.catalog.get(SHOP, "heart").restocked_at is None
