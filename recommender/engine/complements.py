"""Companions of items that nobody has bought with anything: what goes with their like, or with their category."""

import numpy as np

from recommender.catalog.labels import NONE
from recommender.catalog.text import shown
from recommender.engine.candidates import Candidates, Pool, Reason, Scores
from recommender.engine.phrases import Phrase
from recommender.engine.question import NOTHING, Question
from recommender.engine.snapshot import Snapshot
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

LIKE = 20
"""How many items like a seed speak for it."""
CATEGORIES, SELLERS = 40, 100
"""In a large shop so many categories are looked at, and so many items of each."""
CLOSENESS = 4
"""Exponent of their likeness: the closest ones speak loudest."""


def alike(question: Question) -> Candidates:
    """What was bought together with items that are described like the seeds."""
    snapshot, pool = question.snapshot, Pool()
    model, voices = snapshot.models.bought_together, _voices(question)
    if model is not None:
        for row, weight in voices:
            near = model.neighbours(row)
            pool.add("alike", near.rows, near.scores / np.float32(snapshot.strong(model)) * np.float32(weight))
    rows, parts = pool.total()
    scores = parts.get("alike", np.empty(0, np.float32)) * snapshot.described[rows]

    def why(place: int) -> Reason:
        assert model is not None
        found = [(weight, row, model.neighbours(row)) for row, weight in voices]
        named = [
            (weight * float(near.scores[near.rows == rows[place]].sum()), row, near) for weight, row, near in found
        ]
        _, row, near = max(named, key=lambda one: one[:2])
        return Reason(Phrase.BOUGHT_WITH, row, int(near.support[near.rows == rows[place]].sum()))

    return Candidates(Strategy.BOUGHT_TOGETHER, rows, scores, why, parts)


def _voices(question: Question) -> list[tuple[int, float]]:
    """Items of the artifact that are described like the seeds, and how far each may speak for them."""
    index = question.snapshot.models.content_index
    found: dict[int, float] = {}
    if index is None:
        return []
    for seed in question.companions:
        vector = question.snapshot.content_vector(int(seed))
        if vector is not None:
            rows, scores = index.search(vector[None], LIKE)
            known = rows[0] >= 0
            for row, score in zip(rows[0][known].tolist(), np.maximum(scores[0][known], 0).tolist(), strict=True):
                found[row] = found.get(row, 0.0) + score**CLOSENESS
    seeds = set(question.companions.tolist())
    return sorted((row, weight) for row, weight in found.items() if row not in seeds)


def _filed(snapshot: Snapshot, bonds: Scores) -> Rows:
    """Rows that are filed; of a large shop the best sellers of the categories that go best with the seeds."""
    labels = snapshot.table.category
    if not snapshot.large:
        return np.flatnonzero(labels.codes != NONE).astype(np.int32)
    best = np.argsort(-bonds, kind="stable")[:CATEGORIES]
    return np.concatenate([NOTHING, *(snapshot.filed(int(code))[:SELLERS] for code in best if bonds[code] > 0)])


def by_category(question: Question) -> Candidates:
    """What sells in the categories that go with those of the seeds; the seeds' own one may be among them."""
    snapshot, labels = question.snapshot, question.snapshot.table.category
    codes = labels.codes[question.companions]
    bonds = snapshot.category_bonds[codes[codes != NONE]].sum(axis=0)
    rows = _filed(snapshot, bonds)
    scores: Scores = bonds[labels.codes[rows]] * snapshot.popularity[rows]
    rows, scores = rows[scores > 0], scores[scores > 0]

    def why(place: int) -> Reason:
        return Reason(Phrase.POPULAR_IN, text=shown(labels.names[labels.codes[rows[place]]]))

    return Candidates(Strategy.BOUGHT_TOGETHER, rows, scores, why, {"category": scores})
