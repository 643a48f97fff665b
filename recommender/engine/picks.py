"""Chosen items, and the portions of candidates that they are chosen from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.engine.candidates import Candidates, Scores
from recommender.engine.caps import Cap
from recommender.engine.pinning import Seat
from recommender.vocabulary import Rows

Places = NDArray[np.intp]


class Pick(NamedTuple):
    """A chosen item."""

    row: int
    score: float
    candidates: Candidates
    place: int
    """Where it stands among the candidates."""
    plain_scale: float = 0.0
    """Times the source's score: the score without rules and variety."""
    seat: Seat | None = None
    """Where it stands in the list, when that is not due to its score."""
    beyond: tuple[Cap, ...] = ()
    """What there would be too many of, had the list not stayed short without it."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Eligible candidates of one source."""

    candidates: Candidates
    places: Places
    """Which of the candidates."""
    scores: Scores
    """As the rules weigh them."""
    scale: float
    """Brings the scores below those of the items chosen before."""
    plain_scale: float
    """The same for the scores that the source gave."""

    @property
    def rows(self) -> Rows:
        """Their rows."""
        rows: Rows = self.candidates.rows[self.places]
        return rows

    def scored(self, numbers: Iterable[int]) -> Iterator[tuple[int, float]]:
        """Some of them, each with its score."""
        for number in numbers:
            yield int(number), max(float(self.scores[number]) * self.scale, 0.0)

    def pick(self, number: int, score: float) -> Pick:
        """One of them, chosen."""
        place = int(self.places[number])
        return Pick(int(self.candidates.rows[place]), score, self.candidates, place, self.plain_scale)


def scale_to(ceiling: float, highest: float | np.floating) -> float:
    """The factor that makes the `highest` score the `ceiling`; 0 when none is positive."""
    highest = float(highest)
    return ceiling / highest if highest > 0 else 0.0


def best_first(scores: Scores, enough: int) -> Iterator[int]:
    """Places of the scores from the highest; ties keep their order. The long tail is sorted only if it is reached."""
    if len(scores) <= 4 * enough:
        yield from np.argsort(-scores, kind="stable")
        return
    floor = -np.partition(-scores, enough)[enough]
    for part in (np.flatnonzero(scores >= floor), np.flatnonzero(scores < floor)):
        yield from part[np.argsort(-scores[part], kind="stable")]
