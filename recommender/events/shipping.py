"""The log in an object store: finished files of the home that collects them, for whoever trains elsewhere.

Files lie there as in the log, `day=YYYY-MM-DD/*.parquet`, so any tool reads them by URL. Which of them count, and what
they are, says the register beside them; it is replaced after new files have come and before old ones go.
"""

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple
from uuid import uuid4

from pydantic import BaseModel, StringConstraints

from recommender.disk import make_folder, replace, sync
from recommender.errors import ArtifactError, ConflictError
from recommender.events import files, merging
from recommender.events.locking import FileLock, held
from recommender.events.spooled import positions
from recommender.objects import AT_ONCE, Objects
from recommender.register import read
from recommender.sealing import File, compare, sealed_file
from recommender.workspace import ShopFolder

REGISTER: Final = "register.json"
Name = Annotated[str, StringConstraints(pattern=r"^day=\d{4}-\d\d-\d\d/[\w-]+\.parquet$")]


class Changed(NamedTuple):
    """What became of files, here or there."""

    added: int = 0
    removed: int = 0


class Shipped(BaseModel, extra="forbid", frozen=True):
    """A file of the log in the store."""

    object: str
    file: File
    modified: int
    """When it was written at its home, in nanoseconds: a file of the same name may get other rows."""


class Shipment(BaseModel, extra="forbid", frozen=True):
    """The log of one home, as of one moment."""

    format_version: Literal[1] = 1
    home: str
    """Whose log it is: two homes would take turns in deleting each other's files."""
    files: Mapping[Name, Shipped] = {}
    """By their paths below the log."""


def shipped(folder: ShopFolder) -> Objects:
    """Where a shop's log goes."""
    return Objects.open(str(folder.store)).below(f"shops/{folder.path.name}/log")


def ship(folder: ShopFolder) -> Changed:
    """Bring the store up to the log; nothing while another process of this home is at it.

    Raises:
        ConflictError: the store has the log of another home.
        StoreError: the store cannot be reached.
    """
    lock = FileLock(folder.path / "shipping.lock")
    if not lock.acquire(wait=False):
        return Changed()
    try:
        with held(folder.readers_lock, shared=True):  # files are not merged meanwhile, and nobody is erased
            return _ship(folder, shipped(folder))
    finally:
        lock.release()


def _ship(folder: ShopFolder, objects: Objects) -> Changed:
    home, found = _home(folder), objects.read(REGISTER)
    before = Shipment(home=home) if found is None else read(Shipment, found.content)
    if before.home != home:
        raise ConflictError(f"{objects.url} has the log of another home of {folder.path.name!r}")
    there = {path.relative_to(folder.log).as_posix(): path for path in files.log_files(folder.log)}
    kept = {name: one for name, one in before.files.items() if name in there and _is_same(there[name], one)}
    fresh = [name for name in there if name not in kept]
    if not fresh and len(kept) == len(before.files):
        return Changed()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        added = [*pool.map(lambda name: _upload(objects, name, there[name]), fresh)]
    after = Shipment(home=home, files={**kept, **dict(zip(fresh, added, strict=True))})
    if not objects.replace(REGISTER, after.model_dump_json().encode(), found.tag if found else None):
        raise ConflictError(f"somebody else writes to the log in {objects.url}")
    gone = {one.object for one in before.files.values()} - {one.object for one in after.files.values()}
    objects.delete(gone)
    objects.sweep({one.object for one in after.files.values()})
    return Changed(len(fresh), len(gone))


def pull(folder: ShopFolder) -> Changed:
    """Make the log here a copy of the one in the store, to train from.

    Raises:
        ConflictError: this home has events of its own.
        ArtifactError: there is no log in the store, or a file did not come as it was sent.
        StoreError: the store cannot be reached.
    """
    objects = shipped(folder)
    found = objects.read(REGISTER)
    if found is None:
        raise ArtifactError(f"{objects.url} has no log of {folder.path.name!r}")
    shipment, note = read(Shipment, found.content), folder.path / "pulled.json"
    before = read(Shipment, note.read_bytes()) if note.exists() else Shipment(home=shipment.home)
    with held(folder.readers_lock), held(folder.log_lock):
        merging.clean(folder.log)
        _refuse_own(folder, {*before.files, *shipment.files} if note.exists() else ())
        _write(note, Shipment(home=shipment.home, files={**before.files, **shipment.files}))
        fresh = [name for name, one in shipment.files.items() if not _is_same(folder.log / name, one)]
        for name in fresh:
            _download(folder, objects, name, shipment.files[name])
        gone = [name for name in _names(folder) if name not in shipment.files]
        for name in gone:
            (folder.log / name).unlink()
        for leftover in folder.path.glob(f"{folder.event_ids.name}*"):
            leftover.unlink()  # of what was here before; it is made again from this log
        _write(note, shipment)
    return Changed(len(fresh), len(gone))


def _refuse_own(folder: ShopFolder, known: Iterable[str]) -> None:
    own = set(_names(folder)) - set(known)
    if own or any(count for _, count, _ in positions(folder)):
        raise ConflictError(f"{folder.path} has events of its own; take a copy of the log to an empty home")


def _names(folder: ShopFolder) -> list[str]:
    return [path.relative_to(folder.log).as_posix() for path in folder.log.glob("*/*.parquet")]


def _is_same(path: Path, one: Shipped) -> bool:
    if not path.exists():
        return False
    stat = path.stat()
    return (stat.st_size, stat.st_mtime_ns) == (one.file.bytes, one.modified)


def _upload(objects: Objects, name: str, path: Path) -> Shipped:
    there = f"{name.removesuffix('.parquet')}.{uuid4().hex[:8]}.parquet"
    modified, file = path.stat().st_mtime_ns, sealed_file(path)
    objects.upload(there, path)
    return Shipped(object=there, file=file, modified=modified)


def _download(folder: ShopFolder, objects: Objects, name: str, one: Shipped) -> None:
    passing = files.unfinished(folder.log) / uuid4().hex
    try:
        objects.download(one.object, passing)
        compare(passing.parent, {passing.name: one.file})
        target = folder.log / name
        make_folder(target.parent)
        os.utime(passing, ns=(one.modified, one.modified))
        sync(passing)
        passing.replace(target)
        sync(target.parent)
    except FileNotFoundError:
        raise ArtifactError(f"{name} was replaced in {objects.url} meanwhile; try again") from None
    finally:
        passing.unlink(missing_ok=True)


def _home(folder: ShopFolder) -> str:
    """The name of this home's log; it never leaves the home, so a backup that was put back elsewhere is another one."""
    note = folder.path / "log_home"
    if not note.exists():
        make_folder(folder.path)
        replace(note, uuid4().hex.encode())
    return note.read_text("utf-8")


def _write(note: Path, shipment: Shipment) -> None:
    replace(note, shipment.model_dump_json().encode())
