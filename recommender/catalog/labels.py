"""A column of texts with few distinct values: brands, categories, groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from recommender.vocabulary import NO_IDS, Grown

Codes = NDArray[np.int32]
Column = TypeVar("Column", bound=NDArray[Any])

NONE = -1
"""Code of an item without a value."""
NO_NAMES = Grown(NO_IDS)


@dataclass(frozen=True, eq=False)
class Labels:
    """One code for each row, and the text that each code stands for."""

    codes: Codes
    names: Grown = NO_NAMES

    @classmethod
    def empty(cls, size: int) -> "Labels":
        """A column of `size` rows without values."""
        return cls(np.full(size, NONE, np.int32))

    def name(self, row: int) -> str | None:
        """The row's text."""
        code = int(self.codes[row])
        return None if code == NONE else self.names[code]

    def code(self, name: str) -> int | None:
        """The code of a text that some row holds or once held."""
        return self.names.row(name)

    def changed(self, size: int, values: Mapping[int, str | None]) -> "Labels":
        """The column grown to `size` rows, with other values in some of them; itself when nothing is other."""
        names = self.names.grown(value for value in values.values() if value)
        found = {value: names.row(value) for value in {*values.values()} if value}
        codes = changed(self.codes, size, {row: found[value] if value else NONE for row, value in values.items()}, NONE)
        return self if codes is self.codes else Labels(codes, names)


def changed(column: Column, size: int, values: Mapping[int, object], nothing: object) -> Column:
    """A column grown to `size` rows with other values in some of them; itself when nothing is other.

    What is worked out from a column stays true as long as the column stays the same object.
    """
    rows, fresh = np.fromiter(values, np.int64, len(values)), np.array([*values.values()], column.dtype)
    if size == len(column) and np.array_equal(column[rows], fresh, equal_nan=column.dtype.kind == "f"):
        return column
    grown = np.full(size, nothing, column.dtype)
    grown[: len(column)] = column
    grown[rows] = fresh
    return cast("Column", grown)
