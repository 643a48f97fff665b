"""Ids and their rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Vocabulary:
    """Distinct ids in a fixed order; an id's place is its row."""

    ids: Sequence[str]
    _rows: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = {id_: row for row, id_ in enumerate(self.ids)}
        if len(rows) != len(self.ids):
            raise ValueError("a vocabulary holds each id once")
        object.__setattr__(self, "_rows", rows)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._rows

    def __getitem__(self, row: int) -> str:
        return self.ids[row]

    def row(self, id_: str) -> int | None:
        """The id's row, or None when it is unknown."""
        return self._rows.get(id_)

    def rows(self, ids: Iterable[str]) -> Rows:
        """Rows of the known ids among `ids`, in their order; unknown ids are left out."""
        known = (self._rows.get(id_) for id_ in ids)
        return np.array([row for row in known if row is not None], np.int32)
