"""The shelf: tables, and what is worked out of them, between starts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.catalog import stored
from recommender.catalog.item import Item
from recommender.configuration import Configuration
from recommender.engine import groundwork, shelf
from recommender.engine.kin import NO_BEGINNINGS
from recommender.engine.snapshot import Snapshot
from recommender.models import arrays
from recommender.records import Records
from recommender.workspace import ShopFolder, Workspace
from tests.recommender.engine.shops import CATALOGUE, Change, change, changed, deletion, listed, snapshot

CHANGES: tuple[Change, ...] = (
    changed("star", sale_price="1.00"),
    changed("tin", sale_price=None),
    changed("candle", product_type="Kitchen"),
    changed("apron", availability="out_of_stock"),
    change("plate", 101, title="Owl Plate", product_type="Kitchen"),
    deletion("heart-red", 102),
)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    opened = Records.open(f"sqlite:///{tmp_path / 'records.db'}")
    opened.shops.create("shop")
    opened.catalog.put("shop", [Item.parse({"id": id_, **fields}) for id_, fields in CATALOGUE.items()])
    return opened


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShopFolder:
    monkeypatch.setattr(shelf, "WORTH_KEEPING", 1)
    monkeypatch.setattr(arrays, "SMALL", 0)
    folder = Workspace(tmp_path).shop("shop")
    (folder.artifacts / "v1").mkdir(parents=True)
    return folder


def opened(shop: ShopFolder, records: Records, version: str = "v1") -> Snapshot:
    return shelf.opened(shop, records, listed(), Configuration(), version)


def kept(shop: ShopFolder, records: Records) -> Snapshot:
    shelf.prepare(shop, records, listed(), "v1")
    return opened(shop, records)


def rows(found: Snapshot, *, but: str = "") -> dict[str, Any]:
    """The table by id."""
    table = found.table
    return {
        id_: [table.card(row), *(repr(getattr(table, name)[row]) for name in stored.COLUMNS)]
        for row, id_ in enumerate(table.ids)
        if id_ != but
    }


def worked_out(found: Snapshot) -> dict[str, Any]:
    """Everything that can be kept of a snapshot."""
    parts = {name: np.asarray(getattr(found, name)) for name in groundwork.PARTS}
    order, starts = found.by_category
    return {**parts, "order": order, "starts": starts}


def is_kept(found: Snapshot) -> bool:
    """Whether what is known of a snapshot lies in files."""
    return "by_popularity" in found.__dict__ and lies_in_file(found.by_popularity)


def lies_in_file(array: Any) -> bool:
    while isinstance(array, np.ndarray) and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap)


def assert_same(found: Snapshot, expected: Snapshot) -> None:
    for name, value in worked_out(expected).items():
        np.testing.assert_array_equal(worked_out(found)[name], value, err_msg=name)


def test_a_table_from_the_shelf_catches_up_with_the_records(shop: ShopFolder, records: Records) -> None:
    records.catalog.put("shop", [Item(id="z", title="Z")])
    kept(shop, records)
    records.catalog.put("shop", [Item(id="star", title="new"), Item(id="y")])
    records.catalog.delete("shop", "z")

    found = opened(shop, records)

    # A newer item that was deleted keeps its row until the next artifact; a table made anew has none for it.
    assert rows(found, but="z") == rows(opened(shop, records, "v2"), but="z")
    assert not found.table.available[found.table.rows(["z"])].any()
    assert found.table.fresh == 3


def test_what_is_known_of_a_shop_lies_in_files_and_is_the_same(shop: ShopFolder, records: Records) -> None:
    found, expected = kept(shop, records), opened(shop, records, "v2")

    assert (is_kept(found), is_kept(expected)) == (True, False)
    assert all(map(lies_in_file, found.kin.beginnings))
    assert_same(found, expected)


@given(st.lists(st.sampled_from(CHANGES), max_size=4))
@settings(max_examples=40)
def test_what_is_known_holds_for_what_the_catalogue_became(changes: list[Change]) -> None:
    """What a change does not touch is taken from before it, the rest is worked out again."""
    before = snapshot()
    worked_out(before)

    assert_same(before.with_table(before.table.apply(changes)), snapshot(*changes))


@pytest.mark.parametrize("touched", [True, False])
def test_beginnings_on_the_shelf_hold_until_an_item_is_no_longer_described(
    shop: ShopFolder, records: Records, *, touched: bool
) -> None:
    kept(shop, records)
    if touched:
        records.catalog.delete("shop", "star")
    else:
        records.catalog.put("shop", [Item(id="plate", title="Owl Plate")])

    assert (opened(shop, records).kin.beginnings is NO_BEGINNINGS) == touched


@pytest.mark.parametrize("other", [{"format": 0}, {"release": "0.0.1"}, {"revision": 99}])
def test_what_another_release_or_table_came_to_is_worked_out_and_kept_again(
    shop: ShopFolder, records: Records, other: dict[str, object]
) -> None:
    kept(shop, records)
    file = shop.shelf / "v1" / groundwork.FOLDER / groundwork.DESCRIPTION
    file.write_text(json.dumps({**json.loads(file.read_text()), **other}))
    listing = shop.shelf / "v1" / "table.json"
    files = json.loads(listing.read_text())
    del files["files"][f"{groundwork.FOLDER}/{groundwork.DESCRIPTION}"]  # the table is as good as before
    listing.write_text(json.dumps(files))

    found = opened(shop, records)

    assert (is_kept(found), found.table.fresh) == (False, 0)
    shelf.keep(shop, records, found)
    assert is_kept(opened(shop, records))


def test_a_table_that_lies_there_without_what_is_known_of_it_is_taken(shop: ShopFolder, records: Records) -> None:
    stored.save(opened(shop, records).table, shop.shelf / "v1", origin(records))

    found = opened(shop, records)

    assert (is_kept(found), found.table.fresh) == (False, 0)


def test_a_damaged_or_foreign_table_is_made_again(shop: ShopFolder, records: Records) -> None:
    expected = rows(kept(shop, records))
    for name in ("price.npy", "groundwork/by_popularity.npy"):
        (shop.shelf / "v1" / name).write_bytes(b"")
        found = opened(shop, records)

        assert rows(found) == expected
        assert not is_kept(found)
        kept(shop, records)

    assert rows(opened(shop, records, "v2")) == expected
    assert rows(opened(shop, records, "none")) == expected


def test_records_that_are_older_than_the_table_are_read_anew(shop: ShopFolder, records: Records) -> None:
    later = kept(shop, records).table.apply([changed("star", 99, title="from the future")])
    stored.save(later, shop.shelf / "v1", origin(records))

    found = opened(shop, records).table

    assert found.title(found.rows(["star"]).item()) == CATALOGUE["star"]["title"]


def test_what_hardly_changed_is_not_written_again(shop: ShopFolder, records: Records) -> None:
    found = kept(shop, records)
    written = (shop.shelf / "v1" / "table.json").stat().st_mtime_ns

    shelf.keep(shop, records, found)

    assert (shop.shelf / "v1" / "table.json").stat().st_mtime_ns == written


def test_what_belongs_to_artifacts_that_are_gone_goes_too(shop: ShopFolder, records: Records) -> None:
    (shop.shelf / "v0").mkdir(parents=True)

    kept(shop, records)

    assert [path.name for path in shop.shelf.iterdir()] == ["v1"]


def origin(records: Records) -> str:
    return shelf._origin(records, "shop")
