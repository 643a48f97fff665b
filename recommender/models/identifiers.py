"""Many ids in a file: found by hash without a dictionary in memory."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Self, overload

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import ByteArray, IntArray, LongArray, load_arrays, offsets, save_arrays
from recommender.vocabulary import Vocabulary

KEPT_ROWS = 16_384
"""Keys whose rows are remembered: a page asks for the same few many times, and visitors for the same popular ones."""


def hashed(key: str) -> int:
    """64 bits of a key, equal in every process."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, eq=False)
class KeyTable:
    """Keys and the row each stands for; several keys may stand for one row."""

    hashes: NDArray[np.uint64]
    """Sorted."""
    rows: IntArray
    ends: LongArray
    text: ByteArray
    """The keys end to end, in the order of their hashes: two keys may share a hash."""

    @classmethod
    def build(cls, keys: Sequence[str], rows: IntArray) -> Self:
        """Make a table in which `keys[i]` stands for `rows[i]`."""
        hashes = np.array([hashed(key) for key in keys], np.uint64)
        order = np.lexsort((rows, hashes))
        spelled = [keys[place].encode() for place in order]
        text = np.frombuffer(b"".join(spelled), np.uint8)
        return cls(hashes[order], rows[order].astype(np.int32), offsets(np.array([*map(len, spelled)], np.int64)), text)

    def __len__(self) -> int:
        return len(self.hashes)

    @cached_property
    def row(self) -> Callable[[str], int | None]:
        """The row that a key stands for, or None; what was asked for lately is remembered."""
        return lru_cache(KEPT_ROWS)(self._row)

    def _row(self, key: str) -> int | None:
        wanted, spelled = np.uint64(hashed(key)), key.encode()
        place = int(self.hashes.searchsorted(wanted))
        while place < len(self.hashes) and self.hashes[place] == wanted:
            if self.key(place).encode() == spelled:
                return int(self.rows[place])
            place += 1
        return None

    def key(self, place: int) -> str:
        """The key at a place in the order of the hashes."""
        return str(self._spelled[self.ends.item(place) : self.ends.item(place + 1)], "utf-8")

    def spelled(self) -> Iterator[memoryview]:
        """Every key in UTF-8, in the order of the hashes."""
        bounds = self.ends.tolist()
        return (self._spelled[start:end] for start, end in pairwise(bounds))

    def where(self, kept: NDArray[np.bool_], rows: IntArray | None = None) -> "KeyTable":
        """The table of the keys at these places only, standing for other `rows` if given: one for each place of all."""
        lengths = np.diff(self.ends)
        text = self.text[np.repeat(kept, lengths)]
        return KeyTable(self.hashes[kept], (self.rows if rows is None else rows)[kept], offsets(lengths[kept]), text)

    @cached_property
    def _spelled(self) -> memoryview:
        return np.ascontiguousarray(self.text).data

    def save(self, folder: Path) -> None:
        """Write the table below `folder`."""
        save_arrays(folder, hashes=self.hashes, rows=self.rows, ends=self.ends, text=self.text)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, "hashes", "rows", "ends", "text"))


@dataclass(frozen=True, eq=False)
class StoredIds(Sequence[str]):
    """The ids of a vocabulary in files: looked up both ways, and none of them in memory."""

    table: KeyTable
    """Of ids and their rows."""
    places: IntArray
    """Where each row's id stands in the table."""

    @classmethod
    def build(cls, ids: Sequence[str]) -> Self:
        """Store distinct `ids` in their order."""
        table = KeyTable.build(ids, np.arange(len(ids), dtype=np.int32))
        return cls(table, np.argsort(table.rows, kind="stable").astype(np.int32))

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self.table.key(int(place)) for place in self.places[row]]
        return self.table.key(self.places.item(row))

    def __iter__(self) -> Iterator[str]:
        return (self.table.key(place) for place in self.places.tolist())

    def where(self, kept: NDArray[np.bool_]) -> "StoredIds":
        """The ids in these rows only; the rows close up."""
        renumbered = (np.cumsum(kept) - 1).astype(np.int32)
        table = self.table.where(kept[self.table.rows], renumbered[self.table.rows])
        return StoredIds(table, np.argsort(table.rows, kind="stable").astype(np.int32))

    @property
    def vocabulary(self) -> Vocabulary:
        """The same ids as a vocabulary."""
        return Vocabulary(self, self.table)

    def save(self, folder: Path) -> None:
        """Write the ids below `folder`."""
        self.table.save(folder)
        save_arrays(folder, places=self.places)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        (places,) = load_arrays(folder, "places")
        return cls(KeyTable.load(folder), places)


def stored(vocabulary: Vocabulary) -> StoredIds:
    """The ids of `vocabulary` as they are stored; those that lie in files already are taken as they are."""
    ids = vocabulary.ids
    return ids if isinstance(ids, StoredIds) else StoredIds.build(ids)
