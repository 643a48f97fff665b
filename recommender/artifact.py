"""Artifacts: one immutable folder holds the fitted models of a shop and a manifest that vouches for every file.

A version's name ends in a digest of its manifest, and the manifest holds the digest of every file: whatever is cut
off or altered is noticed, and equal data, configuration and seed give an equal name.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from recommender.disk import ABANDONED_SECONDS, link, replace, sync
from recommender.errors import ArtifactError, NewerFormatError
from recommender.models.models import Models
from recommender.sealing import LEAST_RECALL, File, compare, sealed
from recommender.strategy import State, Strategy
from recommender.workspace import ShopFolder

FORMAT_VERSION: Final = 5
OLDEST_FORMAT: Final = 5
"""The oldest that is read. Whoever raises the format goes on reading the one before it: during an update processes of
two versions serve the same shop, and the new ones have nothing else until somebody trains."""
MANIFEST = "manifest.json"
COMPARED_AT_ONCE = 2**28
"""Bytes of an artifact of which every content is compared whenever it is opened: that takes a fraction of a second."""


class Readiness(BaseModel, extra="forbid", frozen=True):
    """Whether a strategy can be relied on, and why."""

    state: State
    reason: str


class Manifest(BaseModel, extra="forbid", frozen=True):
    """What an artifact says of itself."""

    format_version: int = FORMAT_VERSION
    version: str = ""
    shop: str
    data_start: datetime | None
    """Of the first event learned from; None: the log was empty."""
    data_end: datetime
    """Of the last one; what ages and decay count from."""
    fingerprint: str
    """Of the log and the catalogue learned from."""
    configuration: dict[str, Any]
    metrics: dict[str, Any]
    """Of the time-split evaluation."""
    counts: dict[str, int]
    """Items, people, interactions, orders, and what cleaning left out."""
    strategies: dict[Strategy, Readiness]
    recalls: dict[str, float] = {}
    """What each index finds of the 100 nearest items, beside the exact index; measured when it was built."""
    files: dict[str, File] = {}

    def sealed(self, files: Mapping[str, File]) -> Self:
        """The manifest of these files, under the version name that vouches for it."""
        bare = self.model_copy(update={"files": dict(sorted(files.items())), "version": ""})
        return bare.model_copy(update={"version": f"{self.data_end:%Y%m%d}-{bare.digest()}"})

    def digest(self) -> str:
        """Eight characters that change with anything in the manifest but its name."""
        text = json.dumps(self.model_dump(mode="json", exclude={"version"}), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def document(self) -> str:
        """The manifest as it is saved."""
        return json.dumps(self.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@dataclass(frozen=True, eq=False)
class Artifact:
    """An opened artifact."""

    path: Path
    manifest: Manifest
    models: Models
    compared: bool = True
    """Whether the contents of all files were compared with the manifest, or of large ones only the sizes."""

    @property
    def version(self) -> str:
        """Name of the artifact."""
        return self.manifest.version


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of the artifact in `path`; the other files are not looked at.

    Raises:
        ArtifactError: it is missing, altered, or of another format.
    """
    file = path / MANIFEST
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from None
    return parse_manifest(content, str(file))


def parse_manifest(content: bytes, file: str) -> Manifest:
    """Read a manifest that was found in a `file` of this name; see :func:`read_manifest`."""
    try:
        document = json.loads(content)
        found = document.get("format_version") if isinstance(document, dict) else None
        _refuse_format(found, file)
        manifest = Manifest.model_validate(document)
    except (ValueError, ValidationError) as error:
        raise ArtifactError(f"{file} cannot be read: {str(error).splitlines()[0]}") from None
    if not manifest.version.endswith(f"-{manifest.digest()}"):
        raise ArtifactError(f"{file} has been altered: it does not match its version {manifest.version!r}")
    return manifest


def _refuse_format(found: object, file: str) -> None:
    read = " and ".join(str(one) for one in range(OLDEST_FORMAT, FORMAT_VERSION + 1))
    if isinstance(found, int) and found > FORMAT_VERSION:
        raise NewerFormatError(f"{file}: format version {found} is of a newer Vitrine; this one reads {read}")
    if not isinstance(found, int) or found < OLDEST_FORMAT:
        known = f"this Vitrine reads {read}: train again with `vitrine train`"
        raise ArtifactError(f"{file}: format version {found!r} is unknown; {known}")


def verify(path: Path, manifest: Manifest) -> None:
    """Compare every file with what the manifest says of it.

    Raises:
        ArtifactError: a file is missing, cut off or altered; it is named.
    """
    compare(path, manifest.files)


