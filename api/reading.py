"""The event log as the API reads it: one person's events, or the latest live ones. Arrow only, to stay small."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recommender.events import files, schema
from recommender.events.log import EventLog
from recommender.events.names import PASSING
from recommender.events.rows import Received, events
from recommender.events.spooled import waiting
from recommender.workspace import ShopFolder

SMALL = 2**18
"""Bytes of files that are read together: to filter a file while it is read takes longer than to read a small one."""
EVENT_ORDER = [(schema.WRITER, "ascending"), (schema.SEQUENCE, "ascending"), (schema.ITEM_INDEX, "ascending")]


def of_person(folder: ShopFolder, column: str, id_: str) -> list[Received]:
    """Every event whose `column` (visitor or customer) is `id_`, oldest first."""
    found = [event for table in _tables(folder, pc.field(column) == id_) for event in _events(table)]
    return sorted(found, key=lambda one: (one.event.timestamp, one.event.event_id))


def latest(folder: ShopFolder, since: datetime, most: int) -> Iterator[Received]:
    """Live events of known people since a moment, the newest day first; about `most` of them.

    Imported events are left out: they are the models' business.
    """
    recent = pc.field(schema.TIMESTAMP) >= pa.scalar(since, schema.MOMENT)
    live = recent & ~pc.starts_with(pc.field(schema.WRITER), schema.IMPORTED)
    telling = ~pc.field(schema.EVENT).isin([*PASSING])
    known = pc.field(schema.VISITOR_ID).is_valid() | pc.field(schema.CUSTOMER_ID).is_valid()
    for table in _tables(folder, live & known & telling, since.date()):
        for one in _events(table):
            yield one
            most -= 1
        if most <= 0:
            return


def _tables(folder: ShopFolder, condition: pc.Expression, first_day: date = date.min) -> Iterator[pa.Table]:
    """What waits in the spools, then the log's files from a day on, the newest first."""
    with EventLog(folder).reading():
        spooled = waiting(folder)  # before the files are listed: what moves meanwhile is then found there
        days = [day for day in files.days(folder.log) if day >= first_day]
        paths = [path for day in days for path in files.day_files(folder.log, day)]
        if spooled.events:
            yield spooled.not_in(paths).filter(condition)
        for group in _groups(reversed(paths)):
            yield _read(group, condition)


def _groups(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Small files together, each large one by itself, in their order."""
    group: list[Path] = []
    room = SMALL
    for path in paths:
        size = path.stat().st_size
        if group and size > room:
            yield group
            group, room = [], SMALL
        group.append(path)
        room -= size
    if group:
        yield group


def _read(paths: list[Path], condition: pc.Expression) -> pa.Table:
    if len(paths) == 1:
        return pq.read_table(paths[0], schema=schema.SCHEMA, filters=condition, partitioning=None)
    found = [pq.ParquetFile(path).read(use_threads=False).replace_schema_metadata() for path in paths]
    return pa.concat_tables([schema.SCHEMA.empty_table(), *found], promote_options="default").filter(condition)


def _events(table: pa.Table) -> Iterator[Received]:
    return events(table.sort_by(EVENT_ORDER).to_pylist())
