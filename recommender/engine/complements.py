"""Companions of items that nobody has bought with anything: what goes with their like, or with their category."""

from collections.abc import Sequence

import numpy as np

from recommender.catalog.labels import NONE
from recommender.catalog.text import shown
from recommender.engine.blending import loudest
from recommender.engine.candidates import Candidates, Reason, Scores, each
from recommender.engine.nearness import Nearest, nearest
from recommender.engine.phrases import Phrase
from recommender.engine.question import NOTHING, Question
from recommender.engine.snapshot import Snapshot
from recommender.models.compiling import compiled, sealed
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

LIKE = 19
"""How many items like a seed speak for it."""
CATEGORIES, SELLERS = 40, 100
"""In a large shop so many categories are looked at, and so many items of each."""
CLOSENESS = 2
"""Exponent of their likeness, a squared cosine: the closest ones speak loudest."""


def alike(question: Question) -> Candidates:
    """What was bought together with items that are described like the seeds."""
    snapshot, model = question.snapshot, question.snapshot.models.bought_together
    voices, weights = _voices(question)
    rows, scores = NOTHING, np.empty(0, np.float32)
    if model is not None and len(voices):
        rows, scores = model.gathered(voices, weights / np.float32(snapshot.strong(model)))
        scores = scores * snapshot.described[rows]

    def why(places: Sequence[int]) -> list[Reason]:
        support, due = loudest(snapshot.bonds.orders, voices, weights, rows[places])
        told = zip(due.tolist(), support.tolist(), strict=True)
        return [Reason(Phrase.BOUGHT_WITH, voice, count) for voice, count in told]

    return Candidates(Strategy.BOUGHT_TOGETHER, rows, scores, why, {"alike": scores} if len(rows) else {})


def _voices(question: Question) -> tuple[Rows, Scores]:
    """Items of the artifact that are described like the seeds, in rising order, and how far each speaks for them."""
    seeds = question.companions
    if len(seeds) == 1:
        return _voices_for(question.snapshot, int(seeds[0]))
    found = [_alike(question.snapshot, seed) for seed in seeds.tolist()]
    rows, places = np.unique(np.concatenate([NOTHING, *(rows for rows, _ in found)]), return_inverse=True)
    closeness = np.concatenate([np.empty(0, np.float32), *(likeness for _, likeness in found)]) ** CLOSENESS
    weights = np.bincount(places, closeness, len(rows)).astype(np.float32)
    others = ~np.isin(rows, seeds)
    return rows[others].astype(np.int32), weights[others]


def _voices_for(snapshot: Snapshot, seed: int) -> tuple[Rows, Scores]:
    """The same for one seed: whoever is in its list is there once."""
    rows, likeness = _alike(snapshot, seed)
    order = np.argsort(rows)
    order = order[rows[order] != seed]
    return rows[order], likeness[order] ** CLOSENESS


def _alike(snapshot: Snapshot, seed: int) -> Nearest:
    """The items most like a seed: from its list, or found now where it has none."""
    models = snapshot.models
    if models.near_content is not None and seed < len(models.near_content):
        rows, likeness = models.near_content.near(seed)
        return rows[:LIKE], likeness[:LIKE]
    vector = snapshot.content_vector(seed)
    if models.content_index is None or vector is None:
        return NOTHING, np.empty(0, np.float32)
    return nearest(models.content_index, vector, seed, size=LIKE)


def _filed(snapshot: Snapshot, bonds: Scores) -> Rows:
    """All rows; of a large shop the best sellers of the categories that go best with the seeds."""
    if not snapshot.large:
        return np.arange(len(snapshot.table), dtype=np.int32)
    best = np.argsort(-bonds, kind="stable")[:CATEGORIES]
    return np.concatenate([NOTHING, *(snapshot.filed(int(code))[:SELLERS] for code in best if bonds[code] > 0)])


@compiled
def selling(rows: Rows, codes: Rows, bonds: Scores, popularity: Scores) -> tuple[Rows, Scores]:
    """Those of `rows` that sell in a category that goes with the seeds, and how much speaks for each."""
    kept, scores, count = np.empty(len(rows), np.int32), np.empty(len(rows), np.float32), 0
    for row in rows:
        if codes[row] != NONE:
            score = bonds[codes[row]] * popularity[row]
            if score > 0:
                kept[count], scores[count] = row, score
                count += 1
    return kept[:count], scores[:count]


def by_category(question: Question) -> Candidates:
    """What sells in the categories that go with those of the seeds; the seeds' own one may be among them."""
    snapshot, labels = question.snapshot, question.snapshot.table.category
    codes = labels.codes[question.companions]
    bonds = snapshot.category_bonds[codes[codes != NONE]].sum(axis=0)
    rows, scores = selling(_filed(snapshot, bonds), sealed(labels.codes), bonds, sealed(snapshot.popularity))

    def why(place: int) -> Reason:
        return Reason(Phrase.POPULAR_IN, text=shown(labels.names[labels.codes[rows[place]]]))

    return Candidates(Strategy.BOUGHT_TOGETHER, rows, scores, each(why), {"category": scores})
