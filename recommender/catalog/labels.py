"""A column of texts with few distinct values: brands, categories, groups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]

NONE = -1
"""Code of an item without a value."""


@dataclass(frozen=True, eq=False)
class Labels:
    """One code for each row, and the text that each code stands for."""

    codes: Codes
    names: tuple[str, ...] = ()
    _codes: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_codes", {name: code for code, name in enumerate(self.names)})

    @classmethod
    def empty(cls, size: int) -> "Labels":
        """A column of `size` rows without values."""
        return cls(np.full(size, NONE, np.int32))

    def name(self, row: int) -> str | None:
        """The row's text."""
        code = self.codes[row]
        return None if code == NONE else self.names[code]

    def code(self, name: str) -> int | None:
        """The code of a text that some row holds or once held."""
        return self._codes.get(name)

    def changed(self, size: int, values: Mapping[int, str | None]) -> "Labels":
        """The column grown to `size` rows, with other values in some of them."""
        codes = np.full(size, NONE, np.int32)
        codes[: len(self.codes)] = self.codes
        known, names = self._codes, self.names
        if fresh := [name for name in _distinct(values.values()) if name not in known]:
            names = (*names, *fresh)
            known = {**known, **{name: code for code, name in enumerate(fresh, len(self.names))}}
        for row, value in values.items():
            codes[row] = known[value] if value else NONE
        return Labels(codes, names)


def _distinct(values: Iterable[str | None]) -> Iterable[str]:
    return dict.fromkeys(value for value in values if value)
