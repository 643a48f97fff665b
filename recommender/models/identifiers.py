"""Many ids in a file: found by hash without a dictionary in memory."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import ByteArray, IntArray, LongArray, load_arrays, offsets, save_arrays


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

    def row(self, key: str) -> int | None:
        """The row that `key` stands for, or None."""
        wanted, spelled = np.uint64(hashed(key)), key.encode()
        place = int(np.searchsorted(self.hashes, wanted))
        while place < len(self.hashes) and self.hashes[place] == wanted:
            if self.text[self.ends[place] : self.ends[place + 1]].tobytes() == spelled:
                return int(self.rows[place])
            place += 1
        return None

    def save(self, folder: Path) -> None:
        """Write the table below `folder`."""
        save_arrays(folder, hashes=self.hashes, rows=self.rows, ends=self.ends, text=self.text)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, "hashes", "rows", "ends", "text"))
