"""A shop's catalogue in a store."""

import json
from pathlib import Path

import polars as pl

from recommender.catalog.item import Item
from recommender.catalog.snapshots import put
from recommender.records import Records
from recommender.workspace import ShopFolder
from tests.conftest import NOW


def test_each_revision_is_there_until_two_newer_ones_are(records: Records, shop: ShopFolder, tmp_path: Path) -> None:
    folder = ShopFolder(shop.path, f"file://{tmp_path}/shared")
    records.shops.create("shop")
    names = []
    for price in (1, 1, 2, 3):
        records.catalog.put("shop", [Item(id="cup", title="Tasse ☕", price=price), Item(id="lamp")], NOW)
        names.append(put(folder, records))

    there = sorted((tmp_path / "shared").rglob("*.parquet"))
    assert names[0] == names[1]
    assert (
        [path.name for path in there] == names[2:] == ["revision=000000000002.parquet", "revision=000000000003.parquet"]
    )
    rows = pl.read_parquet(there[-1], hive_partitioning=False)
    assert rows["id"].to_list() == ["cup", "lamp"]
    assert json.loads(rows["item"][0])["title"] == "Tasse ☕"


def test_an_empty_catalogue_has_no_rows(records: Records, shop: ShopFolder, tmp_path: Path) -> None:
    records.shops.create("shop")
    put(ShopFolder(shop.path, f"file://{tmp_path}/shared"), records)
    (path,) = (tmp_path / "shared").rglob("*.parquet")
    assert pl.read_parquet(path, hive_partitioning=False).is_empty()
