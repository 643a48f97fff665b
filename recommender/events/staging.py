"""Rows on their way into the log, put aside by day so that any order of rows needs the memory of one day."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import numpy as np
import pyarrow as pa

from recommender.events import schema
from recommender.events.files import split_days
from recommender.events.locking import FileLock

LARGEST = 16 << 20
"""Bytes of a day that are held in memory at once."""


class Staging:
    """A passing folder with one file of rows for each day."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    @contextmanager
    def beside(cls, parent: Path) -> Iterator["Staging"]:
        """A staging folder in `parent`, deleted at the end; what killed imports left behind is deleted too."""
        _clear(parent)
        folder = parent / uuid4().hex
        lock = FileLock(_lock(folder))
        lock.acquire()
        folder.mkdir()
        try:
            yield cls(folder)
        finally:
            shutil.rmtree(folder)
            _lock(folder).unlink()
            lock.release()

    def add(self, table: pa.Table) -> None:
        """Put rows aside, in any order."""
        for day, rows in split_days(table):
            _append(self._folder / day.isoformat(), rows)

    def days(self) -> list[date]:
        """The days that have rows."""
        return sorted(date.fromisoformat(path.name) for path in self._folder.iterdir())

    def take(self, day: date) -> Iterator[pa.Table]:
        """All rows of a day, in the order in which they were put aside; they are forgotten.

        A day too large for memory comes in several tables; an event's rows, and events of one id, stay together.
        """
        path = self._folder / day.isoformat()
        shares = -(-path.stat().st_size // LARGEST)
        if shares > 1:
            for piece in _pieces(path):
                self._share(path.name, piece, shares)
            path.unlink()
        paths = sorted(self._folder.glob(f"{path.name}*"))
        for part in paths:
            table = pa.concat_tables(_pieces(part))
            part.unlink()
            yield table

    def _share(self, name: str, piece: pa.Table, shares: int) -> None:
        """Put each row to those whose ids have the same remainder."""
        numbers = np.array([crc32(id_.encode()) % shares for id_ in piece[schema.EVENT_ID].to_pylist()])
        for number in range(shares):
            _append(self._folder / f"{name}.{number:04}", piece.filter(numbers == number))


def _append(path: Path, rows: pa.Table) -> None:
    # Each piece is a stream of its own, so that no file stays open, however many days there are.
    with path.open("ab") as file, pa.ipc.new_stream(file, schema.SCHEMA) as stream:
        stream.write_table(rows)


def _pieces(path: Path) -> Iterator[pa.Table]:
    with path.open("rb") as file:
        while file.tell() < path.stat().st_size:
            yield pa.ipc.open_stream(file).read_all()


def _clear(parent: Path) -> None:
    for path in parent.glob("*.lock"):
        lock = FileLock(path)
        if lock.acquire(wait=False):
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)
            path.unlink()
            lock.release()


def _lock(folder: Path) -> Path:
    return folder.with_suffix(".lock")
