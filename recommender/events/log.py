"""A shop's event log: Parquet by day, and the spools that have not been moved into it yet."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from recommender.events import files, schema
from recommender.events.changing import Leases, changing
from recommender.events.event_ids import REMEMBERED, EventIds, vouched
from recommender.events.locking import held
from recommender.events.spooled import positions, waiting
from recommender.events.staging import Staging
from recommender.events.values import EPOCH
from recommender.workspace import ShopFolder

if TYPE_CHECKING:
    import polars as pl  # loaded by `scan` only: processes that just write stay small


@dataclass(frozen=True)
class ImportCounts:
    """What became of the events of an import."""

    new: int
    known: int
    """Their `event_id` was in the log already."""


@dataclass(frozen=True)
class EventLog:
    """All events of a shop, however they came."""

    folder: ShopFolder

    def append(self, table: pa.Table, name: str) -> None:
        """Write rows as they are to files called `name`, one for each day; files of that name are replaced."""
        with held(self.folder.log_lock):
            for day, rows in files.split_days(table):
                files.write(rows, files.day_folder(self.folder.log, day) / f"{name}.parquet")

    def import_batch(
        self,
        tables: Iterable[pa.Table],
        *,
        now: datetime,
        leases: Leases | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> ImportCounts:
        """Add the events that the log does not hold yet; where it lies in a store all of them or none.

        Args:
            tables: rows in the log's schema, in any order; read once, while memory holds one table or part of one day.
            now: the moment of the import.
            leases: where several hosts share the log.
            progress: told how many days are done, and of how many.

        Raises:
            ConflictError: another host changes the log and does not end, or began meanwhile.
            StoreError: the store cannot be reached.
        """
        whole = self.folder.store is not None  # in one home it is the others' turn between days
        turn = partial(changing, self.folder, now=now, leases=leases if whole else None, alone=whole)
        new = known = 0
        with Staging.beside(self.folder.staging) as staging:
            for table in tables:
                staging.add(table)
            days = staging.days()
            with turn() if whole else nullcontext():
                for done, day in enumerate(days, start=1):
                    for rows in staging.take(day):
                        with nullcontext() if whole else turn():
                            counts = self._import_day(day, rows, now)
                        new, known = new + counts.new, known + counts.known
                    if progress is not None:
                        progress(done, len(days))
        return ImportCounts(new, known)

    def scan(self) -> "pl.LazyFrame":
        """Every event, once, in the columns of the schema and no particular order.

        Hold `reading` while the frame is in use if compaction may run meanwhile.
        """
        import polars as pl

        spooled = waiting(self.folder)  # before the files are listed: what moves meanwhile is then found there
        paths = files.log_files(self.folder.log)
        frames = [pl.from_arrow(spooled.not_in(paths)).lazy()]  # type: ignore[union-attr]
        if paths:
            frames.insert(0, pl.scan_parquet(paths, hive_partitioning=False))
        return pl.concat(frames)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep compaction from replacing files that frames of `scan` still read; new events are still taken."""
        with held(self.folder.readers_lock, shared=True):
            yield

    def days(self) -> list[date]:
        """The days (UTC) that hold events, in order."""
        moved = {day for day in files.days(self.folder.log) if files.day_files(self.folder.log, day)}
        return sorted(moved | waiting(self.folder).days())

    def bounds(self) -> tuple[datetime, datetime] | None:
        """When the first and the last event happened; None for an empty log."""
        found = [files.bounds(path) for path in files.log_files(self.folder.log)]
        spooled = waiting(self.folder).table()
        if spooled.num_rows:
            extremes = pc.min_max(spooled[schema.TIMESTAMP].cast(pa.int64())).as_py()
            found.append((extremes["min"], extremes["max"]))
        if not found:
            return None
        first, last = min(first for first, _ in found), max(last for _, last in found)
        return EPOCH + timedelta(microseconds=first), EPOCH + timedelta(microseconds=last)

    def rows(self) -> int:
        """How many rows `scan` gives."""
        paths = files.log_files(self.folder.log)
        moved = sum(map(files.rows, paths))
        return moved + int(waiting(self.folder).not_in(paths).num_rows)

    def fingerprint(self) -> str:
        """A text that stays the same while no event is added, moved or erased."""
        digest = hashlib.blake2b(digest_size=16)
        for path in files.log_files(self.folder.log):
            digest.update(f"{path.parent.name}/{path.name} {path.stat().st_size}\n".encode())
        for writer, count, last in positions(self.folder):
            digest.update(f"{writer} {count} {last}\n".encode())
        return digest.hexdigest()

    def _import_day(self, day: date, table: pa.Table, now: datetime) -> ImportCounts:
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        recent = begin > now - REMEMBERED - timedelta(days=2)
        with ExitStack() as stack:
            ids = None
            if recent:
                ids = stack.enter_context(closing(EventIds.of_log(self.folder.event_ids, self.folder.log, now)))
            fresh = table.filter(self._is_fresh(day, table, ids))
            for _, rows in files.split_days(fresh):
                folder = files.day_folder(self.folder.log, day)
                files.write(rows, folder / files.free_name(folder, f"{schema.IMPORTED}{_digest(rows)}"))
            if ids is not None:
                # After the file: an import that was cut short finds by the file what is known, not by this index.
                ids.remember(fresh)
        new, all_ = _count(fresh), _count(table)
        return ImportCounts(new, all_ - new)

    def _is_fresh(self, day: date, table: pa.Table, ids: EventIds | None) -> NDArray[np.bool_]:
        """Which rows are of events that the log does not hold; of several events with one id the first is."""
        encoded = table[schema.EVENT_ID].combine_chunks().dictionary_encode()
        codes, sequences = encoded.indices.to_numpy(), table[schema.SEQUENCE].to_numpy()
        first = np.full(len(encoded.dictionary), np.iinfo(np.int64).max)
        np.minimum.at(first, codes, sequences)
        known = np.zeros(len(first), bool)
        for path in files.day_files(self.folder.log, day):
            columns = [schema.EVENT_ID, schema.EVENT, schema.VERIFIED]
            known |= _is_in(encoded.dictionary, vouched(pq.read_table(path, columns=columns, partitioning=None)))
        if ids is not None:
            known |= _is_in(encoded.dictionary, ids.known(table))
        fresh: NDArray[np.bool_] = (first[codes] == sequences) & ~known[codes]
        return fresh


def _count(table: pa.Table) -> int:
    """How many events the rows are of."""
    return len(np.unique(table[schema.SEQUENCE].to_numpy()))


def _is_in(ids: pa.Array, there: pa.ChunkedArray | pa.Array) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.is_in(ids, value_set=there).to_numpy(zero_copy_only=False)
    return found


def _digest(table: pa.Table) -> str:
    """The same events give the same name, so that equal logs have equal fingerprints."""
    digest = hashlib.blake2b(digest_size=8)
    digest.update("\n".join(files.distinct(table, schema.EVENT_ID).to_pylist()).encode())
    return digest.hexdigest()
