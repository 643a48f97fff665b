"""Which event first brought an `event_id`: ids are unique per shop for 30 days."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recommender.events import schema
from recommender.events.files import day_files, days, make_folder
from recommender.events.values import EPOCH
from recommender.sqlite import WAIT_SECONDS, set_up

REMEMBERED = timedelta(days=30)
_FILLED = 1  # noted in the file once it holds what the log holds
_COLUMNS = [schema.EVENT_ID, schema.WRITER, schema.SEQUENCE, schema.RECEIVED_AT, schema.ITEM_INDEX]
_TABLES = """
    CREATE TABLE IF NOT EXISTS writers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS ids (
        id BLOB PRIMARY KEY, writer INTEGER NOT NULL, sequence INTEGER NOT NULL, received_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS ids_received_at ON ids (received_at);
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """An event that asks whether it is the first with its id."""

    event_id: str
    writer: str
    sequence: int
    received_at: datetime


class EventIds:
    """The index of recent ids; a small SQLite file beside the log, rebuilt from the log when it is missing."""

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._connection = sqlite3.connect(path, timeout=WAIT_SECONDS)
        set_up(self._connection)
        self._connection.executescript(_TABLES)

    @classmethod
    def of_log(cls, path: Path, log: Path, now: datetime) -> "EventIds":
        """The index at `path`; what is not filled yet is filled from the log's last days."""
        ids = cls(path)
        found = days(log)
        if not found:
            ids._clear()  # a log that was deleted takes its ids along
        elif not ids._is_filled():
            for day in found:
                if day >= (now - REMEMBERED - timedelta(days=1)).date():
                    for file in day_files(log, day):
                        ids.claim(claims(pq.read_table(file, columns=_COLUMNS, partitioning=None)))
        ids._connection.execute(f"PRAGMA user_version = {_FILLED}")
        return ids

    def claim(self, asking: Sequence[Claim]) -> list[bool]:
        """For each event, in order, whether it is the first with its id; asking again gives the same answer."""
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            writers = {name: self._writer(name) for name in {one.writer for one in asking}}
            return [self._claim(one, writers[one.writer]) for one in asking]

    def taken(self, asking: Sequence[Claim]) -> list[bool]:
        """For each event whether another one has its id; nothing is remembered."""
        writers = dict(self._connection.execute("SELECT name, id FROM writers"))
        return [self._is_taken(_digest(one.event_id), one, writers.get(one.writer, 0)) for one in asking]

    def forget(self, now: datetime) -> None:
        """Drop ids that are older than 30 days."""
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM ids WHERE received_at < ?", (_microseconds(now - REMEMBERED),))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _is_filled(self) -> bool:
        return bool(self._connection.execute("PRAGMA user_version").fetchone()[0] == _FILLED)

    def _clear(self) -> None:
        self._connection.execute("DELETE FROM ids")

    def _writer(self, name: str) -> int:
        self._connection.execute("INSERT OR IGNORE INTO writers (name) VALUES (?)", (name,))
        return int(self._connection.execute("SELECT id FROM writers WHERE name = ?", (name,)).fetchone()[0])

    def _claim(self, one: Claim, writer: int) -> bool:
        digest = _digest(one.event_id)
        if self._is_taken(digest, one, writer):
            return False
        row = (digest, writer, one.sequence, _microseconds(one.received_at))
        self._connection.execute("INSERT OR REPLACE INTO ids VALUES (?, ?, ?, ?)", row)
        return True

    def _is_taken(self, digest: bytes, one: Claim, writer: int) -> bool:
        query = "SELECT writer, sequence, received_at FROM ids WHERE id = ?"
        row = self._connection.execute(query, (digest,)).fetchone()
        if row is None or row[:2] == (writer, one.sequence):
            return False
        return bool(abs(_microseconds(one.received_at) - row[2]) <= REMEMBERED // _MICROSECOND)


def claims(table: pa.Table) -> list[Claim]:
    """One claim for each event of a table in the log's schema."""
    rows: Iterable[dict[str, object]] = table.select(_COLUMNS).to_pylist()
    return [
        Claim(row[schema.EVENT_ID], row[schema.WRITER], row[schema.SEQUENCE], row[schema.RECEIVED_AT])  # type: ignore[arg-type]
        for row in rows
        if row[schema.ITEM_INDEX] == 0
    ]


_MICROSECOND = timedelta(microseconds=1)


def _digest(event_id: str) -> bytes:
    return hashlib.blake2b(event_id.encode(), digest_size=12).digest()


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND
