"""Artifacts in an object store: a folder that hosts share, and a real S3 server."""

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from recommender.artifact import MANIFEST, ArtifactStore, artifacts
from recommender.errors import ArtifactError, ConfigurationError, NewerFormatError, StoreError
from recommender.objects import Objects
from recommender.register import REMEMBERED, Entry, Register, read
from recommender.shared import REGISTER, UNNAMED_SECONDS, SharedStore
from recommender.workspace import ShopFolder, Workspace
from tests.api.artifacts import add, publish, publish_newer
from tests.conftest import NOW
from tests.recommender.artifact_contract import ArtifactContract


class SharedContract(ArtifactContract):
    """What every shared store promises besides; suites provide `url`."""

    @pytest.fixture
    def url(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def store(self, url: str, tmp_path: Path) -> SharedStore:
        return SharedStore.of(Workspace(tmp_path / "one", url).shop("shop"))

    @pytest.fixture
    def again(self, url: str, tmp_path: Path) -> SharedStore:
        return SharedStore.of(Workspace(tmp_path / "two", url).shop("shop"))

    def damage(self, store: ArtifactStore, version: str) -> None:
        assert isinstance(store, SharedStore)
        name = f"{store.register().entry(version).place}/models.json"
        store.objects.delete([name])
        assert store.objects.replace(name, b"[]", None)

    def test_two_who_write_at_once_come_one_after_the_other(self, store: SharedStore, again: SharedStore) -> None:
        """Without any lock nothing that either did is lost."""

        def write(one: SharedStore, name: str) -> list[str]:
            return [publish(one, f"{name}{number}") for number in range(3)]

        with ThreadPoolExecutor() as pool:
            mine, theirs = pool.map(write, (store, again), ("cup", "lamp"))

        history = store.history()
        assert [one for one in history if one in mine] == mine
        assert [one for one in history if one in theirs] == theirs
        assert (len(history), store.versions()) == (6, sorted(mine + theirs))

    def test_an_object_is_replaced_only_by_who_read_it(self, store: SharedStore) -> None:
        objects = store.objects
        assert objects.read("x") is None
        assert [objects.replace("x", b"1", None), objects.replace("x", b"2", None)] == [True, False]
        found = objects.read("x")
        assert found is not None
        assert [objects.replace("x", b"3", found.tag), objects.replace("x", b"4", found.tag)] == [True, False]
        assert (objects.read("x") or found).content == b"3"

    def test_a_file_of_any_size_comes_back_as_it_was(
        self, store: SharedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("recommender.objects.PIECE", 100_000)
        for size in (0, 1, 100_000, 6_000_001):
            sent, back = tmp_path / "sent", tmp_path / "back"
            sent.write_bytes(os.urandom(size))
            store.objects.upload(f"files/{size}", sent)
            store.objects.download(f"files/{size}", back)
            assert back.read_bytes() == sent.read_bytes()
        assert {one.name: one.size for one in store.objects.list("files")}["files/6000001"] == 6_000_001


class TestSharedFolder(SharedContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"file://{tmp_path}/shared"


@pytest.mark.s3
class TestS3(SharedContract):
    pytestmark: ClassVar = [pytest.mark.s3]

    @pytest.fixture
    def url(self, s3_url: str, tmp_path: Path) -> str:
        return f"{s3_url}/{tmp_path.parent.name}-{tmp_path.name}"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/shared"


@pytest.fixture
def shop(url: str, tmp_path: Path) -> ShopFolder:
    return Workspace(tmp_path / "home", url).shop("shop")


@pytest.fixture
def store(shop: ShopFolder) -> SharedStore:
    return SharedStore.of(shop)


@pytest.fixture
def other(url: str, tmp_path: Path) -> SharedStore:
    """The same artifacts on another host."""
    return SharedStore.of(Workspace(tmp_path / "other", url).shop("shop"))


def put(store: SharedStore, register: Register) -> None:
    found = store.objects.read(REGISTER)
    assert store.objects.replace(REGISTER, register.document(), found.tag if found else None)


def written(store: SharedStore) -> dict[str, Any]:
    found = store.objects.read(REGISTER)
    assert found is not None
    return dict(json.loads(found.content))


def test_a_folder_says_where_artifacts_are(shop: ShopFolder) -> None:
    assert type(artifacts(shop)) is SharedStore
    assert type(artifacts(ShopFolder(shop.path))) is ArtifactStore


def test_shops_share_a_store_and_no_artifact(url: str, tmp_path: Path) -> None:
    one, two = (SharedStore.of(Workspace(tmp_path, url).shop(name)) for name in ("one", "two"))
    publish(one, "cup")
    assert two.versions() == []


@pytest.mark.parametrize("url", ["", "bucket", "ftp://host/x", "http://host/x", "s3://", "file://host/folder"])
def test_what_is_no_store_is_refused_with_what_is(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"VITRINE_STORE: .* s3://bucket/path"):
        Objects.open(url)


def test_what_is_here_is_not_fetched_again(store: SharedStore, other: SharedStore) -> None:
    version = add(store, "cup").version
    other.open(version)
    store.objects.delete([one.name for one in store.objects.list() if one.name != REGISTER])

    assert other.open(version).version == version


def test_a_damaged_copy_is_fetched_again(store: SharedStore) -> None:
    version = publish(store, "cup")
    (store.path(version) / "models.json").write_text("[]")

    assert store.open(version).version == version


def test_a_copy_of_a_newer_format_is_refused_and_stays(store: SharedStore, other: SharedStore) -> None:
    """On one host it serves those processes that were updated already; on others it is not fetched."""
    version = publish_newer(store, "cup")
    before = (store.folder / version / MANIFEST).stat().st_ino
    for each in (store, other):
        with pytest.raises(NewerFormatError, match="newer Vitrine"):
            each.open(version)
    assert ((store.folder / version / MANIFEST).stat().st_ino, other.here()) == (before, [])


def test_what_a_newer_vitrine_notes_in_the_register_stays(store: SharedStore) -> None:
    version = publish(store, "cup")
    register = written(store)
    register["versions"][version]["size"] = 7
    put(store, Register(**register, note="newer"))
    publish(store, "cup", "plate")
    kept = written(store)
    assert (kept["note"], kept["versions"][version]["size"]) == ("newer", 7)


def test_a_copy_that_finds_too_little_is_not_fetched_for_that(
    store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish(store, "cup")
    monkeypatch.setattr(store, "_put_away", lambda version: pytest.fail(f"{version} was whole"))
    monkeypatch.setattr("recommender.artifact.Models.load", lambda path: (_ for _ in ()).throw(ArtifactError("no")))

    with pytest.raises(ArtifactError, match="no"):
        store.open(version)


def test_copies_of_what_is_gone_elsewhere_go_after_a_while(store: SharedStore, other: SharedStore) -> None:
    old, current = publish(store, "cup"), publish(store, "lamp")
    for version in (old, current):
        other.open(version)
    store.drop(old)
    other.register()
    assert other.here() == sorted([old, current])

    long_ago = time.time() - UNNAMED_SECONDS - 1
    for version in (old, current):
        os.utime(other.folder / version, (long_ago, long_ago))
    other.register()

    assert other.here() == [current]


def test_a_file_that_names_a_place_outside_is_not_fetched(store: SharedStore, other: SharedStore) -> None:
    artifact = add(store, "cup")
    crafted = artifact.manifest.sealed({"../../x": next(iter(artifact.manifest.files.values()))})
    place = store.register().entry(artifact.version).place
    store.objects.delete([f"{place}/{MANIFEST}"])
    store.objects.replace(f"{place}/{MANIFEST}", crafted.document().encode(), None)

    with pytest.raises(ArtifactError, match=r"'\.\./\.\./x' is no file of an artifact"):
        other.open(artifact.version)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format_version": 2}', b'{"history": 1}'])
def test_a_register_that_is_none_is_refused(store: SharedStore, content: bytes) -> None:
    store.objects.replace(REGISTER, content, None)
    with pytest.raises(ArtifactError, match="the register in the store cannot be read"):
        store.current()


def dying(at: str, monkeypatch: pytest.MonkeyPatch, when: Callable[[str], bool] = lambda name: True) -> None:
    call = getattr(Objects, at)

    def die(self: Objects, name: str, *arguments: object) -> object:
        if when(name):
            raise KeyboardInterrupt
        return call(self, name, *arguments)

    monkeypatch.setattr(Objects, at, die)


@pytest.mark.parametrize(
    ("at", "when"),
    [("upload", "items"), ("upload", MANIFEST), ("replace", REGISTER)],
    ids=["half", "all but the manifest", "all but the register"],
)
def test_what_was_uploaded_by_half_is_not_there(
    store: SharedStore, other: SharedStore, at: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = publish(store, "cup")
    with monkeypatch.context() as patch:
        dying(at, patch, lambda name: when in name)
        with pytest.raises(KeyboardInterrupt):
            add(store, "lamp")

    assert store.versions() == other.versions() == [current]
    assert other.open(current).version == current
    added = add(store, "lamp").version
    assert other.publish(added).version == added


def test_files_that_nobody_names_go_after_a_day(
    store: SharedStore, other: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = publish(store, "cup")
    with monkeypatch.context() as patch:
        dying("replace", patch)
        with pytest.raises(KeyboardInterrupt):
            add(store, "lamp")
    there = {one.name.partition("/")[0] for one in store.objects.list()}
    other.prune(1)
    assert {one.name.partition("/")[0] for one in store.objects.list()} == there

    monkeypatch.setattr("recommender.objects.ABANDONED_SECONDS", -60)
    other.prune(1)

    left = {one.name.partition("/")[0] for one in store.objects.list() if "/" in one.name}
    assert left == {store.register().entry(current).place}


def test_a_writer_whose_answer_was_lost_finds_its_own_change(
    store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was written, and the answer says it was not: rolling back once goes back once."""
    versions = [publish(store, name) for name in ("cup", "lamp", "sofa")]
    replace = Objects.replace
    monkeypatch.setattr(Objects, "replace", lambda *arguments: replace(*arguments) and False)

    assert store.rollback().version == versions[1]

    assert store.history() == versions[:2]


def test_the_register_remembers_the_last_changes_only() -> None:
    register, marks = Register(), []
    for _ in range(REMEMBERED + 5):
        register, mark = register.marked()
        marks.append(mark)
    assert register.changes == tuple(marks[-REMEMBERED:])
    assert read(Register, register.document()) == register


def test_who_looked_before_somebody_else_switched_switches_after_them(
    store: SharedStore, other: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = publish(store, "cup"), *(add(store, name).version for name in ("lamp", "sofa"))
    before = store.history()
    other.publish(third)

    assert not store._switch(before, [*before, second])
    store.publish(second)

    assert store.history() == [first, third, second]


def test_a_version_that_was_dropped_meanwhile_is_not_put_in_service(store: SharedStore, other: SharedStore) -> None:
    current, gone = publish(store, "cup"), add(store, "lamp").version
    other.open(gone)
    store.drop(gone)

    with pytest.raises(ArtifactError, match=f"there is no model '{gone}'"):
        other.publish(gone)

    assert other.current() == current


def test_a_place_is_never_used_again(store: SharedStore) -> None:
    """Whoever deletes the old files of a version does not hit those of the same version added anew."""
    version = add(store, "cup").version
    before = store.register().entry(version).place
    store.drop(version)
    add(store, "cup")
    after = store.register().entry(version).place
    assert before != after
    assert {one.name.partition("/")[0] for one in store.objects.list() if "/" in one.name} == {after}


def test_models_of_one_host_move_to_the_store(store: SharedStore, shop: ShopFolder, other: SharedStore) -> None:
    local = ArtifactStore(shop.artifacts)
    versions = [publish(local, name) for name in ("cup", "lamp")]
    ages = [local.trained_at(version) for version in versions]

    assert store.adopt(local) == sorted(versions)

    assert (other.history(), [other.trained_at(one) for one in versions]) == (versions, ages)
    assert other.open(versions[1]).version == versions[1]
    assert not shop.artifacts.exists()
    assert store.adopt(local) == []


def test_a_damaged_model_is_not_moved_and_none_is_deleted(store: SharedStore, shop: ShopFolder) -> None:
    local = ArtifactStore(shop.artifacts)
    version = publish(local, "cup")
    (local.path(version) / "models.json").write_text("[]")

    with pytest.raises(ArtifactError, match=r"models\.json"):
        store.adopt(local)

    assert (local.versions(), store.versions()) == ([version], [])


def test_a_store_that_is_away_is_asked_again_after_a_pause(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is here can be opened meanwhile."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("recommender.objects.RETRIES", {"max_retries": 0, "retry_timeout": timedelta(seconds=1)})
    store = SharedStore.of(Workspace(tmp_path, f"s3://nowhere/{tmp_path.name}").shop("shop"))
    version = publish(ArtifactStore(store.folder), "cup")

    with pytest.raises(StoreError, match=r"s3://nowhere/.* cannot be used"):
        store.current()
    with pytest.raises(StoreError, match="left alone for 5 seconds"):
        store.current()

    assert (store.here(), store.open(version).version) == ([version], version)


def test_an_entry_keeps_when_it_was_trained(store: SharedStore) -> None:
    version = add(store, "cup").version
    register = store.register()
    put(store, register.having(version, Entry(place=register.entry(version).place, trained_at=NOW)))
    assert store.trained_at(version) == NOW
