"""Which event first brought an `event_id`: ids are unique per shop for 30 days."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recommender.disk import make_folder
from recommender.events import schema
from recommender.events.files import day_files, days
from recommender.events.names import EventName
from recommender.events.values import EPOCH, since_epoch
from recommender.sqlite import WAIT_SECONDS, set_up

REMEMBERED = timedelta(days=30)
_FILLED = "filled"  # noted once the file holds what the log holds
_FORGOTTEN = "forgotten on"  # the last day on which old ids were dropped
_AT_ONCE = 500
_SALES = (EventName.PURCHASE.value, EventName.REFUND.value)
COLUMNS = [
    schema.EVENT_ID,
    schema.EVENT,
    schema.VERIFIED,
    schema.WRITER,
    schema.SEQUENCE,
    schema.RECEIVED_AT,
    schema.ITEM_INDEX,
]
_TABLES = """
    CREATE TABLE IF NOT EXISTS writers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS ids (
        id BLOB PRIMARY KEY, writer INTEGER NOT NULL, sequence INTEGER NOT NULL, received_at INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


def identity(event_id: str, name: str, verified: bool) -> str:
    """What is unique about an event: its id.

    A sale that only a browser tells of has an identity of its own, so that it never stands in for the one that the
    shop's server vouches for, whoever comes first.
    """
    return event_id if verified or name not in _SALES else f"{event_id}\nclaimed"


def vouched(table: pa.Table) -> pa.ChunkedArray:
    """The ids in a table (`event_id`, `event`, `verified`) that are identities as they stand."""
    claimed = pc.and_(pc.invert(table[schema.VERIFIED]), pc.is_in(table[schema.EVENT], value_set=pa.array(_SALES)))
    return table.filter(pc.invert(claimed))[schema.EVENT_ID]


@dataclass(frozen=True, slots=True)
class Claim:
    """An event that asks whether it is the first with its identity."""

    identity: str
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
        elif ids._noted(_FILLED) is None:
            for day in found:
                if day >= (now - REMEMBERED - timedelta(days=1)).date():
                    for file in day_files(log, day):
                        ids.remember(pq.read_table(file, columns=COLUMNS, partitioning=None))
        ids._note(_FILLED, 1)
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
        return [self._is_taken(_digest(one.identity), one, writers.get(one.writer, 0)) for one in asking]

    def known(self, table: pa.Table) -> pa.Array:
        """The ids among those of a table's events that some event of the 30 days around has."""
        asking = {_digest(id_): (id_, moment) for id_, _, _, moment in _columns(table)}
        found = []
        for some in _batches(sorted(asking)):
            query = f"SELECT id, received_at FROM ids WHERE id IN ({','.join('?' * len(some))})"
            for digest, received_at in self._connection.execute(query, some):
                id_, moment = asking[digest]
                if abs(moment - received_at) <= _LIMIT:
                    found.append(id_)
        return pa.array(found, pa.string())

    def remember(self, table: pa.Table) -> None:
        """Note the ids of a table's events, of which none is known; quicker than claiming them one by one."""
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            writers = {name: self._writer(name) for name in pc.unique(table[schema.WRITER]).to_pylist()}
            rows = sorted(
                (_digest(id_), writers[writer], place, moment) for id_, writer, place, moment in _columns(table)
            )
            connection.executemany("INSERT OR REPLACE INTO ids VALUES (?, ?, ?, ?)", rows)

    def forget(self, now: datetime) -> None:
        """Drop ids that are older than 30 days; looks once a day."""
        today = (now - EPOCH).days
        if self._noted(_FORGOTTEN) != today:
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("DELETE FROM ids WHERE received_at < ?", (since_epoch(now - REMEMBERED),))
            self._note(_FORGOTTEN, today)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _noted(self, name: str) -> int | None:
        row = self._connection.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def _note(self, name: str, value: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def _clear(self) -> None:
        self._connection.execute("DELETE FROM ids")

    def _writer(self, name: str) -> int:
        self._connection.execute("INSERT OR IGNORE INTO writers (name) VALUES (?)", (name,))
        return int(self._connection.execute("SELECT id FROM writers WHERE name = ?", (name,)).fetchone()[0])

    def _claim(self, one: Claim, writer: int) -> bool:
        digest = _digest(one.identity)
        if self._is_taken(digest, one, writer):
            return False
        row = (digest, writer, one.sequence, since_epoch(one.received_at))
        self._connection.execute("INSERT OR REPLACE INTO ids VALUES (?, ?, ?, ?)", row)
        return True

    def _is_taken(self, digest: bytes, one: Claim, writer: int) -> bool:
        query = "SELECT writer, sequence, received_at FROM ids WHERE id = ?"
        row = self._connection.execute(query, (digest,)).fetchone()
        if row is None or row[:2] == (writer, one.sequence):
            return False
        return bool(abs(since_epoch(one.received_at) - row[2]) <= _LIMIT)


def _columns(table: pa.Table) -> Iterator[tuple[str, str, int, int]]:
    """Identity, writer, sequence number and microsecond of receipt of each event."""
    heads = table.filter(pc.equal(table[schema.ITEM_INDEX], 0))
    told = (heads[name].to_pylist() for name in (schema.EVENT_ID, schema.EVENT, schema.VERIFIED))
    identities = [identity(*one) for one in zip(*told, strict=True)]
    columns = (heads[schema.WRITER], heads[schema.SEQUENCE], heads[schema.RECEIVED_AT].cast(pa.int64()))
    return zip(identities, *(column.to_pylist() for column in columns), strict=True)


def _batches(ids: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


_LIMIT = REMEMBERED // timedelta(microseconds=1)


def _digest(identity: str) -> bytes:
    return hashlib.blake2b(identity.encode(), digest_size=12).digest()
