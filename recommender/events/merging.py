"""Merging a day's many small files into one.

The merged file names those that it replaces, in its own footer: from the moment that it exists readers leave them out,
and whoever comes next deletes those that a crash left behind.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recommender.disk import sync
from recommender.events import files

SMALL = 16_000_000
"""Bytes; larger files are left alone, so that a merge needs little memory."""
FEW = 131_072
"""Rows; so are files with more, since in memory a row takes many times what it takes in a file."""
MANY = 16
QUIET = timedelta(hours=1)


def clean(log: Path) -> None:
    """Delete what crashed writers left: files never finished, and files that a merged one has replaced.

    Only for the holder of the log's lock.
    """
    for path in files.unfinished(log).glob("*"):
        path.unlink()
    for day in files.days(log):
        folder = files.day_folder(log, day)
        found = sorted(folder.glob("*.parquet"))
        if len(found) > 1:
            _delete(folder, {path.name for path in found} - {path.name for path in files.day_files(log, day)})


def due(log: Path, now: datetime) -> bool:
    """Whether any day's small files are worth merging."""
    return any(_worth_merging(log, day, now) for day in files.days(log))


def merge_day(log: Path, day: date, now: datetime, step: Callable[[str], None]) -> int:
    """Merge the day's small files if it is worth it; returns how many were replaced."""
    small = _worth_merging(log, day, now)
    if not small:
        return 0
    folder = files.day_folder(log, day)
    names = [path.name for path in small]
    notes = {"sources": names, "moved": files.moved_notes(small)}
    table = pa.concat_tables([pq.ParquetFile(path).read().replace_schema_metadata() for path in small])
    for _, rows in files.split_days(table):
        digest = hashlib.blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
        files.write(rows, folder / f"merged-{digest}.parquet", notes)
    step("merged")
    _delete(folder, set(names))
    step("sources deleted")
    return len(small)


def _worth_merging(log: Path, day: date, now: datetime) -> list[Path]:
    small = _group([path for path in files.day_files(log, day) if _is_small(path)])
    return small if len(small) >= MANY or (len(small) > 1 and _is_quiet(small, day, now)) else []


def _group(paths: list[Path]) -> list[Path]:
    """As many of the smallest files as stay small together."""
    chosen: list[Path] = []
    total = rows = 0
    for path in sorted(paths, key=lambda path: (path.stat().st_size, path.name)):
        total, rows = total + path.stat().st_size, rows + files.rows(path)
        if chosen and (total > SMALL or rows > FEW):
            break
        chosen.append(path)
    return sorted(chosen)


def _is_small(path: Path) -> bool:
    return path.stat().st_size < SMALL and files.rows(path) < FEW


def _is_quiet(paths: list[Path], day: date, now: datetime) -> bool:
    """The day is over, and nothing was added for a while."""
    newest = max(path.stat().st_mtime for path in paths)
    return day < now.date() and newest < (now - QUIET).timestamp()


def _delete(folder: Path, names: set[str]) -> None:
    for name in names:
        (folder / name).unlink()
    if names:
        sync(folder)
