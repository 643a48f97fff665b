"""Items like the seeds: what the same people looked at or bought, and what is described alike."""

from collections.abc import Iterator, Mapping

import numpy as np

from recommender.engine.candidates import Candidates, Pool, Reason, Scores
from recommender.engine.nearness import nearest
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.engine.snapshot import Snapshot
from recommender.models.neighbours import NeighbourModel
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

WEIGHTS = {"views": 1.0, "purchases": 0.7, "factors": 0.3, "content": 1.0}
"""What each source counts. Items looked at in one session are alternatives; items bought by one person are as often
complements, so there the description decides."""
PHRASES = {
    "views": Phrase.ALSO_VIEWED,
    "purchases": Phrase.ALSO_BOUGHT,
    "factors": Phrase.ALSO_CHOSEN,
    "content": Phrase.ALIKE,
}
DOUBT = 3.0
"""Sessions or people that a pair needs to be trusted by half."""
DISBELIEF = np.float32(0.5)
"""What a likeness in content loses when everybody knows both items and nobody chose both."""


def similar(question: Question) -> Iterator[Candidates]:
    """Candidates for `similar`, from all seeds together."""
    pool, snapshot = Pool(), question.snapshot
    for seed in question.seeds:
        for source, rows, scores in sources(snapshot, int(seed)):
            pool.add(source, rows, scores * np.float32(WEIGHTS[source]))
    rows, parts = pool.total()
    if "content" in parts:
        parts["content"] *= _believed(question, rows, parts)
    scores = sum(parts.values(), np.zeros(len(rows), np.float32)) * snapshot.described[rows]

    def why(place: int) -> Reason:
        strongest = max(parts, key=lambda source: parts[source][place])
        return Reason(PHRASES[strongest], _nearest_seed(question, int(rows[place])))

    yield Candidates(Strategy.SIMILAR, rows, scores, why, parts)


def of_that_kind(question: Question) -> Iterator[Candidates]:
    """Of a list that asks for items of some kind: those of the kind that lie nearest, however far that is.

    The filter goes into the search, since of what lies nearest to the seeds hardly anything may pass it.
    """
    snapshot, seeds = question.snapshot, question.seeds
    index = snapshot.models.content_index
    if not question.narrow or index is None:
        return
    pool, flags = Pool(), question.narrowed[: len(snapshot.models.items)]
    for seed in map(int, seeds):
        if (vector := snapshot.content_vector(seed)) is not None:
            pool.add("content", *nearest(index, vector, seed, flags))
    rows, parts = pool.total()
    scores = parts.get("content", np.zeros(len(rows), np.float32)) * snapshot.described[rows]

    def why(place: int) -> Reason:
        return Reason(PHRASES["content"], _nearest_seed(question, int(rows[place])))

    yield Candidates(Strategy.SIMILAR, rows, scores, why, parts)


def _believed(question: Question, rows: Rows, parts: Mapping[str, Scores]) -> Scores:
    """How far to believe a likeness in content: less where many people know both items and nobody chose both."""
    snapshot = question.snapshot
    together = sum((parts[name] for name in ("views", "purchases") if name in parts), np.zeros(len(rows), np.float32))
    known = snapshot.familiarity[rows] * float(snapshot.familiarity[question.seeds].mean())
    belief: Scores = np.where(together > 0, np.float32(1), 1 - DISBELIEF * known)
    return belief


def sources(snapshot: Snapshot, seed: int) -> Iterator[tuple[str, Rows, Scores]]:
    """What each source holds to be like the item in row `seed`, from 0 to 1."""
    models = snapshot.models
    if models.views is not None:
        yield "views", *trusted(snapshot, models.views, seed)
    if models.purchases is not None:
        yield "purchases", *trusted(snapshot, models.purchases, seed)
    yield "factors", *snapshot.nearest("factors", seed)
    if (vector := snapshot.content_vector(seed)) is not None:
        if seed < len(models.items):
            yield "content", *snapshot.nearest("content", seed)
        elif models.content_index is not None:
            yield "content", *nearest(models.content_index, vector, seed)
        yield "content", *_newer(snapshot, vector, seed)


def trusted(snapshot: Snapshot, model: NeighbourModel, seed: int) -> tuple[Rows, Scores]:
    """The neighbours of a row, from 0 to 1: 1 for a strong bond that many people stand behind.

    Strong is measured against the whole model: an item that goes with everything a little has no near neighbour.
    """
    found = model.neighbours(seed)
    strength = np.minimum(found.scores / snapshot.strong(model), 1)
    scores: Scores = np.multiply(strength, found.support / (found.support + DOUBT), dtype=np.float32)
    return found.rows, scores


def _newer(snapshot: Snapshot, vector: Scores, seed: int) -> tuple[Rows, Scores]:
    rows = snapshot.table.newer_rows()
    scores = snapshot.newer_vectors @ vector if len(rows) else np.empty(0, np.float32)
    kept = (rows != seed) & (scores > 0)
    return rows[kept], scores[kept] ** 2


def _nearest_seed(question: Question, row: int) -> int:
    """The seed that a candidate is due to."""
    seeds = [int(seed) for seed in question.seeds]
    if len(seeds) == 1:
        return seeds[0]
    return max(seeds, key=lambda seed: _bond(question.snapshot, seed, row))


def _bond(snapshot: Snapshot, seed: int, row: int) -> float:
    return sum(WEIGHTS[source] * float(scores[rows == row].sum()) for source, rows, scores in sources(snapshot, seed))
