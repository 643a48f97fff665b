"""A file to import: compressed or not, in any encoding, read piece by piece as UTF-8."""

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from recommender.errors import ImportingError

PIECE = 4 << 20
"""Bytes read at a time; bounds memory together with LONGEST_LINE."""

LONGEST_LINE = 32 << 20
"""A longer line is a sign that this is no text file."""

UNPACKED_FREELY = 64 << 20
MOST_UNPACKED = 100
"""Bytes that a byte of a compressed file may become, once there are more than UNPACKED_FREELY; logs become 5 to 40."""

GZIP = b"\x1f\x8b"
FOREIGN = {b"PK\x03\x04": "a zip or Excel file; save it as CSV", b"BZh": "bzip2; use gzip or no compression"}
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def _ignore(_: int) -> None:
    """Take a progress report and do nothing with it."""


@dataclass(frozen=True)
class Source:
    """One file that somebody wants to import."""

    path: Path
    encoding: str | None = None
    """None: UTF-8, or what the byte order mark says."""
    report: Callable[[int], None] = field(default=_ignore, compare=False)
    """Told how many bytes of the file, as stored, have been read so far."""

    def __post_init__(self) -> None:
        if not self.path.is_file():
            raise ImportingError(f"{self.path}: there is no such file")
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError:
                raise ImportingError(f"encoding: {self.encoding!r} is not known; use utf-8, cp1252…") from None

    @property
    def name(self) -> str:
        """What messages call the file."""
        return self.path.name

    def size(self) -> int:
        """Bytes as stored."""
        return self.path.stat().st_size

    def fingerprint(self, *options: object) -> str:
        """Digest of the stored bytes and of the options they are read with."""
        with self.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
        digest.update(repr((self.encoding, *options)).encode())
        return digest.hexdigest()

    def head(self) -> bytes:
        """The beginning of the file as UTF-8, at most one piece."""
        return next(self.pieces(), b"")

    def begins_with(self, magic: bytes) -> bool:
        """Whether the stored file begins so."""
        with self.path.open("rb") as stream:
            return stream.read(len(magic)) == magic

    def raw(self) -> Iterator[bytes]:
        """The bytes without compression, in pieces.

        Raises:
            ImportingError: a damaged or truncated gzip file, one that is nearly all air, or a kind of file that cannot
            be read.
        """
        with self.path.open("rb") as stored:
            magic = stored.read(4)
            stored.seek(0)
            for mark, what in FOREIGN.items():
                if magic.startswith(mark):
                    raise ImportingError(f"{self.name} is {what}")
            opened = gzip.GzipFile(fileobj=stored) if magic.startswith(GZIP) else stored
            yield from self._read(opened, stored)

    def _read(self, opened: "IO[bytes] | gzip.GzipFile", stored: IO[bytes]) -> Iterator[bytes]:
        unpacked = 0
        while True:
            try:
                piece = opened.read(PIECE)
            except (EOFError, OSError, zlib.error) as error:
                raise ImportingError(f"{self.name}: the file is damaged or cut short ({error})") from None
            self.report(stored.tell())
            if not piece:
                return
            unpacked += len(piece)
            if unpacked > max(UNPACKED_FREELY, MOST_UNPACKED * stored.tell()):
                reason = f"more than {MOST_UNPACKED} bytes come out of each of its bytes"
                raise ImportingError(f"{self.name}: {reason}; unpack it yourself if that is right")
            yield piece

    def pieces(self) -> Iterator[bytes]:
        """The text as UTF-8; bytes that are not text in the encoding stay as they are, to be found later."""
        raw = self.raw()
        first = next(raw, b"")
        encoding = self.encoding or next((name for mark, name in MARKS.items() if first.startswith(mark)), None)
        if encoding is None:
            self._refuse_binary(first)
            yield first
            yield from raw
            return
        decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
        yield decoder.decode(first).encode("utf-8", "surrogateescape")
        for piece in raw:
            yield decoder.decode(piece).encode("utf-8", "surrogateescape")

    def _refuse_binary(self, first: bytes) -> None:
        if b"\0" in first[:4096]:
            raise ImportingError(f"{self.name} is no text file, or UTF-16 without a byte order mark: pass --encoding")

    def blocks(self) -> Iterator[bytes]:
        """Whole lines, many at a time; only the last block may end without a line end."""
        rest: list[bytes] = []
        for piece in self.pieces():
            cut = piece.rfind(b"\n") + 1
            if cut:
                yield b"".join([*rest, piece[:cut]])
                rest = []
            rest.append(piece[cut:])
            if sum(map(len, rest)) > LONGEST_LINE:
                raise ImportingError(f"{self.name} has a line of more than {LONGEST_LINE >> 20} MB; is it a text file?")
        if last := b"".join(rest):
            yield last
