from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from recommender.catalog.item import Item
from recommender.errors import ItemError, NotFoundError
from recommender.records import ItemChange, Records
from recommender.records.catalog import CHUNK
from tests.conftest import NOW

SHOP = "gifts"


@pytest.fixture(autouse=True)
def _shop(records: Records) -> None:
    records.shops.create(SHOP, [], NOW)


def lantern(**fields: Any) -> Item:
    return Item.parse({"id": "lantern", "title": "White Metal Lantern", "price": "3.39"} | fields)


def test_an_item_is_read_as_it_was_written(records: Records) -> None:
    item = lantern(colour="white", sizes=[1, 2], title="مصباح")

    records.catalog.put(SHOP, [item], NOW)

    assert records.catalog.get(SHOP, "lantern") == item


def test_a_new_catalogue_is_empty_at_revision_0(records: Records) -> None:
    assert records.catalog.revision(SHOP) == 0
    assert records.catalog.count(SHOP) == 0
    assert list(records.catalog.changes(SHOP, 0)) == []


def test_each_change_raises_the_revision(records: Records) -> None:
    assert records.catalog.put(SHOP, [lantern()], NOW) == 1
    assert records.catalog.patch(SHOP, "lantern", {"price": "2"}) == 2
    assert records.catalog.delete(SHOP, "lantern") == 3
    assert records.catalog.revision(SHOP) == 3


def test_an_item_that_says_nothing_new_changes_nothing(records: Records) -> None:
    records.catalog.put(SHOP, [lantern()], NOW)

    assert records.catalog.put(SHOP, [lantern()], NOW) == 1
    assert list(records.catalog.changes(SHOP, 1)) == []


def test_nothing_sent_changes_nothing(records: Records) -> None:
    assert records.catalog.put(SHOP, [], NOW) == 0


def test_changes_since_a_revision_are_told_once_each(records: Records) -> None:
    records.catalog.put(SHOP, [lantern(), Item(id="heart")], NOW)
    records.catalog.patch(SHOP, "lantern", {"price": "2"})
    records.catalog.patch(SHOP, "lantern", {"price": "1"})
    records.catalog.delete(SHOP, "heart")

    assert list(records.catalog.changes(SHOP, 1)) == [
        ItemChange("lantern", 3, lantern(price="1"), NOW),
        ItemChange("heart", 4, None, NOW),
    ]


def test_an_item_that_comes_back_keeps_the_moment_it_was_added(records: Records) -> None:
    records.catalog.put(SHOP, [lantern()], NOW)
    records.catalog.delete(SHOP, "lantern")
    records.catalog.put(SHOP, [lantern()], NOW + timedelta(days=9))

    assert list(records.catalog.changes(SHOP, 0)) == [ItemChange("lantern", 3, lantern(), NOW)]


def test_of_two_items_with_one_id_the_last_counts(records: Records) -> None:
    records.catalog.put(SHOP, [lantern(price="1"), lantern(price="2")], NOW)

    assert records.catalog.get(SHOP, "lantern") == lantern(price="2")


def test_a_patch_changes_adds_and_takes_away_fields(records: Records) -> None:
    records.catalog.put(SHOP, [lantern()], NOW)

    records.catalog.patch(SHOP, "lantern", {"price": None, "title": "Lantern", "colour": "red"})

    assert records.catalog.get(SHOP, "lantern") == Item.parse({"id": "lantern", "title": "Lantern", "colour": "red"})


def test_a_patch_with_a_bad_value_changes_nothing(records: Records) -> None:
    records.catalog.put(SHOP, [lantern()], NOW)

    with pytest.raises(ItemError, match="price"):
        records.catalog.patch(SHOP, "lantern", {"title": "x", "price": -1})

    assert records.catalog.get(SHOP, "lantern") == lantern()
    assert records.catalog.revision(SHOP) == 1


def test_a_patch_cannot_rename_an_item(records: Records) -> None:
    records.catalog.put(SHOP, [lantern()], NOW)

    with pytest.raises(ItemError, match="id"):
        records.catalog.patch(SHOP, "lantern", {"id": "lamp"})


def test_what_is_not_there_cannot_be_changed(records: Records) -> None:
    records.catalog.put(SHOP, [lantern()], NOW)
    records.catalog.delete(SHOP, "lantern")

    for call in (records.catalog.get, records.catalog.delete):
        with pytest.raises(NotFoundError, match="no item 'lantern'"):
            call(SHOP, "lantern")
    with pytest.raises(NotFoundError, match="no item 'lantern'"):
        records.catalog.patch(SHOP, "lantern", {"price": "1"})
    assert records.catalog.count(SHOP) == 0


def test_an_unknown_shop_has_no_catalogue(records: Records) -> None:
    with pytest.raises(NotFoundError, match="no shop 'toys'"):
        records.catalog.put("toys", [lantern()], NOW)
    with pytest.raises(NotFoundError, match="no shop 'toys'"):
        records.catalog.revision("toys")


def test_catalogues_of_shops_are_separate(records: Records) -> None:
    records.shops.create("toys", [], NOW)
    records.catalog.put(SHOP, [lantern()], NOW)
    records.catalog.put("toys", [lantern(price="9")], NOW)

    assert records.catalog.get(SHOP, "lantern") == lantern()
    assert records.catalog.revision("toys") == 1


@pytest.mark.parametrize("more", [0, 1])
def test_a_catalogue_larger_than_a_chunk_is_read_whole(records: Records, more: int) -> None:
    items = [Item(id=f"item-{number}") for number in range(2 * CHUNK + more)]

    assert records.catalog.put(SHOP, iter(items), NOW) == 2 + more

    assert {change.item_id for change in records.catalog.changes(SHOP, 0)} == {item.id for item in items}
    assert records.catalog.count(SHOP) == len(items)


def test_writers_at_the_same_time_wait_for_each_other(records: Records) -> None:
    def write(writer: int) -> None:
        for number in range(10):
            records.catalog.put(SHOP, [Item(id=f"{writer}-{number}")], NOW)

    writers = [Thread(target=write, args=(writer,)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(change.revision for change in records.catalog.changes(SHOP, 0)) == list(range(1, 41))
