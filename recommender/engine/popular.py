"""Items for everybody: what rises, what sells, and in the end whatever there is."""

from collections.abc import Iterator

import numpy as np

from recommender.catalog.labels import NONE
from recommender.catalog.text import shown
from recommender.engine.candidates import Candidates, Reason, Scores, always, each
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

LEAST = np.float32(1e-6)
"""Score of an item that never sold, in a list where it may stand all the same."""
CHUNK = 4096
"""Rows looked at in one go: the first ones nearly always suffice."""


def trending(question: Question) -> Iterator[Candidates]:
    """Candidates that rise."""
    for rows in portions(question.snapshot.by_trend):
        yield _rising(question, rows)


def best_sellers(question: Question) -> Iterator[Candidates]:
    """Every row, best sellers first."""
    order = question.snapshot.by_popularity
    if question.narrow and question.snapshot.large:
        yield _sold(question, order[:CHUNK])
        order = order[CHUNK:]
        order = order[question.narrowed[order]]
    for start in range(0, len(order), CHUNK):
        yield _sold(question, order[start : start + CHUNK])


def same_category(question: Question) -> Iterator[Candidates]:
    """What is filed with the first seed, best sellers first: alike as far as the shop itself says so."""
    snapshot, labels = question.snapshot, question.snapshot.table.category
    code = int(labels.codes[question.asked[0]]) if len(question.asked) else NONE
    if code == NONE:
        return
    reason = Reason(Phrase.MORE_IN, text=shown(labels.names[code]))
    for rows in portions(snapshot.filed(code)):
        scores = np.maximum(snapshot.popularity[rows], LEAST * snapshot.described[rows])
        yield Candidates(Strategy.SIMILAR, rows, scores, always(reason), {"category": scores})


def portions(rows: Rows) -> Iterator[Rows]:
    """All rows at once, or the first ones first where they are very many."""
    if len(rows) <= 2 * CHUNK:
        yield rows
        return
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _rising(question: Question, rows: Rows) -> Candidates:
    trend: Scores = question.snapshot.trending[rows]

    def why(place: int) -> Reason:
        return _named(question, int(rows[place]), Phrase.TRENDING, Phrase.TRENDING_IN)

    return Candidates(Strategy.TRENDING, rows, trend, each(why), {"trend": trend})


def _sold(question: Question, rows: Rows) -> Candidates:
    snapshot = question.snapshot
    scores: Scores = snapshot.popularity[rows]

    def why(place: int) -> Reason:
        row = int(rows[place])
        if scores[place] >= snapshot.star:
            return _named(question, row, Phrase.BEST_SELLER, Phrase.BEST_SELLER_IN)
        if scores[place] > 0:
            return _named(question, row, Phrase.POPULAR, Phrase.POPULAR_IN)
        return Reason(Phrase.RANGE)

    return Candidates(Strategy.BEST_SELLERS, rows, np.maximum(scores, 0), each(why), {"popularity": scores})


def _named(question: Question, row: int, plain: Phrase, inside: Phrase) -> Reason:
    path = question.snapshot.table.category.name(row)
    return Reason(inside, text=shown(path)) if path else Reason(plain)