def open_artifact(path: Path, *, least_recall: float = LEAST_RECALL, whole: bool = True) -> Artifact:
    """Open the artifact in `path` by memory map, after verifying its files.

    Args:
        path: its folder.
        least_recall: what its indexes must find of the 100 nearest items.
        whole: whether everything is verified; if not, of a large artifact only the sizes of the large files, and
            :func:`verify` is left to whoever asked.

    Raises:
        ArtifactError: it is damaged, incomplete or of an unknown format, or an index finds too little; the file or the
            index is named.
    """
    manifest = read_manifest(path)
    whole = whole or sum(file.bytes for file in manifest.files.values()) <= COMPARED_AT_ONCE
    compare(path, manifest.files, whole=whole)
    for name, recall in manifest.recalls.items():
        if recall < least_recall:
            raise ArtifactError(
                f"{path / name} finds {recall:.4f} of the 100 nearest items and {least_recall} is asked for; train"
                " again, or lower VITRINE_LEAST_RECALL"
            )
    return Artifact(path, manifest, Models.load(path), whole)


class ArtifactStore:
    """The artifacts of one shop, which of them is in service, and which were before.

    Whoever writes holds the shop's `artifacts_lock`.

    Args:
        folder: where they lie.
        least_recall: what the indexes of an artifact must find of the 100 nearest items for it to be opened.
    """

    def __init__(self, folder: Path, least_recall: float = LEAST_RECALL) -> None:
        self.folder = folder
        self.least_recall = least_recall
        self._current = folder / "current"
        self._told: tuple[tuple[int, int], str | None] = ((0, 0), None)
        """Which file the version in service was read from, by its place and time, and the version."""

    def versions(self) -> list[str]:
        """All versions that are there, by name: oldest data first."""
        found = self.folder.glob(f"*/{MANIFEST}")
        return sorted(file.parent.name for file in found if not file.parent.name.startswith("."))

    def here(self) -> list[str]:
        """Versions that can be opened without asking anybody else."""
        return self.versions()

    def path(self, version: str) -> Path:
        """Where a version lies.

        Raises:
            ArtifactError: there is none of that name.
        """
        known = self.versions()
        if version not in known:
            listed = ", ".join(known[-10:]) or "none"
            raise ArtifactError(f"there is no model {version!r}; there are: {listed}")
        return self.folder / version

    def manifest(self, version: str) -> Manifest:
        """What a version says of itself; see :func:`read_manifest`."""
        return read_manifest(self.path(version))

    def trained_at(self, version: str) -> datetime:
        """When a version was written."""
        return datetime.fromtimestamp((self.path(version) / MANIFEST).stat().st_mtime, UTC)

    def open(self, version: str, *, whole: bool = True) -> Artifact:
        """Open a version; see :func:`open_artifact`."""
        artifact = open_artifact(self.path(version), least_recall=self.least_recall, whole=whole)
        if artifact.version != version:
            raise ArtifactError(f"{artifact.path / MANIFEST} is of {artifact.version}, not of {version}")
        return artifact

    def add(self, models: Models, manifest: Manifest, files: Mapping[str, bytes] | None = None) -> Artifact:
        """Write an artifact; it is there whole or not at all, and not in service yet.

        Args:
            models: what was fitted.
            manifest: everything but the version and the files, which are filled in.
            files: further files to keep with the models, by name.
        """
        workplace = self.folder / f".{uuid4().hex}"
        try:
            models.save(workplace)
            for name, content in (files or {}).items():
                (workplace / name).write_bytes(content)
            named = manifest.model_copy(update={"recalls": models.recalls}).sealed(sealed(workplace))
            (workplace / MANIFEST).write_text(named.document(), "utf-8")
            self._keep(workplace, named.version)
        finally:
            shutil.rmtree(workplace, ignore_errors=True)
        return self.open(named.version)

    def current(self) -> str | None:
        """The version in service, or None before the first was published.

        Asked twice a second for each of thousands of shops. The file is replaced as a whole, so only another is read.
        """
        try:
            there = self._current.stat()
            file = there.st_ino, there.st_mtime_ns
            if file != self._told[0]:
                self._told = file, self._current.read_text("utf-8").strip() or None
        except FileNotFoundError:
            return None
        return self._told[1]

    def history(self) -> list[str]:
        """Versions that were put in service, the one in service last; rolled back ones are gone from it."""
        try:
            versions = [str(line) for line in (self.folder / "history").read_text("utf-8").split()]
        except FileNotFoundError:
            versions = []
        current = self.current()
        if current is None:
            return []
        # The history is written before the switch: after a crash in between it is one version ahead or behind.
        if current not in versions:
            return [*versions, current]
        return versions[: len(versions) - versions[::-1].index(current)]

    def publish(self, version: str) -> Artifact:
        """Verify a version and put it in service.

        Raises:
            ArtifactError: it is not there or damaged; the one in service stays.
        """
        artifact = self.open(version)
        while (history := self.history())[-1:] != [version] and not self._switch(history, [*history, version]):
            pass  # somebody else switched meanwhile: this version comes after theirs
        return artifact

    def rollback(self) -> Artifact:
        """Put back the version that was in service before.

        Raises:
            ArtifactError: there was none, or it is damaged; the one in service stays.
        """
        while True:
            history = self.history()
            if len(history) < 2:
                raise ArtifactError("there is no earlier model to roll back to")
            artifact = self.open(history[-2])
            if self._switch(history, history[:-1]):
                return artifact

    def adopt(self, local: "ArtifactStore") -> list[str]:  # noqa: ARG002 - these are a folder's own already
        """Take in the artifacts that lie in this host's folder, where others are kept elsewhere.

        Returns:
            The versions that were taken in.

        Raises:
            ArtifactError: one of them is damaged; none is deleted.
        """
        return []

    def prune(self, keep: int) -> list[str]:
        """Delete all but the `keep` newest versions; the one in service and the one before it stay."""
        safe = {*self.history()[-2:], *sorted(self.versions(), key=self._age)[-keep:]}
        dropped = [version for version in self.versions() if version not in safe and self.drop(version)]
        self._sweep()
        return dropped

    def drop(self, version: str) -> bool:
        """Delete a version unless it is in service; whether it is gone."""
        if version == self.current():
            return False
        shutil.rmtree(self.path(version))
        return True

    def rewrite(self, version: str, models: Models, changed: Sequence[str]) -> str:
        """Put a version with other models in the place of one that then is gone; returns its name.

        Files of models that did not change are the same files under two names, until the old ones are gone. Of an
        artifact of an older format all models are written: beside those of this one they would be read as if they were.

        Args:
            version: the one to be replaced, wherever it is in service or could be rolled back to.
            models: what it shall hold.
            changed: names of the models that differ.
        """
        old, manifest = self.path(version), read_manifest(self.path(version))
        if manifest.format_version < FORMAT_VERSION:
            changed = models.names
            manifest = manifest.model_copy(update={"format_version": FORMAT_VERSION})
        workplace = self.folder / f".{uuid4().hex}"
        try:
            shutil.copytree(old, workplace, copy_function=link, ignore=_but_for(old, {MANIFEST, *changed}))
            for name in changed:
                getattr(models, name).save(workplace / name)
            fresh = {name: file for name, file in manifest.files.items() if name.partition("/")[0] not in changed}
            for name in changed:
                fresh |= {f"{name}/{file}": seal for file, seal in sealed(workplace / name).items()}
            named = manifest.sealed(fresh)
            (workplace / MANIFEST).write_text(named.document(), "utf-8")
            shutil.copystat(old / MANIFEST, workplace / MANIFEST)  # it is as old as it was: see `prune`
            self._keep(workplace, named.version)
        finally:
            shutil.rmtree(workplace, ignore_errors=True)
        if named.version != version:
            self._replace(version, named.version)
        return named.version

    def _replace(self, old: str, new: str) -> None:
        while True:
            history = self.history()
            replaced = [new if one == old else one for one in history]
            if (replaced == history or self._switch(history, replaced)) and self.drop(old):
                return

    def _sweep(self) -> None:
        """Delete what writers that were killed left behind, once it is too old to be anybody's work."""
        for leftover in self.folder.glob(".*"):
            if time.time() - leftover.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()

    def _age(self, version: str) -> tuple[datetime, str]:
        return self.trained_at(version), version

    def _switch(self, _before: list[str], after: list[str]) -> bool:
        """Make `after` the history in place of the one that was read; False if that is not the history any more."""
        replace(self.folder / "history", "".join(f"{version}\n" for version in after).encode())
        replace(self.folder / "current", f"{after[-1]}\n".encode())
        return True

    def _keep(self, workplace: Path, version: str) -> None:
        """Give the files in `workplace` their name: from then on the version is there, and whole."""
        place = self.folder / version
        for file in workplace.rglob("*"):
            sync(file)
        if place.exists():
            # The same content lies there, unless somebody damaged it: the fresh one takes its place.
            old = place.rename(self.folder / f".{uuid4().hex}")
            workplace.rename(place)
            shutil.rmtree(old)
        else:
            workplace.rename(place)
        sync(self.folder)


def artifacts(folder: ShopFolder, least_recall: float = LEAST_RECALL) -> ArtifactStore:
    """A shop's artifacts: in the store that its folder names, or in the folder itself.

    Args:
        folder: the shop's files.
        least_recall: what the indexes of an artifact must find of the 100 nearest items for it to be opened.

    Raises:
        ConfigurationError: the store's URL cannot be used, or the library that speaks to stores is not installed.
    """
    if folder.store is None:
        return ArtifactStore(folder.artifacts, least_recall)
    from recommender.shared import SharedStore  # an extra brings what it needs

    return SharedStore.of(folder, least_recall)


def _but_for(folder: Path, names: Collection[str]) -> Callable[[str, list[str]], list[str]]:
    """What `shutil.copytree` leaves out: these names, at the top only."""
    return lambda at, found: [name for name in found if name in names] if Path(at) == folder else []
