"""Tables in files, and documents in one array."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog import stored
from recommender.catalog.documents import Documents
from recommender.catalog.table import CatalogTable
from recommender.errors import ArtifactError
from recommender.models import arrays
from recommender.vocabulary import Vocabulary
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


def test_two_that_save_at_once_leave_one_whole_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def removed(folder: Path, **_: object) -> None:
        """Remove it, and see another process put its own there before anything else happens."""
        real(folder, ignore_errors=True)
        if folder == tmp_path / "t":
            monkeypatch.setattr(shutil, "rmtree", real)
            stored.save(table(), folder, "shop")

    real = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", removed)
    stored.save(table(), tmp_path / "t", "shop")

    assert content(stored.load(tmp_path / "t", TRAINED, "shop")) == content(table())
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_a_table_that_cannot_be_put_there_says_so(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("no folder")

    with pytest.raises(NotADirectoryError):
        stored.save(table(), tmp_path / "t", "shop")


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
