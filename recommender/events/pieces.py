"""Pieces of spools in an object store: events that a host has shipped and that are not in the log yet.

A piece is named by its spool's writer and the last sequence number in it, so one that is sent twice is one. What of it
the log holds already is told by sequence numbers: pieces may overlap, come late, or outlast their taking.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from recommender.errors import ArtifactError
from recommender.objects import AT_ONCE, Objects
from recommender.workspace import ShopFolder

FOLDER: Final = "pieces"
_NAME = re.compile(r"([\w-]+)/(\d{12})\.gz")
_HEADER = b"vitrine piece 1"
_LEVEL = 1  # of compression: a third of the size for a few milliseconds a megabyte
_TOGETHER = 64


class Piece(NamedTuple):
    """Events of one spool, in the store."""

    writer: str
    last: int
    """The last sequence number in it."""

    @property
    def name(self) -> str:
        """Of its object."""
        return f"{self.writer}/{self.last:012d}.gz"


class Events(NamedTuple):
    """What a piece holds."""

    piece: Piece
    documents: Sequence[tuple[int, bytes]]
    """Sequence numbers and encoded events, in order."""


def of_shop(folder: ShopFolder) -> Objects:
    """Where a shop's pieces are."""
    return Objects.open(str(folder.store)).below(f"{FOLDER}/{folder.path.name}")


def waiting(objects: Objects) -> list[Piece]:
    """A shop's pieces, those of each writer in order."""
    found = (_NAME.fullmatch(one.name) for one in objects.list())
    return sorted(Piece(name[1], int(name[2])) for name in found if name)


def shops_waiting(url: str) -> set[str]:
    """The shops that have pieces, by one call for all of them."""
    return {one.name.partition("/")[0] for one in Objects.open(url).below(FOLDER).list()}


def write(objects: Objects, piece: Piece, documents: Iterable[tuple[int, bytes]]) -> None:
    """Send a piece; it is there when this returns.

    Raises:
        StoreError: the store cannot be reached; it may be there, or come to be.
    """
    lines = [_HEADER, *(b"%d %s" % (sequence, document) for sequence, document in documents)]
    objects.upload(piece.name, gzip.compress(b"\n".join(lines), _LEVEL))


def read(objects: Objects, found: Sequence[Piece]) -> Iterator[Events]:
    """What pieces hold, in their order; one that is not there any more is left out.

    Raises:
        ArtifactError: one is damaged, or of a newer Vitrine.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for start in range(0, len(found), _TOGETHER):
            some = found[start : start + _TOGETHER]
            contents = pool.map(objects.read, [piece.name for piece in some])
            for piece, content in zip(some, contents, strict=True):
                if content is not None:
                    yield Events(piece, _decoded(objects, piece, content.content))


def delete(objects: Objects, taken: Sequence[Piece]) -> None:
    """Delete pieces whose events are in the log."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(objects.delete, ([piece.name] for piece in taken)):
            pass


def _decoded(objects: Objects, piece: Piece, content: bytes) -> list[tuple[int, bytes]]:
    try:
        header, *lines = gzip.decompress(content).split(b"\n")
        if header != _HEADER:
            raise ValueError(f"it begins with {header[:40]!r}")
        numbered = (line.partition(b" ") for line in lines)
        return [(int(sequence), document) for sequence, _, document in numbered]
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ArtifactError(f"{objects.url}: {FOLDER}/{piece.name} cannot be read: {error}") from None
