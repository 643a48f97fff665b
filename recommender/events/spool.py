"""A process's spool: events that were acknowledged and are not in the log yet.

One SQLite file a process. An event is safe when `append` returns: the commit waited for the disk.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock
from typing import Self
from uuid import uuid4

from recommender.disk import make_folder, sync
from recommender.errors import ConflictError, VitrineError
from recommender.events.locking import FileLock
from recommender.sqlite import WAIT_SECONDS, set_up

SUFFIX = ".spool"
_PENDING = "SELECT sequence, document FROM events WHERE sequence > ? AND sequence <= ? ORDER BY sequence"
_TABLES = """
    CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, document BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL);
"""
# AUTOINCREMENT: numbers are not used again after their events have moved to the log.
_LARGEST = 2**63 - 1


class Spool:
    """An open spool; usable from several threads, one at a time inside."""

    def __init__(self, path: Path, connection: sqlite3.Connection, owner: FileLock | None) -> None:
        self.path = path
        self._connection = connection
        self._owner = owner
        self._turn = Lock()

    @classmethod
    def create(cls, folder: Path) -> Self:
        """A new spool in `folder` under a name no other process uses."""
        return cls.open(folder / f"{uuid4().hex}{SUFFIX}")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a spool to append to; made if missing, and owned until closed or until the process ends.

        Raises:
            ConflictError: another process owns it.
        """
        make_folder(path.parent)
        owner = FileLock(_lock(path))
        if not owner.acquire(wait=False):
            raise ConflictError(f"spool {path} belongs to another process")
        spool = cls(path, _connect(path, "rwc"), owner)
        sync(path.parent)
        return spool

    @classmethod
    def inspect(cls, path: Path) -> Self:
        """Open an existing spool, whoever owns it, to read it or to move its events on."""
        return cls(path, _connect(path, "rw"), None)

    @property
    def writer(self) -> str:
        """The name that its events carry in the log."""
        return self.path.stem

    def append(self, documents: Sequence[bytes]) -> range:
        """Add encoded events in one transaction and return their sequence numbers, once they are on the disk."""
        with self._turn, self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO events (document) VALUES (?)", ((data,) for data in documents))
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        last = row[0] if row else 0
        return range(last - len(documents) + 1, last + 1)

    def pending(self, after: int = 0, last: int = _LARGEST) -> Iterator[tuple[int, bytes]]:
        """Events that are still here, with their sequence numbers, oldest first."""
        with self._turn:
            rows = self._connection.execute(_PENDING, (after, last)).fetchall()
        yield from rows

    def first(self) -> bytes | None:
        """The oldest event that is still here."""
        with self._turn:
            row = self._connection.execute("SELECT document FROM events ORDER BY sequence LIMIT 1").fetchone()
        return None if row is None else bytes(row[0])

    def position(self) -> tuple[int, int]:
        """Number of events that are still here and the last sequence number ever given."""
        with self._turn:
            count = self._connection.execute("SELECT count(*) FROM events").fetchone()[0]
            row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(count), int(row[0]) if row else 0

    def begin_batch(self, limit: int) -> int | None:
        """The last sequence number of the batch being moved; an unfinished batch first, None when nothing is left."""
        with self._turn, self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute("SELECT last FROM batch").fetchone()
            if row is None:
                oldest = "SELECT sequence FROM events ORDER BY sequence LIMIT ?"
                row = connection.execute(f"SELECT max(sequence) FROM ({oldest})", (limit,)).fetchone()
                if row[0] is not None:
                    connection.execute("INSERT INTO batch VALUES (1, ?)", row)
        return None if row[0] is None else int(row[0])

    def end_batch(self, last: int) -> None:
        """Forget the events up to `last`: they are in the log."""
        with self._turn, self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM events WHERE sequence <= ?", (last,))
            connection.execute("DELETE FROM batch")

    def copy(self, path: Path) -> None:
        """Write what is here now, with the same numbers, to a file that is not there yet."""
        with self._turn, closing(sqlite3.connect(path)) as copied:
            self._connection.backup(copied)

    def erase(self, sequences: Sequence[int]) -> None:
        """Forget single events for good: nothing of them stays in the file."""
        with self._turn:
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("DELETE FROM events WHERE sequence = ?", ((one,) for one in sequences))
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give the spool up; its events stay."""
        with self._turn:
            self._connection.close()
        if self._owner is not None:
            self._owner.release()


def visit(paths: Iterable[Path], work: Callable[[Spool], None]) -> None:
    """Do something with each spool, whoever owns it.

    Raises:
        VitrineError: some cannot be read; it is raised when the others are done.
    """
    broken = []
    for path in paths:
        try:
            with closing(Spool.inspect(path)) as spool:
                work(spool)
        except sqlite3.DatabaseError as error:
            broken.append(f"{path}: {error}")
    if broken:
        raise VitrineError(f"spools cannot be read; repair them or move them away: {', '.join(broken)}")


def spools(folder: Path) -> list[Path]:
    """All spools in a folder, living and dead, by name."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def remove_if_dead(path: Path) -> bool:
    """Delete a spool that no process owns and that holds no event; True when it is gone."""
    owner = FileLock(_lock(path))
    if not owner.acquire(wait=False):
        return False
    try:
        spool = Spool.inspect(path)
        empty = spool.position()[0] == 0
        spool.close()
        if empty:
            for gone in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), _lock(path)):
                gone.unlink(missing_ok=True)
        return empty
    finally:
        owner.release()


def _lock(path: Path) -> Path:
    return path.with_suffix(".lock")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # A reader must not bring a deleted spool back as an empty file.
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=WAIT_SECONDS)
    try:
        set_up(connection)
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
