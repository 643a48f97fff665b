"""Making the log of what was acknowledged: from this host's spools, or with a store from what all hosts shipped there.

Each step can be cut short and done again. A batch's boundary is recorded in its spool before anything is written, file
names follow from it, and events leave the spool only after their files are on the disk. Pieces are deleted only after
the log that holds their events was published; until then a file that somebody else did not see is undone.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from recommender.errors import BusyError
from recommender.events import files, merging
from recommender.events.changing import Leases, changing
from recommender.events.erased import NOBODY, Erased
from recommender.events.event_ids import EventIds
from recommender.events.locking import FileLock
from recommender.events.rows import Received
from recommender.events.spool import Spool, remove_if_dead, spools, visit
from recommender.events.spooled import Waiting, waiting_table
from recommender.workspace import ShopFolder

if TYPE_CHECKING:
    from recommender.events.pieces import Piece

BATCH = 5_000
"""Events moved at once: as objects they take a hundred times what they take in a file."""
PIECES = 2_000
"""Pieces taken before the log is published."""


@dataclass(frozen=True)
class Summary:
    """What a compaction did."""

    events: int = 0
    duplicates: int = 0
    """Events whose id another event of the last 30 days has."""
    erased: int = 0
    """Events of persons who were erased since they were received, elsewhere."""
    spools_removed: int = 0
    files_merged: int = 0
    busy: bool = False
    """Another process is at it; nothing was done."""

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(
            self.events + other.events,
            self.duplicates + other.duplicates,
            self.erased + other.erased,
            self.spools_removed + other.spools_removed,
            self.files_merged + other.files_merged,
        )


@dataclass(frozen=True)
class _Compaction:
    folder: ShopFolder
    ids: EventIds
    erased: Erased
    step: Callable[[str], None]
    counts: Counter[str] = field(default_factory=Counter)

    def move(self, spool: Spool, batch: int) -> None:
        """Move what a spool holds."""
        while (last := spool.begin_batch(batch)) is not None:
            self.step("batch begun")
            self._write(spool.writer, last, [*spool.pending(last=last)], {})
            spool.end_batch(last)
            self.step("batch ended")

    def take(self, found: Sequence["Piece"], batch: int) -> None:
        """Write down what pieces hold and the log does not, those of a writer together."""
        from recommender.events import pieces  # an extra brings what it needs

        moved = files.moved(files.log_files(self.folder.log))
        gathered: list[tuple[int, bytes]] = []
        writer, last = "", 0
        for piece, documents in pieces.read(pieces.of_shop(self.folder), found):
            if piece.writer != writer or len(gathered) >= batch:
                self._write(writer, last, gathered, moved)
                gathered, last = [], last if piece.writer == writer else 0
            gathered += [one for one in documents if one[0] > last]
            writer, last = piece
        self._write(writer, last, gathered, moved)

    def _write(
        self, writer: str, last: int, documents: Sequence[tuple[int, bytes]], moved: Mapping[tuple[date, str], int]
    ) -> None:
        if not documents:
            return
        waiting = [Waiting(Received.decode(data), writer, sequence) for sequence, data in documents]
        found = [one for one in waiting if one.sequence > moved.get((one.day, writer), 0)]
        events = [one for one in found if not self.erased.has(one.received)] if self.erased else found
        first = self.ids.claim([one.claim for one in events])
        self.step("ids claimed")
        kept = [one for one, is_first in zip(events, first, strict=True) if is_first]
        for day, rows in files.split_days(waiting_table(kept)):
            files.write(rows, files.day_folder(self.folder.log, day) / files.live_name(writer, last))
            self.step("day written")
        self.counts["events"] += len(kept)
        self.counts["duplicates"] += len(events) - len(kept)
        self.counts["erased"] += len(found) - len(events)


def _nothing(_: str) -> None:
    """The step that nobody watches."""


def compact(
    folder: ShopFolder,
    *,
    now: datetime | None = None,
    leases: Leases | None = None,
    erased: Erased = NOBODY,
    patience: float = 0,
    batch: int = BATCH,
    step: Callable[[str], None] = _nothing,
) -> Summary:
    """Move what waits into the log, then merge small files; with a store, what this home has to ship goes there first.

    Args:
        folder: the shop's.
        now: decides which ids are old enough to be forgotten and which days are over; the clock's time if left out.
        leases: where several hosts share the log; a file lock is held in any case.
        erased: whose events are left out.
        patience: see `changing`.
        batch: most events moved at once; bounds memory.
        step: told the name of each step when it is done.

    Raises:
        VitrineError: a spool cannot be read, when the others are done; with a store whatever `changing` raises.
    """
    now = now or datetime.now(UTC)
    try:
        if folder.store is None:
            with changing(folder, now=now, leases=leases, patience=patience, step=step):
                return _compact(folder, now, erased, batch, step)
        return _compact_shared(folder, now, leases, erased, patience, batch, step)
    except BusyError:
        return Summary(busy=True)


def _compact(
    folder: ShopFolder,
    now: datetime,
    erased: Erased,
    batch: int,
    step: Callable[[str], None],
    found: Sequence["Piece"] | None = None,
) -> Summary:
    removed = 0
    with closing(EventIds.of_log(folder.event_ids, folder.log, now)) as ids:
        work = _Compaction(folder, ids, erased, step)
        if found is None:
            there = spools(folder.spools)
            visit(there, lambda spool: work.move(spool, batch))
            removed = sum(remove_if_dead(path) for path in there)
            step("spools removed")
        else:
            work.take(found, batch)
        ids.forget(now)
    merged = _merge(folder, now, step)
    pa.default_memory_pool().release_unused()  # it would keep the most that was needed until the next time
    counts = work.counts
    return Summary(counts["events"], counts["duplicates"], counts["erased"], removed, merged)


def _compact_shared(
    folder: ShopFolder,
    now: datetime,
    leases: Leases | None,
    erased: Erased,
    patience: float,
    batch: int,
    step: Callable[[str], None],
) -> Summary:
    from recommender.events import pieces, shipping  # an extra brings what these need

    shipping.ship(folder, batch=batch, step=step)
    objects, done = pieces.of_shop(folder), Summary()
    while (found := pieces.waiting(objects)[:PIECES]) or has_own(folder) or merging.due(folder.log, now):
        with changing(folder, now=now, leases=leases, patience=patience, step=step):
            done += _compact(folder, now, erased, batch, step, found)
        pieces.delete(objects, found)
        step("pieces deleted")
        if len(found) < PIECES:
            break
    return done


def has_own(folder: ShopFolder) -> bool:
    """Whether this home has a log from before there was a store, which no other one can bring there."""
    return folder.own_log.exists() or (not folder.copied.exists() and bool(files.days(folder.log)))


def _merge(folder: ShopFolder, now: datetime, step: Callable[[str], None]) -> int:
    readers = FileLock(folder.readers_lock)
    if not readers.acquire(wait=False):
        return 0  # somebody reads; small files can wait
    try:
        return sum(merging.merge_day(folder.log, day, now, step) for day in files.days(folder.log))
    finally:
        readers.release()
