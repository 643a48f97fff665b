"""Erasing a person's events from the log and the spools, for good."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recommender.disk import sync
from recommender.events import files, merging
from recommender.events.locking import held
from recommender.events.rows import Received
from recommender.events.spool import Spool, spools
from recommender.workspace import ShopFolder


def erase(folder: ShopFolder, column: str, id_: str) -> int:
    """Erase every event whose `column` is `id_`; returns how many rows went.

    Readers of the log are waited for; each of the days concerned is replaced as a whole.

    Args:
        folder: the shop's.
        column: `visitor_id` or `customer_id`.
        id_: the person.
    """
    with held(folder.readers_lock), held(folder.log_lock):
        # The spools first: what a cut-short compaction left in both places must not be moved again.
        merging.clean(folder.log)
        found = spools(folder.spools)
        waiting = sum(_from_spool(path, lambda one: getattr(one.event, column) == id_) for path in found)
        return waiting + sum(_from_file(path, column, id_) for path in files.log_files(folder.log))


def _from_spool(path: Path, concerned: Callable[[Received], bool]) -> int:
    spool = Spool.inspect(path)
    try:
        gone = [
            (sequence, max(len(one.event.items), 1))
            for sequence, document in spool.pending()
            if concerned(one := Received.decode(document))
        ]
        spool.erase([sequence for sequence, _ in gone])
        return sum(rows for _, rows in gone)
    finally:
        spool.close()


def _from_file(path: Path, column: str, id_: str) -> int:
    found = pq.read_table(path, columns=[column], partitioning=None)[column]
    theirs = pc.fill_null(pc.equal(found, pa.scalar(id_, pa.string())), fill_value=False)
    count = int(pc.sum(theirs).as_py() or 0)
    if count == len(found):
        path.unlink()
        sync(path.parent)
    elif count:
        rest = pq.read_table(path, partitioning=None).filter(pc.invert(theirs))
        files.write(rest, path, files.notes(path))
    return count
