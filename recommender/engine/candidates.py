"""Items that a source proposes, with their scores and how to say why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender.engine.phrases import Phrase
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is proposed, before it is put into words."""

    phrase: Phrase
    item: int | None = None
    """Row of the item that the phrase speaks of."""
    number: int | None = None
    text: str | None = None


@dataclass(frozen=True, eq=False)
class Candidates:
    """Distinct rows in any order."""

    strategy: Strategy
    """What they are: the claim that a showcase filled with them makes."""
    rows: Rows
    scores: Scores
    why: Callable[[int], Reason]
    """Reason for the candidate at a place of `rows`; asked only for those that are shown."""
    parts: Mapping[str, Scores] = field(default_factory=dict)
    """What each source contributed, for those who want it explained."""

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(slots=True)
class Pool:
    """Adds up what several sources say of the same rows."""

    rows: list[Rows] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def add(self, source: str, rows: Rows, scores: Scores) -> None:
        """Take what one source says of `rows`."""
        if len(rows):
            self.rows.append(rows)
            self.scores.append(scores.astype(np.float32))
            self.sources.append(source)

    def total(self) -> tuple[Rows, dict[str, Scores]]:
        """Distinct rows, and what each source says of them in all."""
        if not self.rows:
            return np.empty(0, np.int32), {}
        distinct, place = np.unique(np.concatenate(self.rows), return_inverse=True)
        parts: dict[str, Scores] = {}
        start = 0
        for source, rows, scores in zip(self.sources, self.rows, self.scores, strict=True):
            part = parts.setdefault(source, np.zeros(len(distinct), np.float32))
            np.add.at(part, place[start : start + len(rows)], scores)
            start += len(rows)
        return distinct.astype(np.int32), parts
