"""One JSON document for each row, end to end in one array: a million of them are no million Python objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import orjson

from recommender.models.arrays import ByteArray, LongArray, offsets

FEW = 10_000
"""Changes that are kept beside the array, or an eighth of the rows when that is more; then they are laid into it."""


@dataclass(frozen=True, eq=False)
class Documents:
    """Never changed, only succeeded by others that share the array."""

    size: int
    starts: LongArray = field(default_factory=lambda: np.zeros(1, np.int64))
    """Where each row's text begins, and where the last one ends; of rows without a document nothing is there."""
    text: ByteArray = field(default_factory=lambda: np.empty(0, np.uint8))
    fresh: Mapping[int, bytes] = field(default_factory=dict)
    """What changed since; empty: the document is gone."""

    def raw(self, row: int) -> bytes | memoryview:
        """The row's document as JSON; empty when it has none."""
        found = self.fresh.get(row)
        if found is not None:
            return found
        if row >= len(self.starts) - 1:
            return b""
        return self._written[self.starts.item(row) : self.starts.item(row + 1)]

    def some(self, rows: Sequence[int]) -> list[bytes]:
        """The documents of some rows as JSON, at once."""
        begins, written = self._begins, self._written
        if self.fresh or max(rows, default=-1) >= len(begins) - 1:
            return [bytes(self.raw(row)) for row in rows]
        return [bytes(written[begins[row] : begins[row + 1]]) for row in rows]

    @cached_property
    def _begins(self) -> memoryview:
        return np.ascontiguousarray(self.starts).data

    @cached_property
    def _written(self) -> memoryview:
        return np.ascontiguousarray(self.text).data

    def get(self, row: int) -> Any:
        """The row's document, or None."""
        found = self.raw(row)
        return orjson.loads(found) if found else None

    def changed(self, size: int, values: Mapping[int, bytes]) -> Self:
        """With other documents in some rows; empty takes one away."""
        after = type(self)(size, self.starts, self.text, {**self.fresh, **values})
        return after if len(after.fresh) <= max(FEW, size // 8) else after.settled()

    def settled(self) -> Self:
        """The same documents in one array."""
        if not self.fresh and len(self.starts) == self.size + 1:
            return self
        lengths = np.zeros(self.size, np.int64)
        known = len(self.starts) - 1
        lengths[:known] = np.diff(self.starts)
        rows = sorted(self.fresh)
        lengths[rows] = [len(self.fresh[row]) for row in rows]
        starts = offsets(lengths)
        parts, place = [], 0
        for row in rows:
            parts.append(self._between(place, row))
            parts.append(np.frombuffer(self.fresh[row], np.uint8))
            place = row + 1
        parts.append(self._between(place, self.size))
        return type(self)(self.size, starts, np.concatenate(parts))

    def _between(self, begin: int, end: int) -> ByteArray:
        last = len(self.starts) - 1
        return self.text[self.starts[min(begin, last)] : self.starts[min(end, last)]]
