"""Artifacts in an object store that all hosts share; each host has its own copy of those it serves.

A version is uploaded first and named by the register afterwards, by a conditional write: it is there for everybody or
for nobody, and of two writers who meet the second sees what the first did. Readers fetch a version beside the models
in service, compare every file with the manifest, and only then give it its name.
"""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final, Self
from uuid import uuid4

from recommender.artifact import (
    MANIFEST,
    Artifact,
    ArtifactStore,
    Manifest,
    parse_manifest,
    read_manifest,
    verify,
)
from recommender.errors import ArtifactError, NewerFormatError
from recommender.events.locking import held
from recommender.objects import AT_ONCE, Objects, Tag
from recommender.register import Entry, Register, read
from recommender.sealing import LEAST_RECALL
from recommender.workspace import ShopFolder

REGISTER: Final = "register.json"
UNNAMED_SECONDS = 3600.0
"""How long a host keeps its copy of a version that the register does not name: somebody may just be adding it."""

Change = Callable[[Register], Register | None]
"""What the register shall be; None: not from this one on."""


class SharedStore(ArtifactStore):
    """The artifacts of one shop in an object store.

    Args:
        folder: this host's copies.
        objects: where the artifacts are.
        least_recall: what the indexes of an artifact must find of the 100 nearest items for it to be opened.

    Raises:
        StoreError: the store cannot be reached; from every method but those that find what they need here.
    """

    def __init__(self, folder: Path, objects: Objects, least_recall: float = LEAST_RECALL) -> None:
        super().__init__(folder, least_recall)
        self.objects = objects

    @classmethod
    def of(cls, folder: ShopFolder, least_recall: float = LEAST_RECALL) -> Self:
        """The artifacts of the shop in `folder`, in the store that it names.

        Raises:
            ConfigurationError: the store's URL cannot be used.
        """
        objects = Objects.open(str(folder.store)).below(f"shops/{folder.path.name}/artifacts")
        return cls(folder.copies, objects, least_recall)

    def versions(self) -> list[str]:
        """All versions that the register names: oldest data first."""
        return sorted(self.register().versions)

    def here(self) -> list[str]:
        """Versions of which this host has a whole copy."""
        return super().versions()

    def path(self, version: str) -> Path:
        """This host's copy of a version, fetched unless it is here.

        Raises:
            ArtifactError: there is none of that name, or what was fetched is damaged.
        """
        if version not in self.here():
            self._fetch(version, self.register().entry(version))
        return self.folder / version

    def manifest(self, version: str) -> Manifest:
        """What a version says of itself; its other files are not fetched for that."""
        if version in self.here():
            return read_manifest(self.folder / version)
        name = f"{self.register().entry(version).place}/{MANIFEST}"
        found = self.objects.read(name)
        if found is None:
            raise ArtifactError(f"{self.objects.url}: {name} of {version} is missing")
        return parse_manifest(found.content, f"{self.objects.url}: {name}")

    def trained_at(self, version: str) -> datetime:
        """When a version was written."""
        return self.register().entry(version).trained_at

    def open(self, version: str, *, whole: bool = True) -> Artifact:
        """Open this host's copy of a version; one that was damaged is fetched again."""
        try:
            return super().open(version, whole=whole)
        except NewerFormatError:  # it is whole, and serves others on this host
            raise
        except ArtifactError:
            if version not in self.here() or self._is_whole(version):
                raise
        self._put_away(version)
        return super().open(version, whole=whole)

    def current(self) -> str | None:
        """The version in service everywhere, or None before the first was published."""
        return self.register().current

    def history(self) -> list[str]:
        """Versions that were put in service, the one in service last; rolled back ones are gone from it."""
        return list(self.register().history)

    def drop(self, version: str) -> bool:
        """Delete a version unless it is in service; whether it is gone."""
        gone: list[str] = []

        def change(register: Register) -> Register | None:
            gone[:] = [register.versions[version].place] if version in register.versions else []
            return None if version == register.current else register.lacking(version)

        if not self._revise(change):
            return False
        self._put_away(version)
        for place in gone:
            self.objects.delete([one.name for one in self.objects.list(place)])
        return True

    def register(self) -> Register:
        """What is in the store now; copies of what is not there any more go."""
        register, _ = self._read()
        for version in set(self.here()) - register.versions.keys():
            if time.time() - (self.folder / version).stat().st_mtime > UNNAMED_SECONDS:
                self._put_away(version)
        return register

    def adopt(self, local: ArtifactStore) -> list[str]:
        """Take in a folder's artifacts; then it is gone, and its one in service is in service here, if none was."""
        taken, history = local.versions(), local.history()
        for version in taken:
            verify(local.folder / version, local.manifest(version))
            self._upload(local.folder / version, version)
        history = [version for version in history if version in taken]
        if history:
            self._switch([], history)
        shutil.rmtree(local.folder, ignore_errors=True)
        return taken

    def _read(self) -> tuple[Register, Tag | None]:
        found = self.objects.read(REGISTER)
        return (Register(), None) if found is None else (read(Register, found.content), found.tag)

    def _revise(self, change: Change) -> bool:
        """Replace the register by what `change` makes of it, whoever else does meanwhile; False if that was None."""
        while True:
            register, tag = self._read()
            changed = change(register)
            if changed is None or changed == register:
                return changed is not None
            marked, mark = changed.marked()
            if self.objects.replace(REGISTER, marked.document(), tag) or mark in self._read()[0].changes:
                return True

    def _switch(self, before: list[str], after: list[str]) -> bool:
        return self._revise(lambda register: register.switched(after) if list(register.history) == before else None)

    def _keep(self, workplace: Path, version: str) -> None:
        self._upload(workplace, version)
        super()._keep(workplace, version)

    def _upload(self, folder: Path, version: str) -> None:
        entry = Entry(place=f"{version}.{uuid4().hex[:8]}", trained_at=_written_at(folder))
        before = self._read()[0].versions.get(version)
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        names = [f"{entry.place}/{file.relative_to(folder).as_posix()}" for file in files]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            [*pool.map(self.objects.upload, names, files)]
        self._revise(lambda register: register.having(version, entry))
        if before is not None:
            self.objects.delete([one.name for one in self.objects.list(before.place)])

    def _fetch(self, version: str, entry: Entry) -> None:
        with held(self.folder / "fetching.lock"):
            if version in self.here():
                return
            workplace = self.folder / f".{uuid4().hex}"
            try:
                self._download(workplace, entry)
                super()._keep(workplace, version)
            except FileNotFoundError as error:
                raise ArtifactError(f"{version} is not whole in {self.objects.url}: {error}") from None
            except NewerFormatError:
                raise
            except ArtifactError as error:
                raise ArtifactError(f"{version} as it came from {self.objects.url}: {error}") from None
            finally:
                shutil.rmtree(workplace, ignore_errors=True)

    def _download(self, workplace: Path, entry: Entry) -> None:
        self.objects.download(f"{entry.place}/{MANIFEST}", workplace / MANIFEST)
        manifest = read_manifest(workplace)
        files = [_below(workplace, name) for name in manifest.files]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            [*pool.map(self.objects.download, [f"{entry.place}/{name}" for name in manifest.files], files)]
        verify(workplace, manifest)
        seconds = entry.trained_at.timestamp()
        os.utime(workplace / MANIFEST, (seconds, seconds))

    def _is_whole(self, version: str) -> bool:
        try:
            verify(self.folder / version, read_manifest(self.folder / version))
        except ArtifactError:
            return False
        return True

    def _put_away(self, version: str) -> None:
        shutil.rmtree(self.folder / version, ignore_errors=True)

    def _sweep(self) -> None:
        super()._sweep()
        self.objects.sweep({entry.place for entry in self.register().versions.values()})


def _written_at(folder: Path) -> datetime:
    return datetime.fromtimestamp((folder / MANIFEST).stat().st_mtime, UTC)


def _below(folder: Path, name: str) -> Path:
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise ArtifactError(f"{name!r} is no file of an artifact")
    return folder / name
