"""The ways that lead to a purchase, and those that lead out of the shop."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.behaviour.labels import LABELS, PURCHASE
from training.behaviour.walks import Walk, firsts, from_here

STEPS, MOST_STEPS = 5, 7
TOP: Final = 20
"""Paths that are told one by one."""
BITS: Final = 8
"""A step takes so many bits of a number that stands for a path; 0 is no step."""
BOUGHT: Final = LABELS.index(PURCHASE)


class To(StrEnum):
    """Where paths lead."""

    PURCHASE = "purchase"
    """To a session's first purchase."""
    EXIT = "exit"
    """To the end of a session without one."""


@dataclass
class PathCounter:
    """Counts the last steps of each session before its end, repetitions collapsed, some of the people at a time."""

    to: To = To.PURCHASE
    steps: int = STEPS
    """How many steps before the end, at most 7."""
    columns: Sequence[pl.Expr] = ()
    """What has to be read beside what always is."""
    _counts: Counter[int] = field(default_factory=Counter)
    _sessions: int = 0

    def take(self, rows: pl.DataFrame) -> None:
        """Count some people's rows; see :meth:`training.behaviour.visits.Visits.parts`."""
        walk = Walk.of(rows)
        ends, begins = _ends(walk, self.to)
        self._sessions += len(np.unique(walk.sessions))
        packed, found = np.unique(_packed(walk.labels, begins, ends, self.steps), return_counts=True)
        self._counts.update(dict(zip(packed.tolist(), found.tolist(), strict=True)))

    def document(self) -> dict[str, Any]:
        """What was counted, as JSON values."""
        total = self._counts.total()
        best = sorted(self._counts.items(), key=lambda one: (-one[1], one[0]))[:TOP]
        return {
            "to": self.to.value,
            "steps": self.steps,
            "sessions": self._sessions,
            "ending": total,
            "different": len(self._counts),
            "paths": [{"path": _names(path), "sessions": count, "share": count / total} for path, count in best],
            "links": _links(self._counts, self.to),
            "notes": [] if total else [_nothing(self.to, self._sessions)],
        }


def _ends(walk: Walk, to: To) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Place after the last step of each path, and place of the first action of its session."""
    first = np.flatnonzero(firsts(walk.sessions))
    after = np.append(first[1:], len(walk.sessions))[: len(first)]
    purchase = from_here(walk.labels == BOUGHT)[first]
    buys = purchase < after
    return (purchase[buys], first[buys]) if to is To.PURCHASE else (after[~buys], first[~buys])


def _packed(
    labels: NDArray[np.uint8], begins: NDArray[np.intp], ends: NDArray[np.intp], steps: int
) -> NDArray[np.uint64]:
    """Each path as one number, its last step in the lowest bits."""
    packed = np.zeros(len(ends), np.uint64)
    for back in range(1, steps + 1):
        there = ends - back >= begins
        label = labels[np.where(there, ends - back, 0)].astype(np.uint64) + np.uint64(1)
        packed |= np.where(there, label << np.uint64(BITS * (back - 1)), np.uint64(0))
    return packed


def _unpacked(path: int) -> list[int]:
    """Labels of a path, the last step first."""
    found = []
    while path:
        found.append((path & (2**BITS - 1)) - 1)
        path >>= BITS
    return found


def _names(path: int) -> list[str]:
    return [LABELS[label] for label in reversed(_unpacked(path))]


def _links(counts: Mapping[int, int], to: To) -> list[dict[str, Any]]:
    """How many sessions went from one step to the next; `back` is how far the second of them is from the end."""
    links: defaultdict[tuple[int, str, str], int] = defaultdict(int)
    for path, count in counts.items():
        names = [to.value, *(LABELS[label] for label in _unpacked(path))]
        for back, (after, before) in enumerate(pairwise(names)):
            links[back, before, after] += count
    order = sorted(links.items(), key=lambda one: (one[0][0], -one[1], one[0]))
    return [{"back": back, "from": before, "to": after, "sessions": n} for (back, before, after), n in order]


def _nothing(to: To, sessions: int) -> str:
    if not sessions:
        return "Nobody did anything in this time that a path could be made of."
    return "No session ended in a purchase." if to is To.PURCHASE else "Every session ended in a purchase."
