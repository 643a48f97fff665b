"""A reduction is measured by the lowest price of the thirty days before it, in either database."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from recommender.catalog.item import Item
from recommender.records import Records
from tests.conftest import NOW

SHOP = "gifts"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _shop(records: Records) -> None:
    records.shops.create(SHOP, [], NOW)


def put(records: Records, at: datetime, price: str, sale_price: str | None = None) -> Decimal | None:
    """Send the item, and read by what its reduction is measured."""
    item = {"id": "lamp", "price": price, **({"sale_price": sale_price} if sale_price else {})}
    records.catalog.put(SHOP, [Item.parse(item)], at)
    return records.catalog.get(SHOP, "lamp").lowest_price


def test_the_lowest_price_of_thirty_days_counts_and_older_ones_do_not(records: Records) -> None:
    put(records, NOW, "60")
    put(records, NOW + 10 * DAY, "100")
    put(records, NOW + 20 * DAY, "80")
    put(records, NOW + 25 * DAY, "100")

    assert put(records, NOW + 45 * DAY, "100", "70") == Decimal(80)


def test_a_price_that_was_still_asked_within_the_window_counts(records: Records) -> None:
    put(records, NOW, "60")
    put(records, NOW + 10 * DAY, "100")

    assert put(records, NOW + 39 * DAY, "100", "50") == Decimal(60)


def test_a_reduction_without_any_history_has_no_lowest_price(records: Records) -> None:
    assert put(records, NOW, "100", "70") is None


def test_a_reduction_keeps_its_measure_while_it_grows_and_when_it_is_sent_again(records: Records) -> None:
    put(records, NOW, "100")

    assert put(records, NOW + DAY, "100", "90") == Decimal(100)
    assert put(records, NOW + 2 * DAY, "100", "80") == Decimal(100)
    revision = records.catalog.revision(SHOP)
    assert put(records, NOW + 3 * DAY, "100", "80") == Decimal(100)
    assert records.catalog.revision(SHOP) == revision


def test_the_next_reduction_is_measured_by_the_last_one(records: Records) -> None:
    put(records, NOW, "100")
    put(records, NOW + DAY, "100", "70")
    put(records, NOW + 5 * DAY, "100")

    assert put(records, NOW + 10 * DAY, "100", "90") == Decimal(70)


def test_what_the_shop_says_itself_stays(records: Records) -> None:
    item = Item.parse({"id": "lamp", "price": "100", "sale_price": "70", "lowest_price": "95"})
    records.catalog.put(SHOP, [item], NOW)

    assert records.catalog.get(SHOP, "lamp").lowest_price == Decimal(95)
