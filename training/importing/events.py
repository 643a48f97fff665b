"""Importing a file of events into a shop's log."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import pyarrow as pa

from recommender.errors import ImportingError
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.events.names import EventName
from recommender.records import Records
from recommender.workspace import ShopFolder
from training.importing.csv_events import CsvEvents
from training.importing.formats import EventFormat, event_format
from training.importing.ga4_events import Ga4Events
from training.importing.intake import Intake
from training.importing.online_retail import OnlineRetailEvents
from training.importing.rejects import Rejects
from training.importing.source import Source
from training.importing.summary import ImportSummary

Progress = Callable[[int, int], None]


class EventReader(Protocol):
    """Reads one file of events, whatever its format."""

    def tables(self, intake: Intake) -> Iterator[pa.Table]:
        """The good rows in the log's schema, piece by piece; `intake` counts what becomes of every row."""


@dataclass(frozen=True)
class EventOptions:
    """How a file of events is to be read."""

    format: EventFormat | None = None
    """None: what the file seems to be."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """CSV: the column of a field, where it is not called like the field."""
    names: Mapping[str, str] = field(default_factory=dict)
    """CSV: GA4's name of an event that the shop calls otherwise."""
    every: EventName | None = None
    """CSV: what every row is, for a file without a column for it."""
    shift: timedelta = timedelta()
    """Online Retail: how far to move every moment."""

    def key(self) -> tuple[object, ...]:
        """What makes another import of the same file."""
        return sorted(self.mapping.items()), sorted(self.names.items()), self.every, self.shift

    def reader(self, source: Source, form: EventFormat) -> EventReader:
        """The reader of a file.

        Raises:
            ImportingError: the file lacks a column, or an option does not go with its format.
        """
        if form is not EventFormat.CSV and (self.mapping or self.names or self.every):
            raise ImportingError(f"{source.name} is read as {form}; --map and --event go with --format csv only")
        match form:
            case EventFormat.CSV:
                return CsvEvents.open(source, self.mapping, self.names, self.every)
            case EventFormat.GA4:
                return Ga4Events(source)
            case EventFormat.ONLINE_RETAIL:
                return OnlineRetailEvents(source, self.shift)


def import_events(
    source: Source,
    shop: str,
    *,
    folder: ShopFolder,
    records: Records,
    now: datetime,
    options: EventOptions | None = None,
    on_day: Progress | None = None,
) -> ImportSummary:
    """Read a file of events into the shop's log; what the log holds already is not written again.

    Args:
        source: the file.
        shop: the shop's name; it must exist.
        folder: the shop's folder.
        records: where shops and past imports are noted.
        now: the moment of the import; nothing may have happened a day later.
        options: how to read the file.
        on_day: told how many days are written, and of how many.

    Raises:
        NotFoundError: there is no such shop.
        ImportingError: the file cannot be read at all, or none of its rows can be used; nothing is written then.
    """
    options = options or EventOptions()
    records.shops.get(shop)
    form = options.format or event_format(source)
    fingerprint = source.fingerprint(form.value, *options.key())
    log = EventLog(folder)
    if (before := records.imports.seen(shop, fingerprint)) is not None and log.bounds() is not None:
        return ImportSummary(**before).again(source.name)
    reader = options.reader(source, form)
    with Rejects(folder.rejects / f"{source.path.stem}-{fingerprint[:12]}.jsonl") as rejects:
        intake = Intake(now, f"{schema.IMPORTED}{fingerprint[:16]}", rejects)
        rows = _checked(reader, source, intake)
        counts = log.import_batch(rows, now=now, leases=records.leases, progress=on_day)
    summary = _summary(source.name, form.value, intake, counts.new, counts.known)
    records.imports.add(shop, fingerprint, source.name, summary.document(), now)
    return summary


def _checked(reader: EventReader, source: Source, intake: Intake) -> Iterator[pa.Table]:
    """The reader's tables; refuses a file of which no row can be used, before anything is written."""
    empty = True
    for table in reader.tables(intake):
        empty = False
        yield table
    if empty and intake.rejects.counts:
        refuse_all(source, intake.rejects)


def refuse_all(source: Source, rejects: Rejects) -> None:
    """Say that no row of the file can be used.

    Raises:
        ImportingError: always.
    """
    field_, count = rejects.counts.most_common(1)[0]
    refused = sum(rejects.counts.values())
    why = f"{refused} refused, {count} of them for {field_}: see {rejects.path}"
    raise ImportingError(f"{source.name}: none of its rows can be used; {why}")


def _summary(file: str, form: str, intake: Intake, written: int, known: int) -> ImportSummary:
    return ImportSummary(
        file=file,
        format=form,
        rows=intake.rows,
        written=written,
        known=known,
        rejected=dict(intake.rejects.counts),
        skipped=_counted(intake.skipped),
        noted=_counted(intake.noted),
        rejects_file=intake.rejects.file,
    )


def _counted(counts: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
