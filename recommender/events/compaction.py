"""Moving spools into the log.

Each step can be cut short and done again: a batch's boundary is recorded in its spool before anything is written,
file names follow from it, and events leave the spool only after their files are on the disk.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from socket import gethostname
from typing import Protocol

import pyarrow as pa

from recommender.errors import VitrineError
from recommender.events import files, merging
from recommender.events.event_ids import EventIds
from recommender.events.locking import FileLock
from recommender.events.rows import Received
from recommender.events.spool import Spool, remove_if_dead, spools
from recommender.events.spooled import Waiting, waiting_table
from recommender.workspace import ShopFolder

BATCH = 5_000
"""Events moved at once: as objects they take a hundred times what they take in a file."""
LEASE_SECONDS = 600


class Leases(Protocol):
    """Leases shared by all hosts; `recommender.records` has them."""

    def acquire(self, name: str, holder: str, seconds: float, now: datetime) -> bool:
        """Take or renew a lease; False when another holder has it."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Give it back."""
        ...


@dataclass(frozen=True)
class Summary:
    """What a compaction did."""

    events: int = 0
    duplicates: int = 0
    """Events whose id another event of the last 30 days has."""
    spools_removed: int = 0
    files_merged: int = 0
    busy: bool = False
    """Another process is at it; nothing was done."""


@dataclass(frozen=True)
class _Compaction:
    folder: ShopFolder
    ids: EventIds
    step: Callable[[str], None]
    counts: Counter[str] = field(default_factory=Counter)

    def move_all(self, paths: Sequence[Path], batch: int) -> None:
        """Move each spool; one that cannot be read is reported after the others are done."""
        broken = []
        for path in paths:
            try:
                self._move(path, batch)
            except sqlite3.DatabaseError as error:
                broken.append(f"{path}: {error}")
        if broken:
            raise VitrineError(f"spools cannot be read; repair them or move them away: {', '.join(broken)}")

    def _move(self, path: Path, batch: int) -> None:
        spool = Spool.inspect(path)
        try:
            while (last := spool.begin_batch(batch)) is not None:
                self.step("batch begun")
                self._move_batch(spool, last)
                spool.end_batch(last)
                self.step("batch ended")
        finally:
            spool.close()

    def _move_batch(self, spool: Spool, last: int) -> None:
        events = [Waiting(Received.decode(data), spool.writer, sequence) for sequence, data in spool.pending(last=last)]
        first = self.ids.claim([one.claim for one in events])
        self.step("ids claimed")
        kept = [one for one, is_first in zip(events, first, strict=True) if is_first]
        for day, rows in files.split_days(waiting_table(kept)):
            files.write(rows, files.day_folder(self.folder.log, day) / files.live_name(spool.writer, last))
            self.step("day written")
        self.counts["events"] += len(kept)
        self.counts["duplicates"] += len(events) - len(kept)


def _nothing(_: str) -> None:
    """The step that nobody watches."""


def compact(
    folder: ShopFolder,
    *,
    now: datetime | None = None,
    leases: Leases | None = None,
    batch: int = BATCH,
    step: Callable[[str], None] = _nothing,
) -> Summary:
    """Move what waits in the spools into the log, then merge small files.

    Args:
        folder: the shop's.
        now: decides which ids are old enough to be forgotten and which days are over; the clock's time if left out.
        leases: where several hosts share the log; a file lock is held in any case.
        batch: most events moved at once; bounds memory.
        step: told the name of each step when it is done.
    """
    now = now or datetime.now(UTC)
    lock = FileLock(folder.log_lock)
    if not lock.acquire(wait=False):
        return Summary(busy=True)
    try:
        if leases is None:
            return _compact(folder, now, batch, step)
        return _compact_under_lease(folder, now, batch, step, leases)
    finally:
        lock.release()


def lease_name(folder: ShopFolder) -> str:
    """The lease of whoever moves a shop's spools, or wants them to stay."""
    return f"compact:{folder.path.name}"


def _compact_under_lease(
    folder: ShopFolder, now: datetime, batch: int, step: Callable[[str], None], leases: Leases
) -> Summary:
    # The lock sees to it that one process of a host is at it: who follows a killed one on its host goes on at once.
    name, holder = lease_name(folder), f"compactor on {gethostname()}"
    if not leases.acquire(name, holder, LEASE_SECONDS, now):
        return Summary(busy=True)
    try:
        return _compact(folder, now, batch, step)
    finally:
        leases.release(name, holder)


def _compact(folder: ShopFolder, now: datetime, batch: int, step: Callable[[str], None]) -> Summary:
    merging.clean(folder.log)
    with closing(EventIds.of_log(folder.event_ids, folder.log, now)) as ids:
        work = _Compaction(folder, ids, step)
        found = spools(folder.spools)
        work.move_all(found, batch)
        removed = sum(remove_if_dead(path) for path in found)
        step("spools removed")
        ids.forget(now)
    merged = _merge(folder, now, step)
    pa.default_memory_pool().release_unused()  # it would keep the most that was needed until the next time
    return Summary(work.counts["events"], work.counts["duplicates"], spools_removed=removed, files_merged=merged)


def _merge(folder: ShopFolder, now: datetime, step: Callable[[str], None]) -> int:
    readers = FileLock(folder.readers_lock)
    if not readers.acquire(wait=False):
        return 0  # somebody reads; small files can wait
    try:
        return sum(merging.merge_day(folder.log, day, now, step) for day in files.days(folder.log))
    finally:
        readers.release()
