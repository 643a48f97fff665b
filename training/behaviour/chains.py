"""How far people get through steps that follow each other, and when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import IntArray, LongArray
from training.behaviour.walks import Flags, Places, firsts, following

MISSED = -1


@dataclass(frozen=True)
class Chains:
    """The best try of everybody who took the first step."""

    rows: NDArray[np.intp]
    """Of each try the row of each step: tries by steps, -1 for steps that were not reached."""

    @property
    def reached(self) -> IntArray:
        """How many steps each came to."""
        found: IntArray = (self.rows != MISSED).sum(axis=1).astype(np.int32)
        return found


def chains(units: IntArray, at: LongArray, hits: Sequence[Flags], within: int | None = None) -> Chains:
    """Find everybody's way through the steps: each step is a later row of the same unit than the one before.

    Tries begin with each first step; of a unit's tries the one that gets farthest counts, the earliest of several.

    Args:
        units: session or person of each row; rows are in order of unit and time.
        at: moment of each row, in microseconds.
        hits: of each step, which rows are it.
        within: a try ends so many microseconds after its first step; left out: with the unit.
    """
    starts: Places = np.flatnonzero(hits[0])
    if within is None and len(starts):
        # Without an end, nobody gets farther from a later start than from the first.
        starts = starts[firsts(units[starts])]
    tries = np.full((len(starts), len(hits)), MISSED, np.intp)
    if not len(starts):
        return Chains(tries)
    tries[:, 0] = starts
    padded_units, padded_at = np.append(units, units[-1] + 1), np.append(at, at[-1])
    place = starts
    for step, hit in enumerate(hits[1:], start=1):
        later = np.append(following(hit), len(units))[place]
        good = padded_units[later] == units[starts]
        if within is not None:
            good &= padded_at[later] - at[starts] <= within
        place = np.where(good, later, len(units))
        tries[:, step] = np.where(good, later, MISSED)
    found = Chains(tries)
    return found if within is None else Chains(tries[_best(units[starts], found.reached)])


def _best(units: IntArray, reached: IntArray) -> Places:
    """Of each unit's tries the first of those that got farthest."""
    order = np.lexsort((-reached, units))
    return order[firsts(units[order])]
