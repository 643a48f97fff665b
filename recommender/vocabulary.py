"""Ids and their rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]


class Finder(Protocol):
    """Knows which row an id has."""

    def row(self, key: str, /) -> int | None:
        """The row, or None when the id is unknown."""


@dataclass(frozen=True)
class Vocabulary:
    """Distinct ids in a fixed order; an id's place is its row."""

    ids: Sequence[str]
    finder: Finder | None = field(repr=False, compare=False, default=None)
    """Finds the rows; left out: a dictionary is made for it."""
    _found: Finder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_found", self.finder or _Dictionary(self.ids))

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __contains__(self, id_: object) -> bool:
        return isinstance(id_, str) and self.row(id_) is not None

    def __getitem__(self, row: int) -> str:
        return self.ids[row]

    def row(self, id_: str) -> int | None:
        """The id's row, or None when it is unknown."""
        return self._found.row(id_)

    def rows(self, ids: Iterable[str]) -> Rows:
        """Rows of the known ids among `ids`, in their order; unknown ids are left out."""
        known = (self._found.row(id_) for id_ in ids)
        return np.array([row for row in known if row is not None], np.int32)


class _Dictionary:
    """The rows of ids that are in memory anyway."""

    def __init__(self, ids: Sequence[str]) -> None:
        rows = {id_: row for row, id_ in enumerate(ids)}
        if len(rows) != len(ids):
            raise ValueError("a vocabulary holds each id once")
        self.row = rows.get


@dataclass(frozen=True)
class Grown:
    """A vocabulary and the ids that came after it; grows by making another one."""

    first: Vocabulary
    later: dict[str, int] = field(default_factory=dict)
    """Rows of those that came later, in their order."""
    _later: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.first) + len(self._later)

    def __iter__(self) -> Iterator[str]:
        yield from self.first
        yield from self._later

    def __getitem__(self, row: int) -> str:
        size = len(self.first)
        return self.first[row] if row < size else self._later[row - size]

    def row(self, id_: str) -> int | None:
        """The id's row, or None when it is unknown."""
        row = self.first.row(id_)
        return self.later.get(id_) if row is None else row

    def rows(self, ids: Iterable[str]) -> Rows:
        """Rows of the known ids among `ids`, in their order; unknown ids are left out."""
        known = (self.row(id_) for id_ in ids)
        return np.array([row for row in known if row is not None], np.int32)

    def grown(self, ids: Iterable[str]) -> "Grown":
        """With those of `ids` that are unknown, in their order."""
        fresh = [id_ for id_ in dict.fromkeys(ids) if self.row(id_) is None]
        if not fresh:
            return self
        start = len(self)
        later = {**self.later, **{id_: row for row, id_ in enumerate(fresh, start)}}
        return Grown(self.first, later, (*self._later, *fresh))


NO_IDS = Vocabulary(())
