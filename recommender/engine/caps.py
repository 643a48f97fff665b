"""At most so many of a kind: how often each brand, category or other value may stand in a list."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.labels import NONE, Labels
from recommender.catalog.table import CatalogTable
from recommender.catalog.text import fold
from recommender.catalog.values import Values
from recommender.engine.filter import CATEGORY_FIELDS, Mask, comparables
from recommender.vocabulary import Rows


@dataclass(frozen=True, slots=True)
class Cap:
    """The most items with one value of a field."""

    field: str
    most: int
    rule: str | None = None
    """The rule that says so; None: the list itself."""


def caps(brand: int | None, category: int | None) -> tuple[Cap, ...]:
    """The caps that a list asks for itself; None is no cap."""
    wanted = {"brand": brand, "category": category}
    return tuple(Cap(field, most) for field, most in wanted.items() if most is not None)


@dataclass(frozen=True, eq=False)
class Kinds:
    """What one field says of each row: a code, and the values that stand behind it.

    Of a field with several values, such as the colours of a shirt, each counts.
    """

    codes: NDArray[np.int32]
    """`NONE` for rows in which the field is empty: they are of no kind."""
    values: tuple[tuple[Any, ...], ...]
    """By code, as they are compared."""

    @classmethod
    def of(cls, table: CatalogTable, field: str) -> "Kinds":
        """Read a field of the catalogue."""
        if field == "brand":
            return cls._labelled(table.brand)
        if field in CATEGORY_FIELDS:
            return cls._labelled(table.category)
        return cls._listed(table.field(field))

    @classmethod
    def _labelled(cls, labels: Labels) -> "Kinds":
        return cls(labels.codes, tuple((fold(name),) for name in labels.names))

    @classmethod
    def _listed(cls, found: Values) -> "Kinds":
        known: dict[frozenset[Any], int] = {}
        compared = [comparables(value) for value in found.distinct]
        codes = [known.setdefault(values, len(known)) if values else NONE for values in compared]
        # The last one stands for rows without a value.
        return cls(np.array([*codes, NONE], np.int32)[found.codes], tuple(tuple(values) for values in known))

    @cached_property
    def single(self) -> NDArray[np.int32] | None:
        """One number for the value of each row, `NONE` for none; None where some items have several values."""
        if any(len(values) > 1 for values in self.values):
            return None
        numbers: dict[Any, int] = {}
        found = [numbers.setdefault(values[0], len(numbers)) if values else NONE for values in self.values]
        # The last one stands for rows without a value.
        return np.array([*found, NONE], np.int32)[self.codes]

    @cached_property
    def holders(self) -> dict[Any, list[int]]:
        """The codes behind which each value stands."""
        found: dict[Any, list[int]] = {}
        for code, values in enumerate(self.values):
            for value in values:
                found.setdefault(value, []).append(code)
        return found


class Tally:
    """Counts the kinds in one list.

    Args:
        caps: how many there may be.
        kinds: what the field of each cap says.
    """

    def __init__(self, caps: Sequence[Cap], kinds: Sequence[Kinds]) -> None:
        self._counts = [_Count(cap, kind) for cap, kind in zip(caps, kinds, strict=True)]

    def full(self, rows: Rows) -> Mask:
        """Which of `rows` would be one too many."""
        flags = np.zeros(len(rows), np.bool_)
        for count in self._counts:
            flags |= count.full[count.kinds.codes[rows]]
        return flags

    def exceeded(self, row: int) -> tuple[Cap, ...]:
        """The caps for which the item in `row` would be one too many."""
        return tuple(count.cap for count in self._counts if count.full[count.kinds.codes[row]])

    def add(self, row: int) -> None:
        """Count the item in `row`."""
        for count in self._counts:
            count.change(row, 1)

    def remove(self, row: int) -> None:
        """Count it no more."""
        for count in self._counts:
            count.change(row, -1)


class _Count:
    def __init__(self, cap: Cap, kinds: Kinds) -> None:
        self.cap = cap
        self.kinds = kinds
        self.full = np.zeros(len(kinds.values) + 1, np.bool_)
        """By code; the last one stands for `NONE`, which never is."""
        self._seen: Counter[Any] = Counter()

    def change(self, row: int, by: int) -> None:
        code = self.kinds.codes[row]
        if code == NONE:
            return
        for value in self.kinds.values[code]:
            self._seen[value] += by
            for holder in self.kinds.holders[value]:
                self.full[holder] = any(self._seen[one] >= self.cap.most for one in self.kinds.values[holder])
