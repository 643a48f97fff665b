"""CSV and TSV, read in frames of text with the line that each row began on.

Blocks of lines without a quotation mark are cut by Polars; a block with one goes through Python's reader, which knows
quoted delimiters, quoted line ends and stray marks. Both give the same rows.
"""

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import polars as pl

from recommender.errors import ImportingError
from training.importing.intake import Intake
from training.importing.lines import Blocks, PulledLines, cut
from training.importing.source import Source

LINE = " line"
"""Column of line numbers; headers are stripped, so no column of a shop is called so."""

DELIMITERS = ",;\t|"
MOST_COLUMNS = 1000
OPEN_QUOTE = "a quotation mark opens here and nothing closes it"
LONG_CELL = f"a cell has at most {csv.field_size_limit()} characters"
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
            ImportingError: the file has no header line, or one of too many columns.
        """
        line = source.head().split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "replace").lstrip("\ufeff")
        if not line.strip():
            raise ImportingError(
                f"{source.name} is empty or begins with an empty line; the first line names the columns"
            )
        names = {plain(name) for name in wanted}
        readings = {mark: cells(line, mark) for mark in DELIMITERS}
        best = max(DELIMITERS, key=lambda mark: (len(names & set(map(plain, readings[mark]))), len(readings[mark])))
        if len(readings[best]) > MOST_COLUMNS:
            raise ImportingError(f"{source.name}: use at most {MOST_COLUMNS} columns; found: {len(readings[best])}")
        return cls(source, best, _distinct(readings[best]))

    def frames(self, intake: Intake) -> Iterator[pl.DataFrame]:
        """Every row as text, empty cells as null, with LINE; rows of another width are refused.

        Counts every row, good or refused, in `intake.rows`.
        """
        blocks = Blocks(self.source)
        for line, block in blocks:
            quick = b'"' not in block and _is_text(block)
            frames = [self._quickly(line, block, intake)] if quick else self._carefully(line, block, blocks, intake)
            for frame in frames:
                intake.rows += len(frame)
                yield frame

    def _quickly(self, line: int, block: bytes, intake: Intake) -> pl.DataFrame:
        lines = pl.DataFrame({"text": cut(block)}).with_row_index(LINE, line).filter(pl.col("text") != "")
        width = len(self.columns)
        marks = pl.col("text").str.count_matches(self.delimiter, literal=True)
        ragged = lines.filter(marks != width - 1)
        for number, text in ragged.iter_rows():
            self._refuse(intake, number, text, self._width_reason(text.count(self.delimiter) + 1))
        cells = pl.col("text").str.split_exact(self.delimiter, width - 1).struct.rename_fields(list(self.columns))
        even = lines if ragged.is_empty() else lines.filter(marks == width - 1)
        return _clean(even.select(pl.col(LINE).cast(pl.Int64), cells.alias("cells")).unnest("cells"))

    def _carefully(self, line: int, block: bytes, blocks: Blocks, intake: Intake) -> Iterator[pl.DataFrame]:
        rows = self._rows(line, block, blocks, intake)
        while taken := list(islice(rows, ROWS_AT_ONCE)):
            columns = list(zip(*taken, strict=True))
            series = [pl.Series(LINE, columns[0], pl.Int64)]
            series += [pl.Series(name, cells, pl.String) for name, cells in zip(self.columns, columns[1:], strict=True)]
            yield _clean(pl.DataFrame(series))

    def _rows(self, line: int, block: bytes, blocks: Blocks, intake: Intake) -> Iterator[Sequence[object]]:
        lines = PulledLines(block, blocks)
        reader = csv.reader(lines, delimiter=self.delimiter)
        while not lines.ended:
            number = line + lines.taken
            try:
                row = next(reader, [])
            except csv.Error:
                alone = line + lines.taken == number + 1
                self._refuse(intake, number, lines.last, LONG_CELL if alone else OPEN_QUOTE)
                continue
            if len(row) == len(self.columns) and _is_text_row(row):
                yield (number, *row)
            elif len(row) != len(self.columns) and any(row):
                self._refuse(intake, number, self.delimiter.join(row), self._width_reason(len(row)))
            elif any(row):
                self._refuse(intake, number, self.delimiter.join(row), "is not UTF-8 text; pass --encoding")

    def _refuse(self, intake: Intake, line: int, text: str, reason: str) -> None:
        intake.rows += 1
        intake.rejects.add(line, "row", text, reason)

    def _width_reason(self, found: int) -> str:
        return f"{len(self.columns)} fields are expected, {found} found"


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


def cells(line: str, delimiter: str) -> list[str]:
    """One line's cells; all of it, as one cell, where quotation marks or lengths make no sense."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Stripped names; an empty or repeated one gets its place added, or the next number that no name ends with."""
    stripped = [name.strip() for name in names]
    taken, distinct = {*stripped}, []
    for place, name in enumerate(stripped, 1):
        again = not name or name in distinct
        numbered = (f"{name or 'column'}_{number}" for number in count(place))
        distinct.append(next(one for one in numbered if one not in taken) if again else name)
        taken.add(distinct[-1])
    return tuple(distinct)
