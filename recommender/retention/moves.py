"""Who entered and who left which segment from one model to the next: one Parquet file a model, erasable, bounded."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recommender.disk import make_folder, sync
from recommender.events import schema
from recommender.events.erased import Erased
from recommender.events.locking import held
from recommender.models.models import Models
from recommender.retention.population import CUSTOMER, VISITOR, Mask, Population
from recommender.retention.segments import Registry

ENTERED: Final = "segment_entered"
LEFT: Final = "segment_left"
SCHEMA: Final = pa.schema(
    {
        "event": pa.string(),
        "segment": pa.string(),
        "timestamp": pa.timestamp("us", "UTC"),
        "visitor_id": pa.string(),
        "customer_id": pa.string(),
        "model_version": pa.string(),
    }
)
"""The moment is the end of the newer model's data."""
MOST_FILES: Final = 400
"""Models whose moves are kept: a year, for a shop that trains every day."""
MOST_BYTES: Final = 2**28
"""Of all files; the oldest go first."""


def moved(before: Models, after: Models, registry: Registry, version: str) -> pa.Table:
    """Who is in a segment by one model, and by the one before was not; and the other way round.

    Both are judged by the present definitions, each at the end of its data, so a definition that changed moves nobody.
    Who is known no longer (erased, or too long ago) has not moved; who was not known yet enters.

    Args:
        before: the older model.
        after: the newer one.
        registry: the shop's segments.
        version: of the newer one.
    """
    old, new = (Population.at(models, models.data_end) for models in (before, after))
    places, known = old.found(new)
    parts = [SCHEMA.empty_table()]
    for name, segment in registry.named.items():
        now, was = new.members(segment), np.zeros(len(new), np.bool_)
        was[known] = old.members(segment)[places[known]]
        for event, mask in ((ENTERED, now & ~was), (LEFT, was & ~now)):
            parts.append(_rows(new, mask, event=event, segment=name, timestamp=after.data_end, model_version=version))
    return pa.concat_tables(parts)


def _rows(people: Population, mask: Mask, **same: object) -> pa.Table:
    keys = [people.key(row) for row in people.rows(mask)]
    columns = {
        **{name: [value] * len(keys) for name, value in same.items()},
        "visitor_id": [_id(key, VISITOR) for key in keys],
        "customer_id": [_id(key, CUSTOMER) for key in keys],
    }
    return pa.table({name: columns[name] for name in SCHEMA.names}, schema=SCHEMA)


def _id(key: str, prefix: str) -> str | None:
    return key.removeprefix(prefix) if key.startswith(prefix) else None


@dataclass(frozen=True)
class Moves:
    """The moves of one shop, below its folder."""

    folder: Path

    def add(self, table: pa.Table, version: str) -> None:
        """Keep the moves to a model, once; the oldest go where there are too many."""
        with held(self._lock):
            _write(table, self.folder / f"moves-{version}.parquet")
            self._prune()

    def counts(self, since: datetime, until: datetime) -> dict[str, dict[str, int]]:
        """How many entered and left each segment after one moment, up to another: `{segment: {event: count}}`."""
        found: dict[str, dict[str, int]] = {}
        for path in self._files():
            for one in _counted(path, since, until):
                kept = found.setdefault(one["segment"], {ENTERED: 0, LEFT: 0})
                kept[one["event"]] += one["event_count"]
        return found

    def of_person(self, column: str, id_: str) -> list[dict[str, Any]]:
        """The moves of a visitor or customer, oldest first."""
        theirs = pc.field(column) == id_
        tables = [pq.read_table(path, filters=theirs, partitioning=None) for path in self._files()]
        rows = [row for table in tables for row in table.to_pylist()]
        rows.sort(key=lambda row: (row["timestamp"], row["segment"], row["event"]))
        return [{name: row[name] for name in ("event", "segment", "timestamp", "model_version")} for row in rows]

    def erase(self, column: str, id_: str) -> int:
        """Erase the moves of a visitor or customer, for good; returns how many there were."""
        person = pa.scalar(id_, pa.string())
        with held(self._lock):
            return sum(_without(path, lambda rows, _: pc.equal(rows[column], person)) for path in self._files())

    def forget(self, erased: Erased) -> int:
        """Erase the moves of those who were erased on other hosts after these were noted; returns how many."""
        if not erased or not self._files():
            return 0
        with held(self._lock):
            return sum(_without(path, lambda rows, noted: _theirs(rows, noted, erased)) for path in self._files())

    def drop(self, before: datetime) -> int:
        """Delete the moves that were noted before a moment; returns to how many models."""
        with held(self._lock):
            old = [path for path in self._files() if path.stat().st_mtime < before.timestamp()]
            for path in old:
                path.unlink()
            return len(old)

    @property
    def _lock(self) -> Path:
        return self.folder / "moves.lock"

    def _files(self) -> list[Path]:
        """Oldest data first: versions begin with a date."""
        return sorted(self.folder.glob("moves-*.parquet"))

    def _prune(self) -> None:
        size = 0
        for number, path in enumerate(reversed(self._files())):
            size += path.stat().st_size
            if number and (number >= MOST_FILES or size > MOST_BYTES):
                path.unlink()


def _counted(path: Path, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
    moment = pc.field("timestamp")
    within = (moment > pa.scalar(since, SCHEMA.field("timestamp").type)) & (
        moment <= pa.scalar(until, SCHEMA.field("timestamp").type)
    )
    table = pq.read_table(path, columns=["segment", "event"], filters=within, partitioning=None)
    yield from table.group_by(["segment", "event"]).aggregate([("event", "count")]).to_pylist()


def _theirs(rows: pa.Table, noted: datetime, erased: Erased) -> pa.ChunkedArray:
    received = pa.array([noted] * rows.num_rows, schema.MOMENT)
    return erased.among(rows.append_column(schema.RECEIVED_AT, received))


def _without(path: Path, which: Callable[[pa.Table, datetime], pa.ChunkedArray]) -> int:
    noted, table = path.stat().st_mtime_ns, pq.read_table(path, partitioning=None)
    theirs = pc.fill_null(which(table, datetime.fromtimestamp(noted / 1e9, UTC)), fill_value=False)
    count = int(pc.sum(theirs).as_py() or 0)
    if count:
        _write(table.filter(pc.invert(theirs)), path)
        os.utime(path, ns=(noted, noted))
    return count


def _write(table: pa.Table, path: Path) -> None:
    """So that a reader sees all of it or nothing."""
    make_folder(path.parent)
    beside = path.with_suffix(".new")
    pq.write_table(table, beside, compression="zstd")
    sync(beside)
    beside.replace(path)
    sync(path.parent)
