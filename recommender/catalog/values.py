"""A field of the shop's own as a column: one code for each row, and the JSON values that the codes stand for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import orjson

from recommender.catalog.labels import NONE, Codes, changed

MISSING = object()
"""What a field holds in items that do not have it."""


@dataclass(frozen=True, eq=False)
class Values(Sequence[Any]):
    """Equal values have one code."""

    codes: Codes
    """`NONE` where there is no value."""
    distinct: tuple[Any, ...]
    """By code."""
    _codes: dict[bytes, int]

    @classmethod
    def of(cls, values: Iterable[Any]) -> "Values":
        """A column of `values`, in which `MISSING` is none."""
        known: dict[bytes, int] = {}
        distinct: list[Any] = []
        codes = np.fromiter((_code(value, known, distinct) for value in values), np.int32)
        return cls(codes, tuple(distinct), known)

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, row: int) -> Any: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Any]: ...
    def __getitem__(self, row: int | slice) -> Any:
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(len(self)))]
        code = int(self.codes[row])
        return MISSING if code == NONE else self.distinct[code]

    def changed(self, size: int, values: Mapping[int, Any]) -> "Values":
        """The column grown to `size` rows, with other values in some of them."""
        known, distinct = dict(self._codes), list(self.distinct)
        fresh = {row: _code(value, known, distinct) for row, value in values.items()}
        return Values(changed(self.codes, size, fresh, NONE), tuple(distinct), known)


def _code(value: Any, known: dict[bytes, int], distinct: list[Any]) -> int:
    if value is MISSING:
        return NONE
    code = known.setdefault(orjson.dumps(value), len(distinct))
    if code == len(distinct):
        distinct.append(value)
    return code
