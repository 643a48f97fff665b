"""The log in an object store, of which hosts have copies.

Files lie there as in the log, `day=YYYY-MM-DD/*.parquet`, so any tool reads them by URL. Which of them count, and what
they are, says the register beside them; it is replaced by conditional writes, after new files have come and before old
ones go. Who changes the log writes a number of their own into it first, from which moment on those before them cannot
publish any more, however long they believe that it is their turn.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, Self
from uuid import uuid4

import pyarrow.parquet as pq
from pydantic import BaseModel, StringConstraints

from recommender.disk import make_folder, replace, sync
from recommender.errors import ArtifactError, BusyError, ConflictError
from recommender.events import files, merging
from recommender.events.event_ids import COLUMNS, REMEMBERED, EventIds
from recommender.events.locking import FileLock, held
from recommender.objects import AT_ONCE, Objects, Tag
from recommender.register import read
from recommender.sealing import File, compare, sealed_file
from recommender.workspace import ShopFolder

REGISTER: Final = "register.json"
TRIES = 5
"""How often a reader begins anew because the files that it fetches are replaced meanwhile."""
Name = Annotated[str, StringConstraints(pattern=r"^day=\d{4}-\d\d-\d\d/[\w-]+\.parquet$")]


class Changed(NamedTuple):
    """What became of files, here or there."""

    added: int = 0
    removed: int = 0


class Stored(BaseModel, extra="forbid", frozen=True):
    """A file of the log in the store."""

    object: str
    file: File
    modified: int
    """When it was written on the host that made it, in nanoseconds: a file of the same name may get other rows."""


class Register(BaseModel, extra="forbid", frozen=True):
    """The log, as of one moment."""

    format_version: Literal[2] = 2
    fence: int = 0
    """How many have begun to change the log."""
    writer: str = ""
    """The mark of who began last, and alone may publish."""
    files: Mapping[Name, Stored] = {}
    """By their paths below the log."""

    def claimed(self, mark: str) -> Self:
        """As whoever begins to change the log writes it first."""
        return self.model_copy(update={"fence": self.fence + 1, "writer": mark})

    def holding(self, found: Mapping[str, Stored]) -> Self:
        """With these files."""
        return self.model_copy(update={"files": found})

    def document(self) -> bytes:
        """As it is saved."""
        return self.model_dump_json().encode()


class Claim(NamedTuple):
    """The register as somebody found it who may change it, until somebody else begins."""

    register: Register
    tag: Tag | None


@dataclass(frozen=True)
class StoredLog:
    """The log of one shop in the store, and the copy of it here.

    Raises:
        StoreError: the store cannot be reached; from every method.
    """

    folder: ShopFolder
    objects: Objects

    @classmethod
    def of(cls, folder: ShopFolder) -> Self:
        """The log of a shop in the store that its folder names."""
        return cls(folder, Objects.open(str(folder.store)).below(f"shops/{folder.path.name}/log"))

    def register(self) -> Register:
        """What is in the store now."""
        return self._read().register

    def claim(self) -> Claim:
        """Begin to change the log; whoever began before can publish no more."""
        mark = uuid4().hex
        while True:
            before = self._read()
            self.objects.replace(REGISTER, before.register.claimed(mark).document(), before.tag)
            after = self._read()  # also where the answer was lost
            if after.register.writer == mark:
                return after

    def publish(self, claim: Claim) -> Changed:
        """Make the log in the store what the copy here has become.

        Raises:
            ConflictError: somebody else has begun since; nothing was changed there.
        """
        before, there = claim.register, {self._name(path): path for path in files.log_files(self.folder.log)}
        kept = {name: one for name, one in before.files.items() if name in there and _is_same(there[name], one)}
        fresh = [name for name in there if name not in kept]
        if not fresh and len(kept) == len(before.files):
            self._note(before)
            return Changed()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            added = [*pool.map(lambda name: self._upload(name, there[name]), fresh)]
        after = before.holding({**kept, **dict(zip(fresh, added, strict=True))})
        if not self.objects.replace(REGISTER, after.document(), claim.tag) and self.register() != after:
            raise ConflictError(f"somebody else writes to the log in {self.objects.url}; what was done here is undone")
        self._note(after)
        named = {one.object for one in after.files.values()}
        gone = {one.object for one in before.files.values()} - named
        self.objects.delete(gone)
        if gone:  # not each time: all objects are looked at
            self.objects.sweep(named)
        return Changed(len(fresh), len(gone))

    def bring_up(self, register: Register, now: datetime, *, alone: bool) -> Changed:
        """Make the log here a copy of the one in the store. Only for the holder of the log's lock.

        Args:
            register: what is in the store.
            now: decides which events have ids that are still remembered.
            alone: nobody reads the log here: the caller holds the readers' lock, too.

        Raises:
            BusyError: somebody reads files that were replaced.
            ConflictError: this home has a log of its own, from before there was a store.
            ArtifactError: a file did not come as it was sent.
            FileNotFoundError: a file was replaced in the store meanwhile.
        """
        here = {self._name(path) for path in self.folder.log.glob("*/*.parquet")}
        noted = self.noted()
        if noted is None:
            if own := here - register.files.keys():
                raise ConflictError(f"{self.folder.log} has {len(own)} files of its own; `vitrine compact` adds them")
            self._note(noted := Register())  # from now on what is here is a copy, whoever is killed
        fresh = [name for name, one in register.files.items() if not _is_same(self.folder.log / name, one)]
        gone = here - register.files.keys()
        if gone - noted.files.keys():
            self.forget_ids()  # events were undone that it knows
        with ExitStack() as stack:
            if not alone and (gone or here.intersection(fresh)):
                _without_readers(stack, self.folder)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                [*pool.map(lambda name: self._download(name, register.files[name]), fresh)]
            for name in gone:
                (self.folder.log / name).unlink()
        if noted != register:
            self._remember([name for name, one in register.files.items() if noted.files.get(name) != one], now)
            self._note(register)
        return Changed(len(fresh), len(gone))

    def noted(self) -> Register | None:
        """What the log here was last made a copy of; None: it is no copy."""
        note = self.folder.copied
        return read(Register, note.read_bytes()) if note.exists() else None

    def forget_ids(self) -> None:
        """Drop the index of ids; it is made again from the log."""
        for leftover in self.folder.path.glob(f"{self.folder.event_ids.name}*"):
            leftover.unlink()

    def _remember(self, names: Sequence[str], now: datetime) -> None:
        """Let the index of ids, if there is one, know what came since the note: also what did before a kill."""
        if self.folder.event_ids.exists():
            since = (now - REMEMBERED - timedelta(days=1)).date().isoformat()
            with closing(EventIds(self.folder.event_ids)) as ids:
                for name in names:
                    if name.removeprefix("day=") >= since:
                        ids.remember(pq.read_table(self.folder.log / name, columns=COLUMNS, partitioning=None))

    def _read(self) -> Claim:
        found = self.objects.read(REGISTER)
        return Claim(Register(), None) if found is None else Claim(read(Register, found.content), found.tag)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder.log).as_posix()

    def _note(self, register: Register) -> None:
        make_folder(self.folder.path)
        replace(self.folder.copied, register.document())

    def _upload(self, name: str, path: Path) -> Stored:
        there = f"{name.removesuffix('.parquet')}.{uuid4().hex[:8]}.parquet"
        modified, file = path.stat().st_mtime_ns, sealed_file(path)
        self.objects.upload(there, path)
        return Stored(object=there, file=file, modified=modified)

    def _download(self, name: str, one: Stored) -> None:
        passing = files.unfinished(self.folder.log) / uuid4().hex
        try:
            self.objects.download(one.object, passing)
            compare(passing.parent, {passing.name: one.file})
            target = self.folder.log / name
            make_folder(target.parent)
            os.utime(passing, ns=(one.modified, one.modified))
            sync(passing)
            passing.replace(target)
            sync(target.parent)
        finally:
            passing.unlink(missing_ok=True)


def bring_up(folder: ShopFolder, now: datetime) -> Changed:
    """Make the log here a copy of the one in the store, to read it; before there is one there it is what it is.

    Raises:
        ConflictError: this home has a log of its own, from before there was a store.
        ArtifactError: a file did not come as it was sent.
        StoreError: the store cannot be reached.
    """
    if not folder.copied.exists() and not StoredLog.of(folder).register().files:
        return Changed()  # nobody has published anything: what is here is all there is
    try:
        return _brought_up(folder, now, alone=False)
    except BusyError:  # the readers' lock comes first wherever it is waited for
        return _brought_up(folder, now, alone=True)


def _brought_up(folder: ShopFolder, now: datetime, *, alone: bool) -> Changed:
    log = StoredLog.of(folder)
    with held(folder.readers_lock) if alone else nullcontext(), held(folder.log_lock):
        merging.clean(folder.log)
        for _ in range(TRIES):
            with suppress(FileNotFoundError):
                return log.bring_up(log.register(), now, alone=alone)
    raise ArtifactError(f"files of the log are replaced in {log.objects.url} all the time; try again")


def _without_readers(stack: ExitStack, folder: ShopFolder) -> None:
    readers = FileLock(folder.readers_lock)
    if not readers.acquire(wait=False):
        raise BusyError(f"somebody reads the log of {folder.path.name!r}")
    stack.callback(readers.release)


def _is_same(path: Path, one: Stored) -> bool:
    if not path.exists():
        return False
    stat = path.stat()
    return (stat.st_size, stat.st_mtime_ns) == (one.file.bytes, one.modified)
