"""The file itself: a tar, compressed by Zstandard, that begins with what it is and ends with what vouches for it.

`header.json` comes first, so that another format is refused before anything is read; `manifest.json` comes last, since
files are written as they are read. `tar --zstd -tf` lists one.
"""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final
from uuid import uuid4

import pyarrow as pa
from pydantic import BaseModel, ValidationError

from recommender.disk import make_folder, sync
from recommender.errors import ArchiveError
from recommender.sealing import File

FORMAT_VERSION: Final = 1
HEADER = "header.json"
MANIFEST = "manifest.json"
PIECE = 2**20


class Header(BaseModel, extra="ignore", frozen=True):
    """What an archive says of itself."""

    format_version: int = FORMAT_VERSION
    shop: str
    made_at: datetime
    schema_version: int
    """Of the records that its rows come from."""


class Manifest(BaseModel, extra="forbid", frozen=True):
    """What every file of an archive must be."""

    files: dict[str, File]


class Packing:
    """An archive being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._files: dict[str, File] = {}

    def add(self, name: str, path: Path) -> None:
        """Put a file in, under a name with `/` between folders."""
        size = path.stat().st_size
        with path.open("rb") as opened:
            digested = _Digested(opened)
            self._tar.addfile(_member(name, size), digested)
        self._files[name] = File(bytes=size, sha256=digested.digest.hexdigest())

    def text(self, name: str, text: str) -> None:
        """Put a text in."""
        content = text.encode()
        self._tar.addfile(_member(name, len(content)), BytesIO(content))
        self._files[name] = File(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())

    def _seal(self) -> None:
        content = Manifest(files=self._files).model_dump_json(indent=1).encode()
        self._tar.addfile(_member(MANIFEST, len(content)), BytesIO(content))


@contextmanager
def packing(path: Path, header: Header) -> Iterator[Packing]:
    """Write an archive; it has its name once it is whole, and only its owner may read it: signing keys are in it."""
    make_folder(path.absolute().parent)
    passing = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(descriptor, "wb") as raw,
            pa.CompressedOutputStream(raw, "zstd") as stream,
            tarfile.open(fileobj=stream, mode="w|") as tar,
        ):
            packed = Packing(tar)
            packed.text(HEADER, header.model_dump_json())
            yield packed
            packed._seal()
        sync(passing)
        passing.replace(path)
        sync(path.absolute().parent)
    finally:
        passing.unlink(missing_ok=True)


def unpack(path: Path, folder: Path) -> Header:
    """Write the files of an archive below `folder`, and compare each with what it must be.

    Raises:
        ArchiveError: the archive is damaged, of a newer format, or holds names that lead out of the folder; the file
            is named.
    """
    at, found = HEADER, dict[str, File]()
    try:
        with (
            path.open("rb") as raw,
            pa.CompressedInputStream(raw, "zstd") as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            for member in tar:
                at = _checked(member, folder, path)
                found[at] = _write(tar.extractfile(member), folder / at)
                if at == HEADER:
                    _header(folder / HEADER, path)
    except (tarfile.TarError, EOFError, OSError, pa.ArrowException) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of this machine: no space, no permission
        raise ArchiveError(f"{path} is damaged at or after {at}: {error}") from None
    return _vouched(folder, path, found)


def _vouched(folder: Path, path: Path, found: dict[str, File]) -> Header:
    if MANIFEST not in found:
        raise ArchiveError(f"{path} is damaged: it is cut off, or no backup of Vitrine")
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except ValidationError:
        raise ArchiveError(f"{path} is damaged: {MANIFEST} cannot be read") from None
    del found[MANIFEST]
    for name in sorted({*found, *manifest.files}):
        if found.get(name) != manifest.files.get(name):
            raise ArchiveError(f"{path} is damaged: {name} is not what its manifest says")
    return _header(folder / HEADER, path)


def _header(file: Path, path: Path) -> Header:
    try:
        document: Any = json.loads(file.read_bytes())
        version = document["format_version"]
        if version != FORMAT_VERSION:
            known = f"this Vitrine reads {FORMAT_VERSION}"
            raise ArchiveError(f"{path} has format version {version!r}; {known}: restore it with a newer Vitrine")
        return Header.model_validate(document)
    except (ValueError, TypeError, KeyError):
        raise ArchiveError(f"{path} is damaged: {HEADER} cannot be read") from None


def _checked(member: tarfile.TarInfo, folder: Path, path: Path) -> str:
    """The member's name, where it is a file's that lies below the folder and is not there yet."""
    name, parts = member.name, PurePosixPath(member.name).parts
    outside = not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name
    if outside or not member.isreg() or PurePosixPath(name).as_posix() != name:
        raise ArchiveError(f"{path} is refused: {name!r} is no file of a backup")
    if (folder / name).exists():
        raise ArchiveError(f"{path} is refused: {name!r} is in it twice")
    if name != HEADER and not (folder / HEADER).exists():
        raise ArchiveError(f"{path} is no backup of Vitrine: it begins with {name!r}, not {HEADER!r}")
    return name


def _write(content: IO[bytes] | None, target: Path) -> File:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as written:
        while content is not None and (piece := content.read(PIECE)):
            written.write(piece)
            digest.update(piece)
            size += len(piece)
        written.flush()
        os.fsync(written.fileno())
    return File(bytes=size, sha256=digest.hexdigest())


class _Digested:
    """A file that is read once, and its digest."""

    def __init__(self, opened: IO[bytes]) -> None:
        self._opened = opened
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._opened.read(size)
        self.digest.update(piece)
        return piece


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member
