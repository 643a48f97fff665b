from collections import Counter
from datetime import timedelta

import pytest

from recommender.catalog.item import Item
from training.demo.compact import LOG
from training.demo.departments import NAMES, OTHER
from training.demo.products import derive


@pytest.fixture(scope="module")
def items() -> dict[str, Item]:
    return {item.id: item for item in derive(LOG, timedelta(weeks=52))}


def test_every_product_that_was_sold_is_listed(items: dict[str, Item]) -> None:
    assert len(items) == 3791


def test_a_best_seller_looks_as_in_a_shop(items: dict[str, Item]) -> None:
    assert items["85123A"].document() == {
        "id": "85123A", "title": "White Hanging Heart T-Light Holder", "link": "/demo/product/85123A",
        "image_link": "/demo/images/85123A.svg", "availability": "in_stock", "price": "2.95", "currency": "GBP",
        "product_type": "Candles & Lighting", "created_at": "2011-11-30T08:26:00Z",
    }  # fmt: skip


def test_what_did_not_sell_for_long_is_out_of_stock(items: dict[str, Item]) -> None:
    shares = Counter(item.availability for item in items.values())

    assert items["22502"].availability == "out_of_stock"  # sold every other day until 74 days before the end
    assert 0.7 < shares["in_stock"] / len(items) < 0.9


def test_a_price_that_has_really_dropped_is_on_sale(items: dict[str, Item]) -> None:
    calendar = items["22947"]
    on_sale = [item for item in items.values() if item.sale_price is not None]

    assert (str(calendar.price), str(calendar.sale_price)) == ("16.95", "7.95")
    assert 50 < len(on_sale) < 150
    assert all(item.price is not None and item.sale_price < item.price for item in on_sale if item.sale_price)


def test_a_wholesale_price_is_no_reduction(items: dict[str, Item]) -> None:
    assert (str(items["23084"].price), items["23084"].sale_price) == ("2.08", None)


def test_services_with_a_products_code_are_never_offered(items: dict[str, Item]) -> None:
    services = [item for item in items.values() if item.title in {"Next Day Carriage", "High Resolution Image"}]

    assert [item.availability for item in services] == ["out_of_stock"] * 2


def test_nearly_every_product_has_a_real_department(items: dict[str, Item]) -> None:
    departments = Counter(item.product_type for item in items.values())

    assert set(departments) == set(NAMES)
    assert departments[OTHER] < len(items) / 20


def test_every_product_has_a_title_and_a_price(items: dict[str, Item]) -> None:
    assert all(item.title and item.price for item in items.values())
