import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from recommender.artifact import (
    FORMAT_VERSION,
    MANIFEST,
    OLDEST_FORMAT,
    Artifact,
    ArtifactStore,
    Manifest,
    open_artifact,
    verify,
)
from recommender.errors import ArtifactError, NewerFormatError
from recommender.models.index import ExactIndex, Metric
from recommender.models.models import Models
from recommender.models.neighbours import NeighbourConfig, NeighbourModel
from recommender.models.popularity import PopularityModel
from recommender.vocabulary import Vocabulary
from tests.api import artifacts
from tests.recommender.artifact_contract import ArtifactContract
from tests.recommender.models.test_cooccurrence import baskets

END = datetime(2025, 1, 31, tzinfo=UTC)
FILES = ["items/text.npy", "models.json", "popularity/best_sellers.npy", "purchases/rows.npy", "evaluation.json"]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


class TestFolder(ArtifactContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ArtifactStore:
        return ArtifactStore(tmp_path / "artifacts")

    @pytest.fixture
    def again(self, store: ArtifactStore) -> ArtifactStore:
        return ArtifactStore(store.folder)

    def damage(self, store: ArtifactStore, version: str) -> None:
        (store.path(version) / "models.json").write_text("[]")


def add(store: ArtifactStore, fingerprint: str = "one") -> Artifact:
    zeros, counts = np.zeros(6, np.float32), np.zeros(6, np.int32)
    popularity = PopularityModel(zeros, zeros, zeros, zeros, counts, counts)
    purchases = NeighbourModel.fit(baskets("ab"), NeighbourConfig())
    models = Models(Vocabulary("abcdef"), popularity, END, purchases=purchases)
    return store.add(models, bare(fingerprint), {"evaluation.json": b"{}"})


def bare(fingerprint: str = "one") -> Manifest:
    return Manifest(
        shop="shop",
        data_start=None,
        data_end=END,
        fingerprint=fingerprint,
        configuration={},
        metrics={},
        counts={},
        strategies={},
    )


def test_every_file_is_vouched_for(store: ArtifactStore) -> None:
    artifact = add(store)

    there = {str(path.relative_to(artifact.path)) for path in artifact.path.rglob("*") if path.is_file()}
    assert there - {MANIFEST} == set(artifact.manifest.files)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_named(store: ArtifactStore, name: str) -> None:
    file = add(store).path / name
    file.write_bytes(file.read_bytes()[:-1])

    with pytest.raises(ArtifactError, match=f"{name} is damaged"):
        open_artifact(store.folder / store.versions()[0])


@pytest.mark.parametrize("name", FILES)
def test_an_altered_file_of_the_same_size_is_named(store: ArtifactStore, name: str) -> None:
    file = add(store).path / name
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)

    with pytest.raises(ArtifactError, match=f"{name} is damaged: its checksum"):
        open_artifact(store.folder / store.versions()[0])


def test_a_missing_file_is_named(store: ArtifactStore) -> None:
    artifact = add(store)
    (artifact.path / "models.json").unlink()

    with pytest.raises(ArtifactError, match=r"models\.json is missing"):
        open_artifact(artifact.path)


def test_an_altered_manifest_is_refused(store: ArtifactStore) -> None:
    file = add(store).path / MANIFEST
    file.write_text(file.read_text().replace('"shop": "shop"', '"shop": "other"'))

    with pytest.raises(ArtifactError, match=r"manifest\.json has been altered"):
        open_artifact(file.parent)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"text"'])
def test_a_manifest_that_is_none_is_refused(store: ArtifactStore, text: str) -> None:
    file = add(store).path / MANIFEST
    file.write_text(text)

    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        open_artifact(file.parent)


@pytest.mark.parametrize("version", [*range(1, OLDEST_FORMAT), None, "5"])
def test_a_format_of_another_time_is_refused(store: ArtifactStore, version: object) -> None:
    file = add(store).path / MANIFEST
    file.write_text(json.dumps({**json.loads(file.read_text()), "format_version": version}))

    with pytest.raises(
        ArtifactError, match=f"format version {version!r} is unknown; this Vitrine reads {FORMAT_VERSION}: train"
    ):
        open_artifact(file.parent)


