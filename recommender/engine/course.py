"""The course of the present session: what the visitor looked at, step by step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.days import SESSION_GAP
from recommender.engine.request import Interaction, Visitor
from recommender.engine.trail import CODES
from recommender.events.names import EventName
from recommender.models.interactions import EVENT_CODES
from recommender.vocabulary import Rows, Vocabulary

PAUSE = SESSION_GAP.total_seconds()
"""Seconds without an event that end a session."""
CART = EVENT_CODES[EventName.ADD_TO_CART]


@dataclass(frozen=True, eq=False)
class Course:
    """One entry a step, the oldest first; only items that the models know."""

    rows: Rows
    codes: NDArray[np.uint8]
    """The strongest event of each step; see EVENT_CODES."""

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(cls, visitor: Visitor, items: Vocabulary, now: datetime) -> Self:
        """The session sent with the request, else the one that the visitor's live state tells of."""
        told: Sequence[Interaction] = ()
        if visitor.personal:
            told = visitor.session or tuple(_present(visitor.history, now.timestamp()))
        steps = [
            (row, CODES[event.event])
            for event in told
            if event.event in CODES and (row := items.row(event.item_id)) is not None
        ]
        steps = _merged(steps)
        if visitor.personal and steps:
            steps = _with_cart(steps, [row for item in visitor.cart if (row := items.row(item.item_id)) is not None])
        rows, codes = np.array([row for row, _ in steps], np.int32), np.array([code for _, code in steps], np.uint8)
        return cls(rows, codes)


def _present(history: Sequence[Interaction], moment: float) -> Iterable[Interaction]:
    """The latest events with no long pause between them, if the last one is not long ago."""
    later = [moment, *(event.timestamp if event.timestamp is not None else moment for event in reversed(history))]
    count = next((place for place, (new, old) in enumerate(pairwise(later)) if new - old > PAUSE), len(history))
    return history[len(history) - count :]


def _merged(steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What raises the interest in the item just looked at is one step, as it was when the models learned."""
    found: list[tuple[int, int]] = []
    previous = (-1, -1)
    for step in steps:
        if step[0] == previous[0] and step[1] > previous[1]:
            found[-1] = step
        else:
            found.append(step)
        previous = step
    return found


def _with_cart(steps: list[tuple[int, int]], cart: Sequence[int]) -> list[tuple[int, int]]:
    """Items of the cart count as put there: at the step that met them last, else before all others."""
    found = list(steps)
    for row in cart:
        last = next((place for place in reversed(range(len(found))) if found[place][0] == row), None)
        if last is None:
            found.insert(0, (row, CART))
        else:
            found[last] = (row, max(found[last][1], CART))
    return found
