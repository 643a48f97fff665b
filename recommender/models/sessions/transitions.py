"""Transitions: what follows what in a session, and what a short random walk along them reaches."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, PositiveFloat, PositiveInt

from recommender.models.arrays import FloatArray, IntArray, LongArray, load_arrays, offsets, save_arrays
from recommender.models.compiling import compiled
from recommender.models.interactions import decay
from recommender.models.sessions.steps import Sessions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Share = Field(gt=0, le=1)


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
        return cls(*following, *_lists(around, config, steps=config.walk_steps))

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
    sources, targets, weights = [], [], []
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


def _lists(
    shares: "csr_array[Any]", config: TransitionConfig, *, steps: int
) -> tuple[LongArray, IntArray, FloatArray]:
    rows, scores = walk(
        shares.indptr.astype(np.int64),
        shares.indices.astype(np.int32),
        shares.data.astype(np.float32),
        steps,
        np.float32(config.walk_factor),
        config.walk_width,
        config.neighbours,
    )
    known = rows >= 0
    return offsets(known.sum(axis=1)), rows[known], scores[known]


@compiled
def walk(
    starts: LongArray, targets: IntArray, shares: FloatArray, steps: int, factor: np.float32, width: int, kept: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For each item the `kept` items that a walk from it meets most; -1 fills the rest.

    Args:
        starts: where the transitions of each item begin.
        targets: where they lead.
        shares: how often they are taken.
        steps: how far the walk goes.
        factor: what each further step counts less.
        width: likeliest items from which the walk goes on.
        kept: items to keep.
    """
    items = len(starts) - 1
    rows = np.full((items, kept), -1, np.int32)
    scores = np.zeros((items, kept), np.float32)
    total, here = np.zeros(items, np.float32), np.zeros(items, np.float32)
    met, reached = np.empty(items, np.int32), np.empty(items, np.int32)
    front, chance = np.empty(items, np.int32), np.empty(items, np.float32)
    for item in range(items):
        front[0], chance[0], fronts, mets = item, np.float32(1), 1, 0
        weight = np.float32(1)
        for _ in range(steps):
            count = 0
            for place in range(fronts):
                for cell in range(starts[front[place]], starts[front[place] + 1]):
                    target = targets[cell]
                    if here[target] == 0:
                        reached[count] = target
                        count += 1
                    here[target] += chance[place] * shares[cell] + np.float32(1e-30)
            least = np.float32(0)
            if count > width:
                least = np.partition(here[reached[:count]], count - width)[count - width]
            fronts = 0
            for place in range(count):
                target = reached[place]
                if here[target] >= least and fronts < 2 * width:
                    front[fronts], chance[fronts] = target, here[target]
                    fronts += 1
                    if total[target] == 0:
                        met[mets] = target
                        mets += 1
                    total[target] += weight * here[target]
                here[target] = 0
            weight *= factor
        total[item] = 0
        found = total[met[:mets]]
        order = np.argsort(-found, kind="mergesort")
        for place in range(min(kept, mets)):
            if found[order[place]] > 0:
                rows[item, place], scores[item, place] = met[order[place]], found[order[place]]
        for place in range(mets):
            total[met[place]] = 0
    return rows, scores
