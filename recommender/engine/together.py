"""Items that go with the seeds: found in the same orders, or bought by the same people."""

from collections.abc import Iterator, Sequence

import numpy as np

from recommender.engine.blending import blend_together, met_most
from recommender.engine.candidates import Candidates, Reason
from recommender.engine.complements import alike, by_category
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.models.compiling import sealed
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

SOURCES = ("orders", "purchases", "basket")
WEIGHTS = sealed(np.array([1.0, 0.5, 2.0], np.float32))
"""What each source counts: the same orders, the same people, and what completes the basket as a whole. The last one
counts once more for every further seed: of one item its pairs tell most, of many items what each adds to the others."""


def bought_together(question: Question) -> Iterator[Candidates]:
    """Candidates from orders, and from what the same people bought at any time."""
    bonds, seeds = question.snapshot.bonds, question.companions
    rows, columns, scores = blend_together(
        seeds, (bonds.orders, bonds.purchases, bonds.basket), bonds.strong_together, bonds.vectors,
        # Shops differ in whether what is alike goes together or stands in for one another; their own orders tell.
        question.snapshot.alike_together, WEIGHTS, bonds.described,
    )  # fmt: skip

    def why(places: Sequence[int]) -> list[Reason]:
        return _because(question, rows[places])

    parts = {}
    if question.query.explain:
        found = {name: columns[:, column] for column, name in enumerate(SOURCES)}
        parts = {name: part for name, part in found.items() if part.any()}
    yield Candidates(Strategy.BOUGHT_TOGETHER, rows, scores, why, parts, by_row=True)


def also_bought(question: Question) -> Iterator[Candidates]:
    """Where the seeds' own orders say too little: those of items like them, then of their whole category."""
    yield alike(question)
    yield by_category(question)


def _because(question: Question, rows: Rows) -> list[Reason]:
    """The seed with which each item was bought most often, in the same orders if there are any."""
    bonds, seeds = question.snapshot.bonds, question.companions
    phrase = Phrase.BOUGHT_IN_ORDERS if len(seeds) == 1 else Phrase.BOUGHT_WITH
    ordered, people = (met_most(model, seeds, rows) for model in (bonds.orders, bonds.purchases))
    told = zip(*(part.tolist() for part in (*ordered, *people)), strict=True)
    return [
        Reason(phrase, seed, support) if support else Reason(Phrase.ALSO_BOUGHT, other, people)
        for support, seed, people, other in told
    ]