def test_a_format_of_a_newer_vitrine_is_told_from_a_damaged_artifact(store: ArtifactStore) -> None:
    newer = artifacts.publish_newer(store, "cup")
    with pytest.raises(NewerFormatError, match=f"is of a newer Vitrine; this one reads {FORMAT_VERSION}$"):
        store.open(newer)


def test_the_format_before_is_read_and_written_anew_as_a_whole(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside files of this format those of the one before would be read as if they were, too."""
    older = store.publish(add(store).version)
    monkeypatch.setattr("recommender.artifact.FORMAT_VERSION", FORMAT_VERSION + 1)
    assert store.open(older.version).manifest.format_version == FORMAT_VERSION
    before = {file.stat().st_ino for file in (older.path / "popularity").iterdir()}
    newer = store.open(store.rewrite(older.version, older.models, []))
    assert (newer.manifest.format_version, store.current()) == (FORMAT_VERSION + 1, newer.version)
    assert not before & {file.stat().st_ino for file in (newer.path / "popularity").iterdir()}


def test_in_haste_large_files_are_compared_by_size_only(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.artifact.COMPARED_AT_ONCE", 0)
    monkeypatch.setattr("recommender.sealing.SMALL_FILE", 100)
    artifact = add(store)
    file = artifact.path / "popularity" / "best_sellers.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    opened = store.open(artifact.version, whole=False)

    assert not opened.compared
    with pytest.raises(ArtifactError, match=r"best_sellers\.npy is damaged: its checksum"):
        verify(opened.path, opened.manifest)
    with pytest.raises(ArtifactError, match=r"best_sellers\.npy is damaged: its checksum"):
        store.open(artifact.version)


def test_in_haste_a_file_cut_short_and_a_small_one_altered_are_still_refused(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.artifact.COMPARED_AT_ONCE", 0)
    artifact = add(store)
    file = artifact.path / "popularity" / "best_sellers.npy"
    whole = file.read_bytes()
    for content in (whole[:-1], whole[:-1] + b"x"):
        file.write_bytes(content)
        with pytest.raises(ArtifactError, match=r"best_sellers\.npy is damaged"):
            store.open(artifact.version, whole=False)


def test_a_small_artifact_is_compared_whole_even_in_haste(store: ArtifactStore) -> None:
    assert store.open(add(store).version, whole=False).compared


def searched(recall: float) -> Models:
    zeros, counts = np.zeros(2, np.float32), np.zeros(2, np.int32)
    popularity = PopularityModel(zeros, zeros, zeros, zeros, counts, counts)
    index = replace(ExactIndex.build(np.eye(2, dtype=np.float32), Metric.COSINE), recall=recall)
    return Models(Vocabulary("ab"), popularity, END, content_index=index)


def test_what_the_indexes_find_stands_in_the_manifest(store: ArtifactStore) -> None:
    assert store.add(searched(0.9951), bare()).manifest.recalls == {"content_index": 0.9951}


def test_an_index_that_finds_too_little_is_refused_unless_less_is_asked_for(tmp_path: Path) -> None:
    version = ArtifactStore(tmp_path, least_recall=0.9).add(searched(0.98), bare()).version

    with pytest.raises(ArtifactError, match=r"content_index finds 0\.9800 of the 100 nearest items and 0\.99 is asked"):
        ArtifactStore(tmp_path).publish(version)
    ArtifactStore(tmp_path, least_recall=0.98).publish(version)


def test_a_crash_before_the_switch_leaves_the_old_one_in_service(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (add(store, name) for name in ("one", "two", "three"))
    store.publish(first.version)
    replace = Path.replace

    def crash(path: Path, target: Path) -> Path:
        if target.name == "current":
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            store.publish(second.version)

    assert store.history() == [first.version]
    store.publish(third.version)
    assert store.history() == [first.version, third.version]


def test_a_crash_while_writing_leaves_nothing_behind(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError("disk full")))

    with pytest.raises(OSError, match="disk full"):
        add(store)

    assert not store.versions()
    assert not [*store.folder.iterdir()]


def test_what_a_killed_writer_left_behind_goes_after_a_day(store: ArtifactStore) -> None:
    store.publish(add(store).version)
    old, fresh = store.folder / ".old", store.folder / ".fresh"
    old.mkdir()
    fresh.mkdir()
    os.utime(old, (0, 0))

    store.prune(1)

    assert fresh.exists()
    assert not old.exists()
