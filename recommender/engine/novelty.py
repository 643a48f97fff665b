"""Places for new items: nobody can choose what nobody is shown, so a list keeps a few of its places for them.

Which item, and where it stands, is drawn by hash from visitor, day and placement: visitors differ, and each sees the
same list all day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

import numpy as np

from recommender.assignment import draw
from recommender.engine.candidates import Candidates, Reason, always
from recommender.engine.choosing import fittest
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.engine.snapshot import Scores
from recommender.lazy import cached_property
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

LEAST_FIT = 0.3
"""Likeness to the seeds or to the visitor's items from which a new item fits."""
FIELD = 4
"""For each place, so many of the best fitting items take part in the draw."""


@dataclass(frozen=True, eq=False)
class Novelty:
    """The new items of one list."""

    question: Question

    def lacking(self, rows: Rows) -> int:
        """How many places new items still get in a list of these `rows`, which may hold some by itself."""
        if not self.places:
            return 0
        return self.places - len(
            self.question.snapshot.new_rows(self.question.situation.day).intersection(rows.tolist())
        )

    @cached_property
    def places(self) -> int:
        """How many places they get: the share of the list, its fraction rounded up for as many lists as it says."""
        whole = self.question.query.new_items_share * self.question.query.limit
        part = whole - floor(whole)
        return floor(whole) + (part > 0 and self._draw("places") < part)

    def candidates(self) -> Candidates:
        """Those that fit and may be shown, in the order in which they were drawn."""
        rows, scores = self._best_fitting(FIELD * self.places)
        draws = [self._draw(f"item {self.question.snapshot.table.id(row)}") for row in rows.tolist()]
        drawn = sorted(range(len(draws)), key=draws.__getitem__)
        rows, scores = rows[drawn], scores[drawn]
        return Candidates(Strategy.NEW_ARRIVALS, rows, scores, always(Reason(Phrase.NEW)), {"fit": scores})

    def seats(self, size: int) -> Iterator[int]:
        """Places from 1 in the lower half of a list of `size` items: its first places are for what is known to fit."""
        number = 0
        while True:
            yield size - floor(self._draw(f"seat {number}") * ((size + 1) // 2))
            number += 1

    def _best_fitting(self, most: int) -> tuple[Rows, Scores]:
        """The new items that fit best and may be shown."""
        question = self.question
        rows, fit = question.situation.new_items(question.seeds if question.query.item_ids else None)
        # In a list that keeps to a category every item of the category fits.
        least = LEAST_FIT if question.query.category is None else -np.inf
        best = fittest(rows, fit, least, question.good(rows), question.uncapped, most)
        return rows[best], np.maximum(fit[best], 0)

    def _draw(self, what: str) -> float:
        question = self.question
        visitor = question.situation.visitor
        person = (visitor.visitor_id or visitor.customer_id or "") if visitor.personal else ""
        # The engine does not know the shop's name; the model's version keeps shops apart as well.
        return draw(
            question.snapshot.version,
            person,
            f"new items {question.query.placement} {self.question.situation.day} {what}",
        )
