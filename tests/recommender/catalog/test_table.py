"""The catalogue table: rows of the artifact first, later changes applied without touching the old table."""

import json
import tracemalloc
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog.card import identified
from recommender.catalog.item import Item
from recommender.catalog.table import CatalogTable, epoch_days
from recommender.vocabulary import Vocabulary
from tests.recommender.engine.shops import Change, change, deletion

TRAINED = Vocabulary(["a", "b", "c"])


def table(*changes: Change) -> CatalogTable:
    return CatalogTable.build(TRAINED, changes)


@dataclass(frozen=True)
class Put:
    """An item of any id."""

    item_id: str
    revision: int = 1
    added_at: datetime | None = None

    @property
    def item(self) -> Item:
        return Item.model_construct(id=self.item_id, title=self.item_id[::-1])


def test_an_empty_shop_has_an_empty_table() -> None:
    empty = CatalogTable.build(Vocabulary([]))
    assert len(empty) == 0
    assert empty.row("a") is None


def test_an_item_known_only_from_the_log_can_be_served() -> None:
    shop = table()
    assert shop.available.all()
    assert not shop.known.any()
    assert shop.card(0) == {"id": "a", "title": "a"}
    assert np.isnan(shop.price).all()


def test_rows_of_the_artifact_come_first_and_newer_items_follow() -> None:
    shop = table(change("z"), change("b"), change("y"))
    assert [shop.id(row) for row in range(len(shop))] == ["a", "b", "c", "z", "y"]
    assert [shop.row(id_) for id_ in ("a", "b", "c", "z", "y")] == [0, 1, 2, 3, 4]
    assert list(shop.newer_rows()) == [3, 4]


def test_unknown_items_have_no_row() -> None:
    assert list(table().rows(["c", "nobody", "a"])) == [2, 0]


@pytest.mark.parametrize(
    ("fields", "available"),
    [
        ({}, True),
        ({"price": "0"}, False),
        ({"price": "2.50"}, True),
        ({"availability": "out_of_stock"}, False),
        ({"availability": "in_stock"}, True),
        ({"availability": "preorder"}, True),
        ({"availability": "backorder", "price": "1"}, True),
        ({"availability": "in_stock", "price": "0.00"}, False),
    ],
)
def test_an_item_is_available_unless_it_is_out_of_stock_or_has_no_price_above_0(
    fields: dict[str, Any], available: bool
) -> None:
    assert table(change("a", **fields)).available[0] == available


def test_a_deleted_item_is_not_available_and_comes_back_when_it_is_put_again() -> None:
    gone = table(change("a", 1, price="2"), deletion("a", 2), deletion("b", 3))
    assert list(gone.available) == [False, False, True]
    assert list(gone.known) == [False, False, False]
    assert gone.apply([change("a", 4)]).available[0]


def test_deleting_an_item_that_nobody_knew_does_nothing_but_raise_the_revision() -> None:
    shop = table(deletion("nobody", 7))
    assert (len(shop), shop.revision) == (3, 7)


def test_a_sale_price_counts_only_below_the_price() -> None:
    shop = table(
        change("a", price="10", sale_price="8"), change("b", price="10", sale_price="12"), change("c", sale_price="3")
    )
    assert shop.sale_price[0] == 8
    assert np.isnan(shop.sale_price[1:]).all()


def test_a_card_holds_public_fields_only_and_prices_as_numbers() -> None:
    shop = table(
        change("a", title="Lamp", price="9.90", cost="4", brand="Lux", description="long", supplier="secret", link="/a")
    )
    assert shop.card(0) == {"id": "a", "title": "Lamp", "price": 9.9, "brand": "Lux", "link": "/a"}


def test_an_item_without_a_title_is_called_by_its_id() -> None:
    assert table(change("z", price="1")).title(3) == "z"


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.data())
def test_documents_of_old_and_new_items_say_their_ids_and_titles(ids: list[str], data: st.DataObject) -> None:
    known = data.draw(st.integers(0, len(ids)))
    told = data.draw(st.lists(st.sampled_from(ids)))
    old = CatalogTable.build(Vocabulary(ids[:known]), [Put(id_) for id_ in told if id_ in ids[:known]])
    settled = replace(old, cards=old.cards.settled(), extras=old.extras.settled())
    for shop in (settled, settled.apply([Put(id_, 2) for id_ in told])):
        rows = range(len(shop))[::-1]
        documents = shop.documents(rows)
        assert documents == [shop.document(row) for row in rows]
        assert [json.loads(b'"%b"' % identified(one)) for one in documents] == [shop.id(row) for row in rows]
        assert [shop.title(row) for row in rows] == [shop.card(row)["title"] for row in rows]


