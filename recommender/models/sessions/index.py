"""Neighbour sessions: what went on in the recent sessions that resemble this one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat, PositiveInt

from recommender.models.arrays import FloatArray, IntArray, LongArray, load_arrays, offsets, save_arrays
from recommender.models.interactions import decay
from recommender.models.sessions.steps import Sessions


class SessionIndexConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`SessionIndex.fit`."""

    recent_sessions: PositiveInt = 1000
    """Of the sessions that hold an item only this many latest ones are looked at."""
    half_life_days: PositiveFloat = 120
    """Age at which a session counts half."""
    length_exponent: NonNegativeFloat = 0.5
    """How strongly long sessions are discounted."""
    idf_exponent: NonNegativeFloat = 1.5
    """How much more a rare item that both sessions hold says."""


@dataclass(frozen=True, eq=False)
class SessionIndex:
    """Recent sessions, and for each item those that hold it, the latest first."""

    starts: LongArray
    item_rows: IntArray
    weights: FloatArray
    """How much each session counts: less when old, less when long."""
    posting_starts: LongArray
    postings: IntArray
    idf: FloatArray
    """How telling each item is."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def fit(cls, sessions: Sessions, config: SessionIndexConfig) -> Self:
        """Index `sessions`."""
        items, owners = _distinct(sessions)
        degrees = np.bincount(items, minlength=sessions.items)
        place = np.arange(len(items)) - offsets(degrees)[items]
        kept = place < config.recent_sessions
        age = decay(sessions.ages_days, config.half_life_days)
        lengths = np.diff(sessions.starts).astype(np.float32)
        idf = np.log((1 + len(sessions)) / (1 + degrees)) ** config.idf_exponent
        return cls(
            sessions.starts,
            sessions.item_rows,
            (age / lengths**config.length_exponent).astype(np.float32),
            offsets(np.minimum(degrees, config.recent_sessions)),
            owners[kept],
            idf.astype(np.float32),
        )

    def save(self, folder: Path) -> None:
        """Write the index below `folder`."""
        save_arrays(folder, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, *cls.__dataclass_fields__))


def _distinct(sessions: Sessions) -> tuple[IntArray, IntArray]:
    """Each item of each session once: by item, the latest session first."""
    owners = sessions.owners()
    order = np.lexsort((-owners, sessions.item_rows))
    items, owners = sessions.item_rows[order], owners[order]
    first = np.ones(len(items), bool)
    first[1:] = (items[1:] != items[:-1]) | (owners[1:] != owners[:-1])
    return items[first], owners[first]
