"""Items at places of their own: pinned by a rule, or new ones that a list keeps a place for."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from recommender.engine.question import Question
from recommender.engine.rules import Pin
from recommender.vocabulary import Rows


@dataclass(frozen=True, slots=True)
class Seat:
    """A place that is not due to an item's score."""

    place: int
    """From 1; beyond the list's end it is the last one."""
    source: str
    """What gave it: `pin` or `new`."""
    rule: str | None = None


def pins(question: Question, true: Rows | None = None) -> list[Pin]:
    """Items that rules pin to this list and that may be shown: the first pin of each, as many as there are places.

    Args:
        question: the list; what it may not show, no rule can pin to it.
        true: the only rows that may stand in a list whose name is a claim; None for other lists.
    """
    wanted = question.policy.pins
    if not wanted:
        return []
    rows = np.array([pin.row for pin in wanted], np.int32)
    good = question.eligible(rows)
    if true is not None:
        good &= np.isin(rows, true)
    first: dict[int, Pin] = {}
    for pin, fits in zip(wanted, good, strict=True):
        if fits:
            first.setdefault(pin.row, pin)
    return sorted(first.values(), key=lambda pin: pin.place)[: question.query.limit]


def arranged(places: Sequence[int], size: int) -> list[int | None]:
    """Which of the seated stands at each place of a list of `size`; None is left to the others.

    A place that is taken gives way to the next free one, and behind the end of the list to the last free one.
    """
    found: list[int | None] = [None] * size
    for number, place in enumerate(places):
        wanted = min(place, size) - 1
        free = chain(range(wanted, size), reversed(range(wanted)))
        found[next(seat for seat in free if found[seat] is None)] = number
    return found
