"""Transitions: what follows what in a session, and what a short random walk along them reaches."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import BaseModel, Field, PositiveFloat, PositiveInt

from recommender.models.arrays import FloatArray, IntArray, LongArray, laid, load_arrays, offsets, save_arrays
from recommender.models.compiling import compiled
from recommender.models.interactions import decay
from recommender.models.sessions.steps import Sessions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

AT_ONCE = 65_536
"""Items whose walks are held at once, with room for all that they may meet: 52 MB by default."""


class TransitionConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`TransitionModel.fit`."""

    reach: PositiveInt = 3
    """Steps of a session up to this far apart are a transition ..."""
    distance_factor: float = Field(0.5, gt=0, le=1)
    """... that counts this much less for each step between."""
    reverse_factor: float = Field(0.6, ge=0, le=1)
    """What the way back counts in the walk."""
    half_life_days: PositiveFloat = 120
    """Age at which a session counts half."""
    walk_steps: PositiveInt = 5
    """How far the walk goes."""
    walk_factor: float = Field(0.8, gt=0, le=1)
    """What each further step of the walk counts less."""
    walk_width: PositiveInt = 100
    """Items among which the walk goes on at each step."""
    walk_followed: PositiveInt = 100
    """Likeliest ways on from an item that are followed. Without a bound the walks would grow with the square of a log,
    since all of them pass the few items that lead nearly everywhere; 100 keep 99.9 % of what they would find."""
    neighbours: PositiveInt = 100
    """Items kept for each item."""


@dataclass(frozen=True, eq=False)
class TransitionModel:
    """For each item the items that follow it, and those that a walk from it reaches; both best first."""

    next_starts: LongArray
    next_rows: IntArray
    next_scores: FloatArray
    """Share of the transitions from the item."""
    walk_starts: LongArray
    walk_rows: IntArray
    walk_scores: FloatArray

    def __len__(self) -> int:
        return len(self.next_starts) - 1

    @classmethod
    def fit(cls, sessions: Sessions, config: TransitionConfig) -> Self:
        """Count transitions and walk along them."""
        forward = _counted(sessions, config)
        onward = _shares(forward)
        around = _shares(forward + config.reverse_factor * forward.T.tocsr())
        following = _lists(onward, config, steps=1)
        followed = _strongest(around, config.walk_followed)
        return cls(*following, *_lists(followed, config, steps=config.walk_steps))

    def save(self, folder: Path) -> None:
        """Write the lists below `folder`."""
        save_arrays(folder, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, *cls.__dataclass_fields__))


def _counted(sessions: Sessions, config: TransitionConfig) -> "csr_array[Any]":
    from scipy.sparse import coo_array

    owners, items = sessions.owners(), sessions.item_rows
    age = decay(sessions.ages_days, config.half_life_days)
    sources: list[IntArray] = []
    targets: list[IntArray] = []
    weights: list[FloatArray] = []
    for distance in range(1, config.reach + 1):
        together = (owners[distance:] == owners[:-distance]) & (items[distance:] != items[:-distance])
        sources.append(items[:-distance][together])
        targets.append(items[distance:][together])
        weights.append(age[owners[distance:][together]] * config.distance_factor ** (distance - 1))
    cells = (np.concatenate(weights).astype(np.float64), (np.concatenate(sources), np.concatenate(targets)))
    return coo_array(cells, shape=(sessions.items, sessions.items)).tocsr()


def _shares(counts: "csr_array[Any]") -> "csr_array[Any]":
    """Each row scaled to a sum of 1."""
    counts = counts.tocsr()
    counts.sort_indices()
    totals = np.add.reduceat(np.append(counts.data, 0.0), counts.indptr[:-1]) * (np.diff(counts.indptr) > 0)
    counts.data = counts.data / np.repeat(np.maximum(totals, 1e-12), np.diff(counts.indptr))
    return counts


