"""Items for one visitor, from everything they did until this very click."""

from collections.abc import Iterator

import numpy as np

from recommender.engine.candidates import Candidates, Reason
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.strategy import Strategy

ENOUGH = 1000
"""Candidates that are kept when nothing but the usual exclusions can take any away."""


def for_you(question: Question) -> Iterator[Candidates]:
    """Candidates by affinity; none for a visitor who is not known."""
    situation, query = question.situation, question.query
    if situation.profile.empty:
        return
    scores = situation.affinity
    rows = np.flatnonzero(scores > 0).astype(np.int32)
    if len(rows) > 2 * ENOUGH and query.filter is None and query.category is None:
        rows = np.sort(rows[np.argpartition(-scores[rows], ENOUGH)[:ENOUGH]])
    scores = (scores * question.snapshot.described)[rows]
    parts = {"affinity": scores}
    if len(situation.likeness):
        parts["content"] = situation.likeness[rows]
    yield Candidates(Strategy.FOR_YOU, rows, scores, lambda place: _because(question, int(rows[place])), parts)


def _because(question: Question, row: int) -> Reason:
    """The one of the visitor's items that speaks most for the item in `row`."""
    profile, bonds = question.situation.profile, question.situation.bonds(row)
    strongest = int(np.argmax(bonds))
    if bonds[strongest] <= 0:
        return Reason(Phrase.FOR_YOU)
    best = question.situation.witnesses[strongest]
    phrase = Phrase.BECAUSE_BOUGHT if profile.bought[best] else Phrase.BECAUSE_VIEWED
    return Reason(phrase, int(profile.rows[best]))
