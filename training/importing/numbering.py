"""Ids of imported rows, made from what they say, so that importing a row again gives the same id."""

import hashlib
from collections import Counter
from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Counts = NDArray[np.int64]

DIGEST_BYTES = 12


def digests(texts: Iterable[str]) -> list[bytes]:
    """A short digest of each text, the same on every machine and in every version."""
    return [hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).digest() for text in texts]


def keys_of(made: list[bytes]) -> Keys:
    """The first eight bytes of each digest as a number."""
    return np.frombuffer(b"".join(made), np.uint8).reshape(-1, DIGEST_BYTES)[:, :8].copy().view(np.uint64).ravel()


class Occurrences:
    """Counts identical rows within a day while a file streams by.

    Eight bytes are kept for each row; sorted runs of doubling size make looking up and adding cheap.
    """

    def __init__(self) -> None:
        self._runs: dict[int, list[Keys]] = {}
        self._repeated: Counter[tuple[int, int]] = Counter()

    def number(self, days: NDArray[np.int64], keys: Keys) -> Counts:
        """For each row how many rows of the same day and key came before it, in this call or an earlier one."""
        frame = pl.DataFrame({"day": days, "key": keys}).with_row_index("row")
        placed = frame.with_columns(place=pl.int_range(pl.len()).over("day", "key"))
        numbers = placed["place"].to_numpy().astype(np.int64)
        for (day,), rows in placed.partition_by("day", as_dict=True).items():
            places = rows["row"].to_numpy()
            numbers[places] += self._before(int(day), rows["key"].to_numpy())
            self._remember(int(day), rows["key"])
        return numbers

    def _before(self, day: int, keys: Keys) -> Counts:
        found = np.zeros(len(keys), np.bool_)
        for run in self._runs.get(day, []):
            places = np.searchsorted(run, keys)
            found |= run[np.minimum(places, len(run) - 1)] == keys
        before = found.astype(np.int64)
        for place in np.flatnonzero(found):
            before[place] += self._repeated[day, int(keys[place])]
        return before

    def _remember(self, day: int, keys: pl.Series) -> None:
        counted = keys.value_counts()
        distinct, counts = counted[keys.name].to_numpy(), counted["count"].to_numpy().astype(np.int64)
        again = self._before(day, distinct) > 0
        more = counts - ~again
        for place in np.flatnonzero(more):
            self._repeated[day, int(distinct[place])] += int(more[place])
        self._add_run(self._runs.setdefault(day, []), np.sort(distinct[~again]))

    def _add_run(self, runs: list[Keys], run: Keys) -> None:
        while runs and len(runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([runs.pop(), run]), kind="stable")
        if len(run):
            runs.append(run)
