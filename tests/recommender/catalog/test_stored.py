"""Tables in files, documents in one array, and the shelf that keeps tables between starts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog import shelf, stored
from recommender.catalog.documents import Documents
from recommender.catalog.item import Item
from recommender.catalog.table import CatalogTable
from recommender.errors import ArtifactError
from recommender.models import arrays
from recommender.records import Records
from recommender.vocabulary import Vocabulary
from recommender.workspace import ShopFolder, Workspace
from tests.recommender.engine.shops import change, deletion

TRAINED = Vocabulary(["a", "b", "c"])
WRITES = st.lists(st.dictionaries(st.integers(0, 9), st.binary(max_size=3)), max_size=6)


def table() -> CatalogTable:
    return CatalogTable.build(
        TRAINED,
        [
            change("a", 1, title="Lamp", brand="Lux", price="3", sale_price="2", colour="red", item_group_id="g"),
            change("z", 2, title="Зонт", product_type="Rain > Umbrellas", colour=["red", "blue"]),
            change("b", 3, availability="out_of_stock"),
            deletion("b", 4),
        ],
    )


def content(shop: CatalogTable) -> list[dict[str, Any]]:
    return [
        {
            "id": shop.id(row),
            "row": shop.row(shop.id(row)),
            "card": shop.card(row),
            "colour": shop.field("colour")[row],
            **{name: repr(getattr(shop, name)[row]) for name in stored.COLUMNS},
            **{name: getattr(shop, name).name(row) for name in stored.LABELS},
        }
        for row in range(len(shop))
    ]


@given(WRITES)
def test_documents_are_what_was_written_last_before_and_after_they_settle(writes: list[dict[int, bytes]]) -> None:
    found, expected = Documents(10), dict.fromkeys(range(10), b"")
    for values in writes:
        before = found
        found, expected = found.changed(10, values).settled(), {**expected, **values}
        assert before.size == 10

    again = found.changed(12, {11: b"x"})

    assert [found.raw(row) for row in range(10)] == [*expected.values()]
    assert [again.raw(row) for row in (10, 11)] == [b"", b"x"]
    assert [again.settled().raw(row) for row in range(12)] == [*expected.values(), b"", b"x"]


def test_many_changes_settle_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.catalog.documents.FEW", 2)

    found = Documents(4).changed(4, {0: b"1", 1: b"2"}).changed(4, {3: b"4"})

    assert not found.fresh
    assert [found.get(row) for row in range(4)] == [1, 2, None, 4]


def test_a_saved_table_is_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "SMALL", 0)
    stored.save(table(), tmp_path / "t", "shop")
    found = stored.load(tmp_path / "t", TRAINED, "shop")

    assert content(found) == content(table())
    assert (found.revision, found.fresh) == (4, 0)
    assert isinstance(found.price.base, np.memmap)


def test_a_saved_table_goes_on_changing_like_the_other(tmp_path: Path) -> None:
    stored.save(table(), tmp_path / "t", "shop")
    more = [change("y", 5, brand="Lux"), change("z", 6, brand="Nova"), change("c", 7, colour="grey"), deletion("a", 8)]

    found, expected = stored.load(tmp_path / "t", TRAINED, "shop").apply(more), table().apply(more)

    assert content(found) == content(expected)
    assert found.fresh == 4


@pytest.mark.parametrize("name", ["price.npy", "cards/text.npy", "brand/names/text.npy", "table.json"])
def test_a_damaged_table_is_refused(tmp_path: Path, name: str) -> None:
    stored.save(table(), tmp_path / "t", "shop")
    file = tmp_path / "t" / name
    file.write_bytes(file.read_bytes()[:-1])

    with pytest.raises(ArtifactError, match=Path(name).name):
        stored.load(tmp_path / "t", TRAINED, "shop")


def test_a_table_of_another_catalogue_format_or_artifact_is_refused(tmp_path: Path) -> None:
    stored.save(table(), tmp_path / "t", "shop")

    with pytest.raises(ArtifactError, match="another catalogue"):
        stored.load(tmp_path / "t", TRAINED, "other")
    with pytest.raises(ArtifactError, match="another artifact"):
        stored.load(tmp_path / "t", Vocabulary(["a"]), "shop")
    file = tmp_path / "t" / "table.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))
    with pytest.raises(ArtifactError, match="another format"):
        stored.load(tmp_path / "t", TRAINED, "shop")


@pytest.fixture
def records(tmp_path: Path) -> Records:
    opened = Records.open(f"sqlite:///{tmp_path / 'records.db'}")
    opened.shops.create("shop")
    opened.catalog.put("shop", [Item(id=id_, title=id_.upper()) for id_ in "abcz"])
    return opened


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShopFolder:
    monkeypatch.setattr(shelf, "WORTH_KEEPING", 1)
    folder = Workspace(tmp_path).shop("shop")
    (folder.artifacts / "v1").mkdir(parents=True)
    return folder


def kept(shop: ShopFolder, records: Records) -> CatalogTable:
    fresh = shelf.opened(shop, records, TRAINED, "v1")
    shelf.keep(shop, records, fresh, "v1")
    return fresh


def test_a_table_from_the_shelf_catches_up_with_the_records(shop: ShopFolder, records: Records) -> None:
    kept(shop, records)
    records.catalog.put("shop", [Item(id="b", title="new"), Item(id="y")])
    records.catalog.delete("shop", "z")

    found = shelf.opened(shop, records, TRAINED, "v1")

    # A newer item that was deleted keeps its row until the next artifact; a table made anew has none for it.
    expected = CatalogTable.build(TRAINED, records.catalog.changes("shop", 0))
    assert [{**one, "row": 0} for one in content(found) if one["id"] != "z"] == [
        {**one, "row": 0} for one in content(expected)
    ]
    assert not found.available[found.rows(["z"])].any()
    assert found.fresh == 3


def test_a_damaged_or_foreign_table_is_made_again(shop: ShopFolder, records: Records) -> None:
    expected = content(kept(shop, records))
    file = shop.shelf / "v1" / "price.npy"
    file.write_bytes(b"")

    assert content(shelf.opened(shop, records, TRAINED, "v1")) == expected
    assert content(shelf.opened(shop, records, TRAINED, "v2")) == expected
    assert content(shelf.opened(shop, records, TRAINED, None)) == expected


def test_records_that_are_older_than_the_table_are_read_anew(shop: ShopFolder, records: Records) -> None:
    stored.save(
        kept(shop, records).apply([change("a", 99, title="from the future")]), shop.shelf / "v1", origin(records)
    )

    assert shelf.opened(shop, records, TRAINED, "v1").title(0) == "A"


def test_what_hardly_changed_is_not_written_again(shop: ShopFolder, records: Records) -> None:
    kept(shop, records)
    written = (shop.shelf / "v1" / "table.json").stat().st_mtime_ns

    shelf.keep(shop, records, shelf.opened(shop, records, TRAINED, "v1"), "v1")

    assert (shop.shelf / "v1" / "table.json").stat().st_mtime_ns == written


def test_tables_of_artifacts_that_are_gone_go_too(shop: ShopFolder, records: Records) -> None:
    (shop.shelf / "v0").mkdir(parents=True)

    kept(shop, records)

    assert [path.name for path in shop.shelf.iterdir()] == ["v1"]


def origin(records: Records) -> str:
    return shelf._origin(records, "shop")
