"""Items that go with the seeds: found in the same orders, or bought by the same people."""

from collections.abc import Iterator

import numpy as np

from recommender.engine.candidates import Candidates, Pool, Reason, Scores
from recommender.engine.complements import alike, by_category
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.engine.snapshot import Snapshot
from recommender.models.neighbours import NeighbourModel
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

ORDERS, PURCHASES, BASKET = np.float32(1.0), np.float32(0.5), np.float32(2.0)
"""What each source counts: the same orders, the same people, and what completes the basket as a whole. The last one
counts once more for every further seed: of one item its pairs tell most, of many items what each adds to the others."""


def bought_together(question: Question) -> Iterator[Candidates]:
    """Candidates from orders, and from what the same people bought at any time."""
    pool, models, seeds = Pool(), question.snapshot.models, question.companions
    for seed in seeds:
        _add(pool, question.snapshot, int(seed), "orders", models.bought_together, ORDERS)
        _add(pool, question.snapshot, int(seed), "purchases", models.purchases, PURCHASES)
        if len(seeds) > 1:
            rows, scores = _bonds(question.snapshot, models.completion, int(seed))
            pool.add("basket", rows, BASKET * np.float32(len(seeds) - 1) * scores)
    rows, parts = pool.total()
    scores = sum(parts.values(), np.zeros(len(rows), np.float32)) * question.snapshot.described[rows]
    # Of a basket some items speak against others; what they leave nothing of is no companion.
    kept = scores > 0
    rows, parts = rows[kept], {name: part[kept] for name, part in parts.items()}

    def why(place: int) -> Reason:
        return _because(question, int(rows[place]))

    yield Candidates(Strategy.BOUGHT_TOGETHER, rows, scores[kept], why, parts)


def also_bought(question: Question) -> Iterator[Candidates]:
    """Where the seeds' own orders say too little: those of items like them, then of their whole category."""
    yield alike(question)
    yield by_category(question)


def _add(
    pool: Pool, snapshot: Snapshot, seed: int, source: str, model: NeighbourModel | None, weight: np.float32
) -> None:
    rows, scores = _bonds(snapshot, model, seed)
    pool.add(source, rows, weight * scores * _habit(snapshot, seed, rows))


def _bonds(snapshot: Snapshot, model: NeighbourModel | None, seed: int) -> tuple[Rows, Scores]:
    """The neighbours of a row; 1 is a strong bond of this model."""
    if model is None:
        return np.empty(0, np.int32), np.empty(0, np.float32)
    found = model.neighbours(seed)
    return found.rows, np.divide(found.scores, snapshot.strong(model), dtype=np.float32)


def _habit(snapshot: Snapshot, seed: int, rows: Rows) -> Scores:
    """A factor for each row by its likeness to the seed: what is alike may go together or stand in for one another.

    The shop's own orders tell which; see :attr:`Snapshot.alike_together`.
    """
    vector, content = snapshot.content_vector(seed), snapshot.models.content
    if vector is None or content is None or not len(rows):
        return np.ones(len(rows), np.float32)
    likeness = np.clip(content.vectors[rows] @ vector, 0, 1)
    factor: Scores = np.add(1, np.float32(snapshot.alike_together) * likeness, dtype=np.float32)
    return factor


def _because(question: Question, row: int) -> Reason:
    """The seed with which the item was bought most often, in the same orders if there are any."""
    models, seeds = question.snapshot.models, question.companions
    support, seed = _support(models.bought_together, seeds, row)
    if support:
        phrase = Phrase.BOUGHT_IN_ORDERS if len(seeds) == 1 else Phrase.BOUGHT_WITH
        return Reason(phrase, seed, support)
    support, seed = _support(models.purchases, seeds, row)
    return Reason(Phrase.ALSO_BOUGHT, seed, support)


def _support(model: NeighbourModel | None, seeds: Rows, row: int) -> tuple[int, int]:
    """In how many baskets the item stood with the seed that it stood with most, and that seed."""
    return max((_together(model, int(seed), row), int(seed)) for seed in seeds)


def _together(model: NeighbourModel | None, seed: int, row: int) -> int:
    """How many baskets held both; either of the two may be too weak a bond for the other's list."""
    if model is None:
        return 0
    pairs = ((model.neighbours(seed), row), (model.neighbours(row), seed))
    return max(int(near.support[near.rows == other].sum()) for near, other in pairs)
