"""What a home has collected before there was a store becomes part of the log in the store."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recommender.disk import sync
from recommender.events import files, schema
from recommender.events.event_ids import EventIds
from recommender.events.stored import Register, StoredLog


@contextmanager
def adopted(log: StoredLog, register: Register, now: datetime, *, alone: bool) -> Iterator[None]:
    """Make the log here the one in the store, and what this home had for itself; only for who may publish it.

    The home's own files are kept until the block, in which all is published, ends well.
    """
    folder = log.folder
    if log.noted() is None and register.files and _has_own(log, register):
        folder.log.rename(folder.own_log)
        sync(folder.path)
    if not register.files and log.noted() is None:
        yield  # the first one: what is here is all there is
        return
    log.bring_up(register, now, alone=alone)
    if not folder.own_log.exists():
        yield
        return
    log.forget_ids()  # they may be of the home's own log, of which nothing is known yet
    _add(log, now)
    yield
    shutil.rmtree(folder.own_log)


def _has_own(log: StoredLog, register: Register) -> bool:
    return any(
        path.relative_to(log.folder.log).as_posix() not in register.files for path in log.folder.log.glob("*/*.parquet")
    )


def _add(log: StoredLog, now: datetime) -> None:
    """Add what the log lacks of this home's files: by file names, by sequence numbers, by ids."""
    folder = log.folder
    there = files.log_files(folder.log)
    moved = files.moved(there)
    known = {(path.parent.name, name) for path in there for name in (path.name, *files.sources(path))}
    with closing(EventIds.of_log(folder.event_ids, folder.log, now)) as ids:
        for path in files.log_files(folder.own_log):
            if (path.parent.name, path.name) not in known:
                rows = _lacking(pq.read_table(path, partitioning=None), path, moved, ids)
                if rows.num_rows:
                    # What a merged file replaced is not there; names that it hid could be those of files that are.
                    notes = {"moved": files.moved_notes([path])}
                    files.write(rows, folder.log / path.parent.name / path.name, notes)
                    ids.remember(rows)


def _lacking(rows: pa.Table, path: Path, moved: dict[tuple[date, str], int], ids: EventIds) -> pa.Table:
    day = files.day_of(path)
    writers = rows[schema.WRITER].combine_chunks().dictionary_encode()
    last = np.array([moved.get((day, writer), 0) for writer in writers.dictionary.to_pylist()])
    fresh = rows[schema.SEQUENCE].to_numpy() > last[writers.indices.to_numpy()]
    known = pc.is_in(rows[schema.EVENT_ID], value_set=ids.known(rows)).to_numpy(zero_copy_only=False)
    return rows.filter(pa.array(fresh & ~known))