def test_fields_of_the_shops_own_can_be_looked_into() -> None:
    shop = table(change("a", colour="red"), change("b", colour="blue"))
    assert shop.field("colour")[:2] == ["red", "blue"]
    later = shop.apply([change("b", 2, colour="green"), change("z", 3, colour="grey")])
    assert [later.field("colour")[row] for row in (0, 1, 3)] == ["red", "green", "grey"]
    assert shop.field("colour")[1] == "blue"


def test_labels_are_shared_by_items_of_the_same_brand() -> None:
    shop = table(change("a", brand="Lux"), change("b", brand="Lux"), change("c"))
    assert shop.brand.codes[0] == shop.brand.codes[1]
    assert [shop.brand.name(row) for row in range(3)] == ["Lux", "Lux", None]


def test_the_shops_own_category_comes_before_the_search_engines() -> None:
    shop = table(
        change("a", product_type="Home", google_product_category="Furniture"),
        change("b", google_product_category="Furniture"),
    )
    assert [shop.category.name(row) for row in range(3)] == ["Home", "Furniture", None]


def test_an_item_was_added_when_the_shop_says_or_else_when_it_first_told_of_it() -> None:
    told = datetime(2025, 3, 1, tzinfo=UTC)
    shop = table(
        change("a", created_at="2024-02-03T00:00:00Z"),
        change("b", added_at=told),
        change("c", added_at=told, created_at="lately"),
    )
    assert list(shop.added) == [epoch_days(datetime(2024, 2, 3, tzinfo=UTC)), epoch_days(told), epoch_days(told)]


def test_of_several_changes_of_one_item_the_last_one_counts() -> None:
    shop = table(change("z", 1, price="1"), change("z", 2, price="2"))
    assert (shop.price[3], shop.revision, len(shop)) == (2, 2, 4)


IDS = st.sampled_from(["a", "b", "c", "x", "y", "z"])
CHANGES = st.lists(
    st.builds(
        lambda id_, price, brand: (id_, price, brand), IDS, st.none() | st.integers(0, 3), st.sampled_from("LMN")
    ),
    max_size=12,
)


def numbered(drawn: list[tuple[str, int | None, str]]) -> list[Change]:
    return [one(id_, place, price, brand) for place, (id_, price, brand) in enumerate(drawn, 1)]


def one(id_: str, revision: int, price: int | None, brand: str) -> Change:
    if price == 3:
        return deletion(id_, revision)
    fields: dict[str, Any] = {"brand": brand} if price is None else {"brand": brand, "price": str(price)}
    return change(id_, revision, **fields)


def state(shop: CatalogTable, id_: str) -> tuple[object, ...] | None:
    row = shop.row(id_)
    if row is None or not (shop.known[row] or row < 3):
        return None
    return (
        bool(shop.available[row]),
        bool(shop.known[row]),
        str(shop.price[row]),
        shop.brand.name(row),
        str(shop.card(row)),
    )


@given(CHANGES, st.integers(0, 12))
def test_changes_applied_in_portions_give_the_same_catalogue_as_all_at_once(
    drawn: list[tuple[str, int | None, str]], cut: int
) -> None:
    changes = numbered(drawn)
    whole, parts = table(*changes), table(*changes[:cut]).apply(changes[cut:])
    assert [state(whole, id_) for id_ in "abcxyz"] == [state(parts, id_) for id_ in "abcxyz"]
    assert whole.revision == parts.revision


@given(CHANGES)
def test_a_table_never_changes_after_it_was_built(drawn: list[tuple[str, int | None, str]]) -> None:
    shop = table(change("a", price="5", brand="L"), change("z", 2))
    before = [state(shop, id_) for id_ in "abcz"]
    shop.apply(numbered(drawn))
    assert [state(shop, id_) for id_ in "abcz"] == before


def test_cards_take_no_more_memory_than_they_are_long() -> None:
    changes = [Put(f"item-{number}") for number in range(500)]
    empty = table()
    tracemalloc.start()
    full = empty.apply(changes)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(full) == 503
    assert taken / 500 < 1024
