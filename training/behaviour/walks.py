"""Arrays over rows in order: what comes next, and what somebody did instead."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.models.arrays import ByteArray, IntArray
from training.behaviour.labels import ACTIONS, EXIT, LABELS
from training.behaviour.visits import LABEL, SESSION

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]
IS_ACTION: Final = np.isin(np.arange(len(LABELS)), ACTIONS)


def from_here(hits: Flags) -> Places:
    """Of each row, and of the end, the first hit from there on; the number of rows where none comes."""
    count = len(hits)
    places = np.append(np.where(hits, np.arange(count), count), count)
    return np.minimum.accumulate(places[::-1])[::-1]


def following(hits: Flags) -> Places:
    """Of each row the next one after it that is a hit; the number of rows where none comes."""
    return from_here(hits)[1:]


def firsts(units: IntArray) -> Flags:
    """Which rows are the first of their unit; units stand together."""
    found = np.ones(len(units), np.bool_)
    found[1:] = np.diff(units) != 0
    return found


@dataclass(frozen=True)
class Walk:
    """What people did in sessions, each thing once however often it was repeated in a row."""

    sessions: IntArray
    """Of each action its session, rising."""
    labels: ByteArray
    places: Places
    """The row with which it began."""

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Walk":
        """The actions among rows that are in order."""
        sessions, labels = rows[SESSION].to_numpy(), rows[LABEL].to_numpy()
        places = np.flatnonzero(IS_ACTION[labels])
        new = np.ones(len(places), np.bool_)
        new[1:] = (np.diff(labels[places]) != 0) | (np.diff(sessions[places]) != 0)
        places = places[new]
        return cls(sessions[places], labels[places], places)

    def instead(self, rows: Places, sessions: IntArray) -> ByteArray:
        """What was done after some rows, repetitions aside, in the same session; else that somebody left.

        Args:
            rows: places of the rows.
            sessions: of each row.
        """
        after = np.searchsorted(self.places, rows, side="right")
        here = np.append(self.sessions, np.int32(-1))[after] == sessions
        return np.where(here, np.append(self.labels, np.uint8(EXIT))[after], np.uint8(EXIT))
