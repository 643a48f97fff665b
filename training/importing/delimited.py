"""CSV and TSV, read in frames of text with the line that each row began on.

Blocks of lines without a quotation mark are cut by Polars; a block with one goes through Python's reader, which knows
quoted delimiters, quoted line ends and stray marks. Both give the same rows.
"""

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import polars as pl
import pyarrow as pa

from recommender.errors import ImportFailed
from training.importing.rejects import Rejects
from training.importing.source import Source

LINE = " line"
"""Column of line numbers; headers are stripped, so no column of a shop is called so."""

DELIMITERS = ",;\t|"
ROWS_AT_ONCE = 4096
"""Python rows held before they become a frame; more makes the garbage collector slow."""


def plain(name: str) -> str:
    """A column's name as it is compared: `Item ID`, `item id` and `g:item_id` are `item_id`."""
    return "_".join(name.strip().lower().removeprefix("g:").replace("-", " ").replace("_", " ").split())


@dataclass(frozen=True)
class Delimited:
    """A delimited file whose first line names its columns."""

    source: Source
    delimiter: str
    columns: tuple[str, ...]

    @classmethod
    def open(cls, source: Source, wanted: Collection[str]) -> "Delimited":
        """Read the header; the delimiter is the one that yields most of the `wanted` names.

        Raises:
            ImportFailed: the file has no header line.
        """
        line = source.head().split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "replace").lstrip("\ufeff")
        if not line.strip():
            raise ImportFailed(f"{source.name} is empty or begins with an empty line; the first line names the columns")
        names = {plain(name) for name in wanted}
        readings = {mark: next(csv.reader([line], delimiter=mark)) for mark in DELIMITERS}
        best = max(DELIMITERS, key=lambda mark: (len(names & set(map(plain, readings[mark]))), len(readings[mark])))
        return cls(source, best, _distinct(readings[best]))

    def frames(self, rejects: Rejects) -> Iterator[pl.DataFrame]:
        """Every row as text, empty cells as null, with LINE; rows of another width are refused."""
        blocks = _Blocks(self.source)
        for line, block in blocks:
            if b'"' in block or not _is_text(block):
                yield from self._carefully(line, block, blocks, rejects)
            else:
                yield self._quickly(line, block, rejects)

    def _quickly(self, line: int, block: bytes, rejects: Rejects) -> pl.DataFrame:
        lines = pl.DataFrame({"text": _lines(block)}).with_row_index(LINE, line).filter(pl.col("text") != "")
        width = len(self.columns)
        marks = pl.col("text").str.count_matches(self.delimiter, literal=True)
        ragged = lines.filter(marks != width - 1)
        for number, text in ragged.iter_rows():
            rejects.add(number, "row", text, self._width_reason(text.count(self.delimiter) + 1))
        cells = pl.col("text").str.split_exact(self.delimiter, width - 1).struct.rename_fields(list(self.columns))
        even = lines if ragged.is_empty() else lines.filter(marks == width - 1)
        return _clean(even.select(pl.col(LINE).cast(pl.Int64), cells.alias("cells")).unnest("cells"))

    def _carefully(self, line: int, block: bytes, blocks: "_Blocks", rejects: Rejects) -> Iterator[pl.DataFrame]:
        rows = self._rows(line, block, blocks, rejects)
        while taken := list(islice(rows, ROWS_AT_ONCE)):
            columns = list(zip(*taken, strict=True))
            series = [pl.Series(LINE, columns[0], pl.Int64)]
            series += [pl.Series(name, cells, pl.String) for name, cells in zip(self.columns, columns[1:], strict=True)]
            yield _clean(pl.DataFrame(series))

    def _rows(self, line: int, block: bytes, blocks: "_Blocks", rejects: Rejects) -> Iterator[Sequence[object]]:
        lines = _PulledLines(block, blocks)
        reader = csv.reader(lines, delimiter=self.delimiter)
        while not lines.ended:
            number = line + lines.taken
            try:
                row = next(reader, [])
            except csv.Error:
                rejects.add(number, "row", lines.last, "a quotation mark opens here and nothing closes it")
                continue
            if len(row) == len(self.columns) and _is_text_row(row):
                yield (number, *row)
            elif len(row) != len(self.columns) and any(row):
                rejects.add(number, "row", self.delimiter.join(row), self._width_reason(len(row)))
            elif any(row):
                rejects.add(number, "row", self.delimiter.join(row), "is not UTF-8 text; pass --encoding")

    def _width_reason(self, found: int) -> str:
        return f"{len(self.columns)} fields are expected, {found} found"


class _Blocks:
    """Blocks of the file after the header, each with the number of its first line."""

    def __init__(self, source: Source) -> None:
        self._blocks = source.blocks()
        self._line = 1
        self._first = True

    def __iter__(self) -> "_Blocks":
        return self

    def __next__(self) -> tuple[int, bytes]:
        block = next(self._blocks)
        line = self._line
        self._line += block.count(b"\n")
        if self._first:
            self._first = False
            return line + 1, block.partition(b"\n")[2]
        return line, block


class _PulledLines:
    """Lines of one block, and of the next ones as long as a quoted cell goes on."""

    def __init__(self, block: bytes, blocks: _Blocks) -> None:
        self._lines = _decoded(block)
        self._blocks = blocks
        self._place = 0
        self.taken = 0
        self.last = ""

    @property
    def ended(self) -> bool:
        """Whether every line at hand was taken."""
        return self._place >= len(self._lines)

    def __iter__(self) -> "_PulledLines":
        return self

    def __next__(self) -> str:
        if self.ended:
            self._lines, self._place = _decoded(next(self._blocks)[1]), 0
        if self.ended:
            raise StopIteration
        self.last = self._lines[self._place]
        self._place += 1
        self.taken += 1
        return self.last


def _decoded(block: bytes) -> list[str]:
    lines = block.decode("utf-8", "surrogateescape").split("\n")
    ends = [f"{line}\n" for line in lines[:-1]]
    return ends + lines[-1:] if lines[-1] else ends


def _lines(block: bytes) -> pl.Series:
    """The lines of a block of UTF-8, without copying it into Python strings."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    offsets = np.concatenate([[0], ends, [len(block)] if not block.endswith(b"\n") else []]).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(block)]
    lines = pl.Series(pa.LargeStringArray.from_buffers(len(offsets) - 1, buffers[1], buffers[2]))
    return lines.str.strip_chars_end("\r\n")


def _is_text(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_text_row(row: Sequence[str]) -> bool:
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return False
    return True


def _clean(frame: pl.DataFrame) -> pl.DataFrame:
    text = pl.selectors.string().str.strip_chars()
    stripped = frame.with_columns(text)
    return stripped.with_columns(pl.when(pl.selectors.string() != "").then(pl.selectors.string()))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Stripped names; an empty or repeated one gets its place added."""
    seen: Counter[str] = Counter()
    distinct = []
    for place, name in enumerate((name.strip() for name in names), 1):
        seen[name] += 1
        distinct.append(name if name and seen[name] == 1 else f"{name or 'column'}_{place}")
    return tuple(distinct)
