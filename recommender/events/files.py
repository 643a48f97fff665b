"""The log's Parquet files: one folder a day, each file complete from the moment that it has its name."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recommender.days import DAY
from recommender.disk import make_folder, sync
from recommender.events import schema

ORDER = [
    (schema.TIMESTAMP, "ascending"),
    (schema.WRITER, "ascending"),
    (schema.SEQUENCE, "ascending"),
    (schema.ITEM_INDEX, "ascending"),
]
ROW_GROUP = 131_072
_PREFIX = "day="
_NOTES = b"vitrine"
_EPOCH = date(1970, 1, 1)


def day_folder(log: Path, day: date) -> Path:
    """Where the events of one day (UTC) lie."""
    return log / f"{_PREFIX}{day.isoformat()}"


def unfinished(log: Path) -> Path:
    """Where files are until they are finished: beside the log, so that the last step is a renaming."""
    return log.with_name("unfinished")


def days(log: Path) -> list[date]:
    """The days that have a folder, in order."""
    return sorted(map(_day, log.glob(f"{_PREFIX}*")))


def day_of(path: Path) -> date:
    """The day of a file of the log."""
    return _day(path.parent)


def day_files(log: Path, day: date) -> list[Path]:
    """A day's files by name; what a merge has already replaced is left out."""
    found = sorted(day_folder(log, day).glob("*.parquet"))
    replaced = {name for path in found if path.name.startswith("merged-") for name in sources(path)}
    return [path for path in found if path.name not in replaced]


def log_files(log: Path) -> list[Path]:
    """All files of the log, oldest day first."""
    return [path for day in days(log) for path in day_files(log, day)]


def split_days(table: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    """The table's rows by day, each day sorted as files are."""
    if table.num_rows == 0:
        return
    ordered = table.cast(schema.SCHEMA).sort_by(ORDER)
    numbers = ordered[schema.TIMESTAMP].cast(pa.int64()).to_numpy() // (DAY * 1_000_000)
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        yield _EPOCH + timedelta(days=int(numbers[start])), ordered.slice(int(start), int(end - start))


def write(table: pa.Table, path: Path, notes: Mapping[str, object] | None = None) -> None:
    """Write a file so that a reader sees all of it or nothing, and a power cut does not undo it."""
    with Writing(path, notes) as writing:
        writing.add(table)


def drop(path: Path, columns: Sequence[str], which: Callable[[pa.Table], pa.ChunkedArray]) -> int:
    """Write a file without some of its rows, for good; returns how many went. Only for the holder of the log's lock.

    Args:
        path: the file; it goes as a whole where nothing is left of it.
        columns: by which is told what goes.
        which: flags the rows that go, of a table of these columns.
    """
    gone = which(pq.read_table(path, columns=[*columns], partitioning=None))
    count = int(pc.sum(gone).as_py() or 0)
    if count == len(gone):
        path.unlink()
        sync(path.parent)
    elif count:
        write(pq.read_table(path, partitioning=None).filter(pc.invert(gone)), path, notes(path))
    return count


class Writing:
    """A file being written under a passing name; it gets its own name when the block ends well."""

    def __init__(self, path: Path, notes: Mapping[str, object] | None = None) -> None:
        self._path = path
        # Outside the log: readers of a whole folder would stumble over half a file.
        self._passing = unfinished(path.parents[1]) / f"{path.parent.name}-{path.name}.{os.getpid()}"
        self._schema = schema.SCHEMA.with_metadata({_NOTES: json.dumps(dict(notes))}) if notes else schema.SCHEMA

    def __enter__(self) -> "Writing":
        make_folder(self._path.parent)
        make_folder(self._passing.parent)
        self._writer = pq.ParquetWriter(
            self._passing,
            self._schema,
            compression="zstd",
            sorting_columns=pq.SortingColumn.from_ordering(schema.SCHEMA, ORDER),
        )
        return self

    def add(self, table: pa.Table) -> None:
        """Append rows; they continue the order of those before."""
        self._writer.write_table(table.replace_schema_metadata(self._schema.metadata), row_group_size=ROW_GROUP)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._writer.close()
        if kind is not None:
            self._passing.unlink()
            return
        sync(self._passing)
        self._passing.replace(self._path)
        sync(self._path.parent)


def _day(folder: Path) -> date:
    return date.fromisoformat(folder.name.removeprefix(_PREFIX))


def rows(path: Path) -> int:
    """How many rows a file holds."""
    return int(pq.read_metadata(path).num_rows)


def sources(path: Path) -> list[str]:
    """Names of the files that a merged file replaces."""
    found: list[str] = notes(path).get("sources", [])
    return found


def live_name(writer: str, last: int) -> str:
    """Name of a file with a spool's events up to sequence number `last`."""
    return f"live-{writer}-{last:012d}.parquet"


def free_name(folder: Path, stem: str) -> str:
    """A file name beginning with `stem` that no file of the folder has, or ever had before it was merged."""
    found = list(folder.glob("*.parquet"))
    used = {path.name for path in found} | {name for path in found for name in sources(path)}
    names = (f"{stem}-{number}.parquet" if number > 1 else f"{stem}.parquet" for number in count(1))
    return next(name for name in names if name not in used)


def moved(paths: Iterable[Path]) -> dict[tuple[date, str], int]:
    """For each day and spool the last sequence number up to which the day's files hold its events."""
    found: dict[tuple[date, str], int] = {}
    for path in paths:
        day = day_of(path)
        for writer, last in _moved(path).items():
            found[day, writer] = max(last, found.get((day, writer), 0))
    return found


def moved_notes(paths: Iterable[Path]) -> dict[str, int]:
    """What a merged file of one day notes of the spools in it."""
    return {writer: last for (_, writer), last in sorted(moved(paths).items())}


def _moved(path: Path) -> dict[str, int]:
    kind, _, rest = path.stem.partition("-")
    if kind == "live":
        writer, _, last = rest.rpartition("-")
        return {writer: int(last)}
    found: dict[str, int] = notes(path).get("moved", {}) if kind == "merged" else {}
    return found


def notes(path: Path) -> dict[str, Any]:
    """What was noted in a file when it was written."""
    found: dict[str, Any] = json.loads((pq.read_schema(path).metadata or {}).get(_NOTES, b"{}"))
    return found


def bounds(path: Path) -> tuple[int, int]:
    """First and last timestamp of a file, in microseconds, from its footer."""
    footer = pq.read_metadata(path)
    column = schema.SCHEMA.get_field_index(schema.TIMESTAMP)
    groups = [footer.row_group(place).column(column).statistics for place in range(footer.num_row_groups)]
    return min(_microseconds(group.min) for group in groups), max(_microseconds(group.max) for group in groups)


def _microseconds(value: object) -> int:
    return int(pa.scalar(value, schema.MOMENT).cast(pa.int64()).as_py())


def distinct(table: pa.Table, column: str) -> pa.Array:
    """The column's different values."""
    return pc.unique(table[column].combine_chunks())
