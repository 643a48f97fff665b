"""Rows that an import refused, kept in a file for whoever made them."""

import re
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import orjson
import polars as pl

from recommender.errors import InputError

LONGEST_VALUE = 200
"""Characters of a refused value that are kept."""


_PLACE = re.compile(r"\[\d+\]")


class Rejects:
    """Writes one JSON line for each refused row; the file exists only when there was one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self._stream: BinaryIO | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    @property
    def file(self) -> str | None:
        """Where the refused rows are, if there are any."""
        return str(self.path) if self.counts else None

    def add(self, line: int, field: str, value: object, reason: str) -> None:
        """Refuse the row at `line` because of `field`."""
        row = {"line": line, "field": field, "value": _shown(value), "reason": reason}
        self._open().write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        self.counts[_PLACE.sub("[]", field)] += 1

    def add_error(self, line: int, error: InputError) -> None:
        """Refuse the row at `line` for what `error` says."""
        self.add(line, error.field, error.value, error.allowed)

    def add_all(self, refused: pl.DataFrame) -> None:
        """Refuse rows given as a frame with the columns line, field, value and reason."""
        for line, field, value, reason in refused.select("line", "field", "value", "reason").iter_rows():
            self.add(line, field, value, reason)

    def _open(self) -> BinaryIO:
        if self._stream is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = self.path.open("wb")
        return self._stream


def _shown(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else str(value)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."
