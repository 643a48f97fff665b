"""How long what is kept: the log, logged pages, and what popups, codes and segments leave behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from recommender.events import files, schema
from recommender.events.changing import changing
from recommender.events.names import DecisionName
from recommender.records import Records
from recommender.retention.moves import Moves
from recommender.workspace import ShopFolder

TECHNICAL: Final = timedelta(days=90)
"""How long at most what only this installation needs is kept: logged pages, answers to repeated calls, prices that
ended, rows that imports refused, tombstones."""


@dataclass(frozen=True)
class Periods:
    """Days; 0: for ever."""

    days: int
    """Of what the service has collected."""
    imported_days: int = 0
    """Of imported events."""

    def begin(self, now: datetime) -> datetime | None:
        """The moment before which nothing that was collected is kept; None: everything is."""
        return now - timedelta(days=self.days) if self.days else None

    def imported(self, now: datetime) -> datetime | None:
        """The same for imported events."""
        return now - timedelta(days=self.imported_days) if self.imported_days else None

    def technical(self, now: datetime) -> datetime | None:
        """The same for what only the installation needs."""
        return now - min(TECHNICAL, timedelta(days=self.days)) if self.days else None


@dataclass(frozen=True)
class Dropped:
    """What was kept long enough."""

    events: int = 0
    """Rows of the log."""
    records: int = 0
    """Rows of the database."""
    moves: int = 0
    """Files of moves between segments."""


def enforce(folder: ShopFolder, records: Records, periods: Periods, now: datetime) -> Dropped:
    """Drop what a shop has kept long enough; how long is counted from the moment that it happened."""
    begin, technical = periods.begin(now), periods.technical(now)
    events = _events(folder, records, _Begins(begin, periods.imported(now), technical), now)
    if begin is None or technical is None:
        return Dropped(events)
    rows = records.persons.drop(folder.path.name, begin, technical)
    _old_files(folder.rejects, technical)
    return Dropped(events, rows, Moves(folder.segments).drop(begin))


@dataclass(frozen=True)
class _Begins:
    """The moments before which rows of each sort go; None: none do."""

    live: datetime | None
    imported: datetime | None
    pages: datetime | None

    @property
    def last(self) -> datetime | None:
        """The latest of them: days that begin later hold nothing to drop."""
        return max((one for one in (self.live, self.imported, self.pages) if one is not None), default=None)

    def old(self, rows: pa.Table) -> pa.ChunkedArray:
        """Which rows of the log have been kept long enough."""
        live, imported, pages = (pa.scalar(one, schema.MOMENT) for one in (self.live, self.imported, self.pages))
        is_page = pc.equal(rows[schema.EVENT], DecisionName.PAGE_ANSWERED.value)
        is_imported = pc.starts_with(rows[schema.WRITER], schema.IMPORTED)
        begin = pc.if_else(is_imported, imported, pc.if_else(is_page, pages, live))
        return pc.fill_null(pc.less(rows[schema.TIMESTAMP], begin), fill_value=False)


def _events(folder: ShopFolder, records: Records, begins: _Begins, now: datetime) -> int:
    if begins.last is None:
        return 0
    columns = [schema.TIMESTAMP, schema.EVENT, schema.WRITER]
    with changing(folder, now=now, leases=records.leases, alone=True):
        days = [day for day in files.days(folder.log) if day <= begins.last.date()]
        paths = [path for day in days for path in files.day_files(folder.log, day)]
        if begins.imported is None:
            paths = [path for path in paths if not path.name.startswith(schema.IMPORTED)]
        return sum(files.drop(path, columns, begins.old) for path in paths)


def _old_files(folder: Path, before: datetime) -> None:
    for path in folder.glob("*"):
        if path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink()
