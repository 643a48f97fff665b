"""What waits in a shop's spools, seen by readers of the log."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from recommender.errors import VitrineError
from recommender.events import files
from recommender.events.event_ids import Claim, EventIds, identity
from recommender.events.rows import Received, event_rows, table
from recommender.events.spool import Spool, spools
from recommender.workspace import ShopFolder


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event in a spool."""

    received: Received
    writer: str
    sequence: int

    @property
    def day(self) -> date:
        """The day of the log to which it belongs."""
        return self.received.event.timestamp.date()

    @property
    def claim(self) -> Claim:
        """How it asks for its id."""
        event = self.received.event
        who = identity(event.event_id, event.name, self.received.verified)
        return Claim(who, self.writer, self.sequence, self.received.received_at)


@dataclass(frozen=True)
class Spooled:
    """The events of all spools whose id no other event has."""

    events: Sequence[Waiting]

    def table(self) -> pa.Table:
        """Their rows."""
        return waiting_table(self.events)

    def days(self) -> set[date]:
        """Their days."""
        return {waiting.day for waiting in self.events}

    def not_in(self, paths: Iterable[Path]) -> pa.Table:
        """Rows of the events that none of the log's files holds."""
        moved = files.moved(paths) if self.events else {}
        return waiting_table(
            [waiting for waiting in self.events if waiting.sequence > moved.get((waiting.day, waiting.writer), 0)]
        )


def waiting(folder: ShopFolder) -> Spooled:
    """The events of all spools, of living and dead processes."""
    events = [one for path in spools(folder.spools) for one in _read(path)]
    events.sort(key=lambda one: (one.received.received_at, one.writer, one.sequence))
    return Spooled(_first_of_each(events, folder))


def positions(folder: ShopFolder) -> Iterator[tuple[str, int, int]]:
    """Writer, number of waiting events and last sequence number of each spool that holds any."""
    for path in spools(folder.spools):
        with _inspecting(path) as spool:
            count, last = spool.position() if spool is not None else (0, 0)
        if count:
            yield path.stem, count, last


def oldest(folder: ShopFolder) -> datetime | None:
    """When the event was received that waits for longest; None when none does."""
    found = [first for path in spools(folder.spools) if (first := _first(path)) is not None]
    return min((Received.decode(data).received_at for data in found), default=None)


def _first(path: Path) -> bytes | None:
    with _inspecting(path) as spool:
        return None if spool is None else spool.first()


def waiting_table(events: Iterable[Waiting]) -> pa.Table:
    """Rows of waiting events."""
    return table(
        row
        for one in events
        for row in event_rows(
            one.received.event,
            received_at=one.received.received_at,
            verified=one.received.verified,
            writer=one.writer,
            sequence=one.sequence,
        )
    )


def _first_of_each(events: Sequence[Waiting], folder: ShopFolder) -> list[Waiting]:
    if not events:
        return []  # nothing to look up in a file that would have to be opened
    claims = [one.claim for one in events]
    taken = [False] * len(claims)
    if folder.event_ids.exists():
        ids = EventIds(folder.event_ids)
        taken = ids.taken(claims)
        ids.close()
    kept: dict[str, Waiting] = {}
    for one, claim, other in zip(events, claims, taken, strict=True):
        if not other:
            kept.setdefault(claim.identity, one)
    return list(kept.values())


def _read(path: Path) -> list[Waiting]:
    with _inspecting(path) as spool:
        if spool is None:
            return []
        return [Waiting(Received.decode(data), spool.writer, sequence) for sequence, data in spool.pending()]


@contextmanager
def _inspecting(path: Path) -> Iterator[Spool | None]:
    """The spool, or None when it was emptied and deleted since the folder was listed."""
    try:
        spool = Spool.inspect(path)
        try:
            yield spool
        finally:
            spool.close()
    except sqlite3.DatabaseError as error:
        if path.exists():
            raise VitrineError(f"spool {path} cannot be read; repair it or move it away: {error}") from error
        yield None
