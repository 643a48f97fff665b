"""The log of one home, in a store and as a copy elsewhere."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from recommender.errors import ArtifactError, ConflictError
from recommender.events.compaction import compact
from recommender.events.erasure import erase
from recommender.events.log import EventLog
from recommender.events.shipping import Changed, pull, ship, shipped
from recommender.events.spool import Spool
from recommender.objects import Objects
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.recommender.events.samples import encoded
from tests.training.logs import event, write


def view(item: str, ago: float = 1, **fields: object) -> dict[str, object]:
    return event("view_item", item, ago=ago, event_id=item, **fields)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/shared"


@pytest.fixture
def home(url: str, tmp_path: Path) -> ShopFolder:
    """Where events are collected: two days with one each."""
    folder = Workspace(tmp_path / "home", url).shop("shop")
    write(folder, view("cup"), view("lamp", 2))
    return folder


@pytest.fixture
def other(url: str, tmp_path: Path) -> ShopFolder:
    """Where models are trained."""
    return Workspace(tmp_path / "other", url).shop("shop")


def items(folder: ShopFolder) -> list[str]:
    return sorted(EventLog(folder).scan().collect()["item_id"])


def objects(folder: ShopFolder) -> list[str]:
    return [one.name for one in shipped(folder).list() if one.name.endswith(".parquet")]


def test_a_copy_holds_the_same_events(home: ShopFolder, other: ShopFolder) -> None:
    assert (ship(home), pull(other)) == (Changed(2, 0), Changed(2, 0))
    assert EventLog(other).fingerprint() == EventLog(home).fingerprint()
    assert items(other) == items(home) == ["cup", "lamp"]
    assert (ship(home), pull(other)) == (Changed(), Changed())


def test_only_what_changed_is_sent_and_taken(home: ShopFolder, other: ShopFolder) -> None:
    """A merged day replaces its files, there and in the copy."""
    ship(home)
    pull(other)
    write(home, view("sofa"))
    assert (ship(home), pull(other)) == (Changed(1, 0), Changed(1, 0))
    for path in home.log.rglob("*.parquet"):
        os.utime(path, (0, 0))  # long ago: the day is quiet

    assert compact(home, now=NOW).files_merged == 2

    assert (ship(home).removed, pull(other).removed) == (3, 2)
    assert items(other) == ["cup", "lamp", "sofa"]
    assert len(objects(home)) == len(EventLog(other).days()) == 2


def test_who_is_erased_is_erased_in_the_store_and_in_the_copy(home: ShopFolder, other: ShopFolder) -> None:
    """A file that loses rows keeps its name."""
    write(home, view("secret", visitor_id="ann"), view("sofa"))
    ship(home)
    pull(other)

    erase(home, "visitor_id", "ann")

    assert (ship(home), pull(other)) == (Changed(1, 1), Changed(1, 0))
    assert items(other) == ["cup", "lamp", "sofa"]
    everywhere = [*shipped(home).folder.rglob("*.parquet"), *other.path.rglob("*.parquet")]  # type: ignore[union-attr]
    assert not [path for path in everywhere if "ann" in set(pl.read_parquet(path)["visitor_id"])]


def test_a_home_with_events_of_its_own_takes_no_copy(home: ShopFolder, other: ShopFolder) -> None:
    ship(home)
    write(other, view("mine"))

    with pytest.raises(ConflictError, match="has events of its own"):
        pull(other)

    assert items(other) == ["mine"]


def test_events_that_wait_are_events_too(home: ShopFolder, other: ShopFolder) -> None:
    ship(home)
    spool = Spool.create(other.spools)
    spool.append([encoded("a")])
    spool.close()
    with pytest.raises(ConflictError, match="has events of its own"):
        pull(other)


def test_a_store_has_the_log_of_one_home(home: ShopFolder, other: ShopFolder) -> None:
    ship(home)
    write(other, view("mine"))
    with pytest.raises(ConflictError, match="has the log of another home of 'shop'"):
        ship(other)
    assert len(objects(home)) == 2


def test_without_a_log_in_the_store_there_is_nothing_to_take(other: ShopFolder) -> None:
    with pytest.raises(ArtifactError, match="has no log of 'shop'"):
        pull(other)


def test_a_file_that_did_not_come_as_it_was_sent_is_refused(home: ShopFolder, other: ShopFolder) -> None:
    ship(home)
    for path in shipped(home).folder.rglob("*.parquet"):  # type: ignore[union-attr]
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match="is damaged"):
        pull(other)
    assert items(other) == []


@pytest.mark.parametrize("name", ["../x.parquet", "/x.parquet", "day=2025-01-01/../x.parquet", "x.parquet"])
def test_a_file_stays_in_the_log(home: ShopFolder, other: ShopFolder, name: str) -> None:
    ship(home)
    store = shipped(home)
    found = store.read("register.json")
    assert found is not None
    first = min(path.relative_to(home.log).as_posix() for path in home.log.rglob("*.parquet"))
    assert store.replace(
        "register.json", found.content.replace(f'"{first}":'.encode(), f'"{name}":'.encode()), found.tag
    )
    with pytest.raises(ArtifactError, match="the shipment in the store cannot be read"):
        pull(other)


def failing(monkeypatch: pytest.MonkeyPatch, at: str, which: int) -> Callable[[], None]:
    call, count = getattr(Objects, at), [0]

    def fail(*arguments: object) -> object:
        count[0] += 1
        if count[0] == which:
            raise KeyboardInterrupt
        return call(*arguments)

    monkeypatch.setattr(Objects, at, fail)
    return lambda: monkeypatch.setattr(Objects, at, call)


@pytest.mark.parametrize(("at", "which"), [("upload", 1), ("upload", 2), ("replace", 1), ("delete", 1)])
def test_shipping_that_was_cut_short_changes_nothing_or_everything(
    home: ShopFolder, other: ShopFolder, monkeypatch: pytest.MonkeyPatch, at: str, which: int
) -> None:
    ship(home)
    write(home, view("sofa"), view("rug", 2))
    repair = failing(monkeypatch, at, which)
    with pytest.raises(KeyboardInterrupt):
        ship(home)
    repair()
    pull(other)
    assert items(other) in (["cup", "lamp"], ["cup", "lamp", "rug", "sofa"])

    ship(home)
    pull(other)
    monkeypatch.setattr("recommender.objects.ABANDONED_SECONDS", -60)
    write(home, view("desk", 2))
    ship(home)

    assert items(other) == ["cup", "lamp", "rug", "sofa"]
    assert len(objects(home)) == len([*home.log.rglob("*.parquet")])


@pytest.mark.parametrize("which", [1, 2])
def test_a_copy_that_was_cut_short_is_taken_again(
    home: ShopFolder, other: ShopFolder, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    ship(home)
    repair = failing(monkeypatch, "download", which)
    with pytest.raises(KeyboardInterrupt):
        pull(other)
    repair()
    write(home, view("sofa"))
    ship(home)
    pull(other)
    assert items(other) == ["cup", "lamp", "sofa"]


@pytest.mark.s3
def test_any_tool_reads_it_by_url(home: ShopFolder, s3_url: str, tmp_path: Path) -> None:
    """From a real S3 server, as partitions by day."""
    folder = ShopFolder(home.path, url := f"{s3_url}/{tmp_path.name}")
    ship(folder)
    pull(copy := Workspace(tmp_path / "copy", url).shop("shop"))
    found = pl.scan_parquet(f"{url}/shops/shop/log/day=*/*.parquet", hive_partitioning=False).collect()
    assert sorted(found["item_id"]) == items(copy) == ["cup", "lamp"]
