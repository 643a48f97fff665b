"""Items that go with the seeds: found in the same orders, and rather complements than alternatives."""

from collections.abc import Iterator

import numpy as np

from recommender.engine.candidates import Candidates, Pool, Reason, Scores
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.engine.similar import trusted
from recommender.engine.snapshot import Snapshot
from recommender.models.neighbours import NeighbourModel
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

SUBSTITUTE = np.float32(0.5)
"""What an item loses that is described exactly like the seed: one of them is enough."""


def bought_together(question: Question) -> Iterator[Candidates]:
    """Candidates from orders."""
    model = question.snapshot.models.bought_together
    yield from _companions(question, model, Strategy.BOUGHT_TOGETHER, "orders")


def also_bought(question: Question) -> Iterator[Candidates]:
    """Candidates from what the same people bought at any time, where orders say too little."""
    yield from _companions(question, question.snapshot.models.purchases, Strategy.BOUGHT_TOGETHER, "purchases")


def _companions(
    question: Question, model: NeighbourModel | None, strategy: Strategy, source: str
) -> Iterator[Candidates]:
    pool, seeds = Pool(), question.companions
    if model is not None:
        for seed in seeds:
            rows, scores = trusted(question.snapshot, model, int(seed))
            pool.add(source, rows, scores * _complement(question.snapshot, int(seed), rows))
    rows, parts = pool.total()
    scores = parts.get(source, np.empty(0, np.float32)) * question.snapshot.described[rows]

    def why(place: int) -> Reason:
        assert model is not None
        support, seed = _support(model, seeds, int(rows[place]))
        if source == "orders":
            phrase = Phrase.BOUGHT_IN_ORDERS if len(seeds) == 1 else Phrase.BOUGHT_WITH
            return Reason(phrase, seed, support)
        return Reason(Phrase.ALSO_BOUGHT, seed, support)

    yield Candidates(strategy, rows, scores, why, parts)


def _complement(snapshot: Snapshot, seed: int, rows: Rows) -> Scores:
    """A factor for each row that falls with its likeness to the seed."""
    vector, content = snapshot.content_vector(seed), snapshot.models.content
    if vector is None or content is None or not len(rows):
        return np.ones(len(rows), np.float32)
    likeness = np.clip(content.vectors[rows] @ vector, 0, 1)
    factor: Scores = np.subtract(1, SUBSTITUTE * likeness**2, dtype=np.float32)
    return factor


def _support(model: NeighbourModel, seeds: Rows, row: int) -> tuple[int, int]:
    """In how many orders the item stood with the seed that it stood with most, and that seed."""
    found = [(model.neighbours(int(seed)), int(seed)) for seed in seeds]
    return max((int(near.support[near.rows == row].sum()), seed) for near, seed in found)
