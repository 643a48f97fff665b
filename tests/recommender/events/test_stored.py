"""The log in a store, and copies of it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from recommender.errors import ArtifactError
from recommender.events.changing import changing
from recommender.events.compaction import compact
from recommender.events.erasure import erase
from recommender.events.log import EventLog
from recommender.events.stored import Changed, StoredLog, bring_up
from recommender.objects import Objects
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.training.logs import event, write


def view(item: str, ago: float = 1, **fields: object) -> dict[str, object]:
    return event("view_item", item, ago=ago, event_id=item, **fields)


@pytest.fixture
def home(tmp_path: Path) -> ShopFolder:
    """Where two days with an event each were imported."""
    folder = Workspace(tmp_path / "home", f"file://{tmp_path}/shared").shop("shop")
    write(folder, view("cup"), view("lamp", 2))
    return folder


@pytest.fixture
def other(tmp_path: Path) -> ShopFolder:
    """Where models are trained."""
    return Workspace(tmp_path / "other", f"file://{tmp_path}/shared").shop("shop")


def items(folder: ShopFolder) -> list[str]:
    return sorted(EventLog(folder).scan().collect()["item_id"])


def objects(folder: ShopFolder) -> list[str]:
    return [one.name for one in StoredLog.of(folder).objects.list() if one.name.endswith(".parquet")]


def test_a_copy_holds_the_same_events(home: ShopFolder, other: ShopFolder) -> None:
    assert bring_up(other, NOW) == Changed(2, 0)
    assert EventLog(other).fingerprint() == EventLog(home).fingerprint()
    assert items(other) == items(home) == ["cup", "lamp"]
    assert bring_up(other, NOW) == bring_up(home, NOW) == Changed()


def test_only_what_changed_is_sent_and_fetched(home: ShopFolder, other: ShopFolder) -> None:
    """A merged day replaces its files, there and in the copy, which waits for whoever reads them."""
    bring_up(other, NOW)
    write(home, view("sofa"))
    assert bring_up(other, NOW) == Changed(1, 0)
    for path in home.log.rglob("*.parquet"):
        os.utime(path, (0, 0))  # long ago: the day is quiet
    with changing(home, now=NOW):
        for path in home.log.rglob("*.parquet"):
            os.utime(path, (0, 0))

    assert compact(home, now=NOW).files_merged == 2

    assert bring_up(other, NOW).removed == 2
    assert items(other) == ["cup", "lamp", "sofa"]
    assert len(objects(home)) == len(EventLog(other).days()) == 2


def test_who_is_erased_is_erased_in_the_store_and_in_the_copy(home: ShopFolder, other: ShopFolder) -> None:
    """A file that loses rows keeps its name."""
    write(home, view("secret", visitor_id="ann"), view("sofa"))
    bring_up(other, NOW)

    assert erase(home, "visitor_id", "ann", now=NOW) == 1

    assert bring_up(other, NOW) == Changed(1, 0)
    assert items(other) == ["cup", "lamp", "sofa"]


def test_what_was_not_published_is_undone(home: ShopFolder) -> None:
    """A file has another name when its writer is killed, and one is gone."""
    first, second = sorted(home.log.rglob("*.parquet"))

    def killed() -> None:
        with changing(home, now=NOW):
            first.rename(first.with_name("mine.parquet"))
            second.unlink()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    bring_up(home, NOW)
    assert items(home) == ["cup", "lamp"]
    assert sorted(home.log.rglob("*.parquet")) == [first, second]


def test_without_a_log_in_the_store_there_is_nothing_to_fetch(other: ShopFolder) -> None:
    assert bring_up(other, NOW) == Changed()
    assert items(other) == []


def test_a_file_that_did_not_come_as_it_was_sent_is_refused(home: ShopFolder, other: ShopFolder) -> None:
    for path in StoredLog.of(home).objects.folder.rglob("*.parquet"):  # type: ignore[union-attr]
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match="is damaged"):
        bring_up(other, NOW)
    assert items(other) == []


@pytest.mark.parametrize("name", ["../x.parquet", "/x.parquet", "day=2025-01-01/../x.parquet", "x.parquet"])
def test_a_file_stays_in_the_log(home: ShopFolder, other: ShopFolder, name: str) -> None:
    store = StoredLog.of(home).objects
    found = store.read("register.json")
    assert found is not None
    first = min(path.relative_to(home.log).as_posix() for path in home.log.rglob("*.parquet"))
    altered = found.content.replace(f'"{first}":'.encode(), f'"{name}":'.encode())
    assert store.replace("register.json", altered, found.tag)
    with pytest.raises(ArtifactError, match="the register in the store cannot be read"):
        bring_up(other, NOW)


def failing(monkeypatch: pytest.MonkeyPatch, at: str, which: int) -> Callable[[], None]:
    call, count = getattr(Objects, at), [0]

    def fail(*arguments: object) -> object:
        count[0] += 1
        if count[0] == which:
            raise KeyboardInterrupt
        return call(*arguments)

    monkeypatch.setattr(Objects, at, fail)
    return lambda: monkeypatch.setattr(Objects, at, call)


@pytest.mark.parametrize(("at", "which"), [("upload", 1), ("upload", 2), ("replace", 1), ("replace", 2)])
def test_publishing_that_was_cut_short_changes_nothing(
    home: ShopFolder, other: ShopFolder, monkeypatch: pytest.MonkeyPatch, at: str, which: int
) -> None:
    """What half of it left in the store is deleted a day later."""
    repair = failing(monkeypatch, at, which)
    with pytest.raises(KeyboardInterrupt):
        write(home, view("sofa"), view("rug", 2))
    repair()
    bring_up(other, NOW)
    bring_up(home, NOW)
    assert items(other) == items(home) == ["cup", "lamp"]

    monkeypatch.setattr("recommender.objects.ABANDONED_SECONDS", -60)
    write(home, view("desk", 2, visitor_id="ann"))
    erase(home, "visitor_id", "ann", now=NOW)

    assert items(home) == ["cup", "lamp"]
    assert len(objects(home)) == len([*home.log.rglob("*.parquet")])


def test_publishing_whose_answer_was_lost_was_done(
    home: ShopFolder, other: ShopFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Objects.replace

    def lost(*given: object) -> bool:
        call(*given)  # type: ignore[arg-type]
        return False

    monkeypatch.setattr(Objects, "replace", lost)
    write(home, view("sofa"))
    bring_up(other, NOW)
    assert items(other) == items(home) == ["cup", "lamp", "sofa"]


@pytest.mark.parametrize("which", [1, 2])
def test_a_copy_that_was_cut_short_is_fetched_again(
    home: ShopFolder, other: ShopFolder, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    repair = failing(monkeypatch, "download", which)
    with pytest.raises(KeyboardInterrupt):
        bring_up(other, NOW)
    repair()
    write(home, view("sofa"))
    bring_up(other, NOW)
    assert items(other) == ["cup", "lamp", "sofa"]
