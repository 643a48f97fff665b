"""Items that a source proposes, with their scores and how to say why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.engine.phrases import Phrase
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

Scores = NDArray[np.float32]


class Reason(NamedTuple):
    """Why an item is proposed, before it is put into words."""

    phrase: Phrase
    item: int | None = None
    """Row of the item that the phrase speaks of."""
    number: int | None = None
    text: str | None = None


Reasons = Callable[[Sequence[int]], Sequence[Reason]]
"""Reasons for the candidates at some places of their rows; asked once, for those that are shown."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Distinct rows in any order."""

    strategy: Strategy
    """What they are: the claim that a showcase filled with them makes."""
    rows: Rows
    scores: Scores
    why: Reasons
    parts: Mapping[str, Scores] = field(default_factory=dict)
    """What each source contributed, for those who want it explained."""
    by_row: bool = False
    """Whether of equal scores the lower row comes first, instead of the earlier one."""

    def __len__(self) -> int:
        return len(self.rows)


def each(why: Callable[[int], Reason]) -> Reasons:
    """Reasons found one by one."""
    return lambda places: [why(place) for place in places]


def always(reason: Reason) -> Reasons:
    """The same reason for all."""
    return lambda places: [reason] * len(places)
