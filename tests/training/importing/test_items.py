from decimal import Decimal
from typing import Any

import pytest

from recommender.errors import ItemError
from tests.conftest import NOW
from training.importing.items import availability, item, money, plain_text


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("15.00 GBP", "15.00", "GBP"),
        ("GBP 15", "15", "GBP"),
        ("15,5 eur", "15.5", "EUR"),
        ("1,299.00 USD", "1299.00", "USD"),
        ("1.299,00 EUR", "1299.00", "EUR"),
        ("1 299,00", "1299.00", None),
        ("1,299", "1299", None),
        ("1.299", "1.299", None),
        ("1.234.567", "1234567", None),
        (10.5, "10.5", None),
        (7, "7", None),
    ],
)
def test_money_is_read_as_feeds_write_it(text: object, amount: str, currency: str | None) -> None:
    assert money("price", text) == (Decimal(amount), currency)


@pytest.mark.parametrize("text", ["free", "", "12 apples", "1-2", True, "€"])
def test_what_is_no_money_is_refused(text: object) -> None:
    with pytest.raises(ItemError, match="use a number and a currency code"):
        money("price", text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("in stock", "in_stock"),
        ("In_Stock", "in_stock"),
        ("https://schema.org/OutOfStock", "out_of_stock"),
        ("pre-order", "preorder"),
        ("backorder", "backorder"),
        ("maybe", "maybe"),
    ],
)
def test_availability_is_known_in_many_spellings(text: str, word: str) -> None:
    assert availability(text) == word


def test_a_feeds_fields_become_an_item_and_unknown_ones_stay() -> None:
    fields = {
        "id": "A", "title": " Lamp ", "price": "20 EUR", "sale_price": "15 EUR", "cost_of_goods_sold": "5 USD",
        "brand": "", "color": "red",
    }  # fmt: skip

    assert item(fields, NOW).document() == {
        "id": "A", "title": "Lamp", "price": "20", "sale_price": "15", "currency": "EUR", "cost": "5", "color": "red",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("period", "on"),
    [
        ("2025-06-01T00:00+0000/2025-06-30T00:00+0000", True),
        ("2025-06-16T00:00+0000/2025-06-30T00:00+0000", False),
        ("2025-06-01T00:00+0000/2025-06-14T00:00+0000", False),
        ("soon", True),
    ],
)
def test_a_sale_price_counts_only_in_its_period(period: str, on: bool) -> None:
    found = item({"id": "A", "price": "2", "sale_price": "1", "sale_price_effective_date": period}, NOW)

    assert (found.sale_price is not None) is on


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": "x"}, "id"),
        ({"id": "A", "availability": "maybe"}, "availability"),
        ({"id": "A", "price": "-1"}, "price"),
    ],
)
def test_a_bad_field_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ItemError) as error:
        item(fields, NOW)

    assert error.value.field == field


def test_markup_is_taken_out_of_descriptions() -> None:
    assert plain_text("<p>Soft &amp;<br/>warm</p>") == "Soft & warm"
