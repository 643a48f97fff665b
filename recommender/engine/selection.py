"""The choice among candidates: only eligible items, each once, one variant of a product."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from recommender.catalog.labels import NONE
from recommender.engine.candidates import Candidates, Scores
from recommender.engine.question import Question
from recommender.vocabulary import Rows

MARGIN = 32
"""Candidates looked at beyond those needed, for variants that drop out."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen item."""

    row: int
    score: float
    candidates: Candidates
    place: int
    """Where it stands among the candidates."""


@dataclass(slots=True)
class Selection:
    """A list in the making; sources are asked one after the other until it is full."""

    question: Question
    collapse: bool = True
    """Whether one variant stands for its product."""
    picks: list[Pick] = field(default_factory=list)
    spares: list[Pick] = field(default_factory=list)
    """Variants of products that are there already: better than an empty place."""
    _rows: set[int] = field(default_factory=set)
    _groups: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        codes = self.question.snapshot.table.group.codes
        self._groups = {int(codes[row]) for row in self.question.asked} - {NONE}

    @property
    def missing(self) -> int:
        """Places that are still empty."""
        return self.question.query.limit - len(self.picks)

    def add(self, candidates: Candidates) -> None:
        """Fill empty places with the best of `candidates`; their scores continue below those already chosen."""
        places = np.flatnonzero(self.question.eligible(candidates.rows))
        scores = candidates.scores[places]
        highest = float(scores.max(initial=0.0))
        ceiling = self.picks[-1].score if self.picks else 1.0
        scale = ceiling / highest if highest > 0 else 0.0
        for best in _best_first(scores, self.missing + len(self._rows) + MARGIN):
            if not self.missing:
                return
            self._take(candidates, int(places[best]), max(float(scores[best]) * scale, 0.0))

    def complete(self) -> None:
        """Fill what is left with the spare variants that no other list of the page took meanwhile."""
        free = self.question.eligible(np.array([spare.row for spare in self.spares], np.int32))
        left = [spare for spare, fits in zip(self.spares, free, strict=True) if fits]
        for spare in left[: self.missing]:
            score = min(spare.score, self.picks[-1].score) if self.picks else spare.score
            self.picks.append(Pick(spare.row, score, spare.candidates, spare.place))
        self.spares.clear()

    def rows(self) -> Rows:
        """The rows chosen."""
        return np.array([pick.row for pick in self.picks], np.int32)

    def _take(self, candidates: Candidates, place: int, score: float) -> None:
        row = int(candidates.rows[place])
        if row in self._rows:
            return
        self._rows.add(row)
        group = int(self.question.snapshot.table.group.codes[row])
        pick = Pick(row, score, candidates, place)
        if self.collapse and group != NONE and group in self._groups:
            self.spares.append(pick)
            return
        self._groups.add(group)
        self.picks.append(pick)


def _best_first(scores: Scores, enough: int) -> Iterator[int]:
    """Places of the scores from the highest; ties keep their order. The long tail is sorted only if it is reached."""
    if len(scores) <= 4 * enough:
        yield from np.argsort(-scores, kind="stable")
        return
    floor = -np.partition(-scores, enough)[enough]
    for part in (np.flatnonzero(scores >= floor), np.flatnonzero(scores < floor)):
        yield from part[np.argsort(-scores[part], kind="stable")]