def _strongest(shares: "csr_array[Any]", most: int) -> "csr_array[Any]":
    """The `most` highest shares of each row, as they are; of equal ones those that come first."""
    from scipy.sparse import csr_array

    widths = np.diff(shares.indptr)
    kept = np.repeat(widths <= most, widths)
    for row in np.flatnonzero(widths > most).tolist():
        begin, end = shares.indptr[row : row + 2]
        kept[begin + np.argsort(-shares.data[begin:end], kind="stable")[:most]] = True
    return csr_array((shares.data[kept], shares.indices[kept], offsets(np.minimum(widths, most))), shape=shares.shape)


def _lists(shares: "csr_array[Any]", config: TransitionConfig, *, steps: int) -> tuple[LongArray, IntArray, FloatArray]:
    starts, targets = shares.indptr.astype(np.int64), shares.indices.astype(np.int32)
    likely, factor = shares.data.astype(np.float32), np.float32(config.walk_factor)

    def parts() -> Iterator[tuple[LongArray, IntArray, FloatArray]]:
        for owners in np.array_split(np.arange(len(starts) - 1, dtype=np.int32), len(starts) // AT_ONCE + 1):
            rows, scores = walk(owners, starts, targets, likely, steps, factor, config.walk_width, config.neighbours)
            known = rows >= 0
            yield known.sum(axis=1), rows[known], scores[known]

    lengths, rows, scores = laid(parts(), np.int64, np.int32, np.float32)
    return offsets(lengths), rows, scores


@compiled
def walk(
    owners: IntArray,
    starts: LongArray,
    targets: IntArray,
    shares: FloatArray,
    steps: int,
    factor: np.float32,
    width: int,
    kept: int,
) -> tuple[IntArray, FloatArray]:
    """For each of some items the `kept` items that a walk from it meets most; -1 fills the rest.

    Args:
        owners: the items.
        starts: where the transitions of each item begin.
        targets: where they lead.
        shares: how often they are taken.
        steps: how far the walk goes.
        factor: what each further step counts less.
        width: likeliest items from which the walk goes on.
        kept: items to keep.
    """
    items = len(starts) - 1
    rows, scores = np.full((len(owners), kept), -1, np.int32), np.zeros((len(owners), kept), np.float32)
    total, here = np.zeros(items, np.float32), np.zeros(items, np.float32)
    met = np.empty(items, np.int32)
    for owner in range(len(owners)):
        item = owners[owner]
        front, chances = np.full(1, item, np.int32), np.ones(1, np.float32)
        weight, count = np.float32(1), 0
        for _ in range(steps):
            front, chances = onward(front, chances, starts, targets, shares, here, width)
            for place in range(len(front)):
                if total[front[place]] == 0:
                    met[count] = front[place]
                    count += 1
                total[front[place]] += weight * chances[place]
            weight *= factor
        total[item] = 0
        found = total[met[:count]]
        order = np.argsort(-found, kind="mergesort")[:kept]
        for place in range(len(order)):
            if found[order[place]] > 0:
                rows[owner, place], scores[owner, place] = met[order[place]], found[order[place]]
        total[met[:count]] = 0
    return rows, scores


@compiled
def onward(
    front: IntArray,
    chances: FloatArray,
    starts: LongArray,
    targets: IntArray,
    shares: FloatArray,
    here: FloatArray,
    width: int,
) -> tuple[IntArray, FloatArray]:
    """The likeliest items one step on from `front`, and their chances; `here` is scratch that comes and goes as 0."""
    most = 0
    for item in front:
        most += starts[item + 1] - starts[item]
    reached = np.empty(most, np.int32)
    count = 0
    for place in range(len(front)):
        for cell in range(starts[front[place]], starts[front[place] + 1]):
            gain = chances[place] * shares[cell]
            if gain > 0:
                if here[targets[cell]] == 0:
                    reached[count] = targets[cell]
                    count += 1
                here[targets[cell]] += gain
    reached = reached[:count]
    found = here[reached]
    here[reached] = 0
    if count <= width:
        return reached, found
    likely = np.flatnonzero(found >= np.partition(found, count - width)[count - width])[:width]
    return reached[likely], found[likely]
