"""Departments and search of the demo shop."""

from typing import Any

from api.demo.languages import choose, money
from api.demo.rendering import slug
from api.demo.storefront import Storefront

ITEMS: list[dict[str, Any]] = [
    {"id": "1", "title": "White Lantern", "product_type": "Lighting", "price": 2.0},
    {"id": "2", "title": "Lantern-shaped Mug", "product_type": "Kitchen > Mugs", "price": 3.0, "sale_price": 2.5},
    {"id": "3", "title": "Red Mug", "product_type": "Kitchen > Mugs", "price": 3.0},
    {"id": "4", "title": "Riddle", "price": 1.0},
]


class FixedCatalogue:
    public_key = "pk_1"

    def items(self) -> list[Any]:
        return list(ITEMS)

    def item(self, item_id: str) -> Any:
        return next((item for item in ITEMS if item["id"] == item_id), None)


SHOP = Storefront(FixedCatalogue())


def test_departments_are_first_levels_the_largest_first() -> None:
    counted = [(name, count, item["id"]) for name, count, item in SHOP.departments]
    assert counted == [("Kitchen", 2, "2"), ("Lighting", 1, "1"), ("Everything else", 1, "4")]


def test_a_department_lists_by_title() -> None:
    assert [item["id"] for item in SHOP.of("Kitchen")] == ["2", "3"]


def test_search_that_no_title_meets_whole_finds_those_with_any_word() -> None:
    assert [item["id"] for item in SHOP.search("red lantern")] == ["1", "3", "2"]
    assert SHOP.search("teapot") == []


def test_search_wants_every_word_and_prefers_whole_ones() -> None:
    assert [item["id"] for item in SHOP.search("lantern")] == ["1", "2"]
    assert [item["id"] for item in SHOP.search("RED mug")] == ["3"]
    assert SHOP.search("  ") == []


def test_only_reduced_items_are_on_sale() -> None:
    assert [item["id"] for item in SHOP.sale(5)] == ["2"]


def test_a_name_becomes_part_of_an_address() -> None:
    assert slug("Bags, Purses & Umbrellas") == "bags-purses-umbrellas"


def test_the_language_asked_for_comes_before_the_one_kept_and_unknown_ones_are_english() -> None:
    assert choose({"lang": "ar"}, {"demo_language": "ru"}) == "ar"
    assert choose({}, {"demo_language": "ru"}) == "ru"
    assert choose({"lang": "xx"}, {}) == "en"
    assert money(1234.5, "GBP", "en") == "£1,234.50"
