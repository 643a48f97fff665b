"""Items for one visitor, from everything they did until this very click."""

from collections.abc import Iterator

import numpy as np

from recommender.engine.candidates import Candidates, Reason, Scores
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.models.interactions import PURCHASE
from recommender.models.sessions.model import SessionModel
from recommender.strategy import Strategy

ENOUGH = 1000
"""Candidates that are kept when nothing but the usual exclusions can take any away."""
REPEATS_SHARE = np.float32(0.5)
"""What one recent purchase of an item counts beside the strongest affinity, where it may be shown again."""


def for_you(question: Question) -> Iterator[Candidates]:
    """What comes next in this session, then candidates by affinity; none for a visitor who is not known."""
    if question.situation.profile.empty:
        return
    yield from _next(question)
    yield _drawn_to(question)


def _next(question: Question) -> Iterator[Candidates]:
    """What follows the session, where the shop's sessions taught it; discoveries unless seen items are wanted."""
    snapshot, course = question.snapshot, question.situation.course
    model = snapshot.models.sessions
    if model is None or not len(course):
        return
    ranked = model.rank(course.rows, course.codes, discover=not question.allow_seen)
    scores = ranked.scores * snapshot.described[ranked.rows]
    yield Candidates(
        Strategy.FOR_YOU,
        ranked.rows,
        scores,
        lambda place: _following(question, model, int(ranked.rows[place])),
        {"session": scores},
    )


def _following(question: Question, model: SessionModel, row: int) -> Reason:
    """The step of the session that speaks most for the item in `row`."""
    course = question.situation.course
    place = model.witness(row, course.rows)
    if place < 0:
        return Reason(Phrase.FOR_YOU)
    if course.rows[place] == row:
        return Reason(Phrase.VIEWED)
    phrase = Phrase.BECAUSE_BOUGHT if course.codes[place] == PURCHASE else Phrase.BECAUSE_VIEWED
    return Reason(phrase, int(course.rows[place]))


def _drawn_to(question: Question) -> Candidates:
    """Candidates by affinity and, where seen items may be shown, by how surely they are bought again."""
    situation, query = question.situation, question.query
    again = _again(question)
    scores = situation.affinity + again
    rows = np.flatnonzero(scores > 0).astype(np.int32)
    if len(rows) > 2 * ENOUGH and query.filter is None and query.category is None:
        rows = np.sort(rows[np.argpartition(-scores[rows], ENOUGH)[:ENOUGH]])
    scores = (scores * question.snapshot.described)[rows]
    parts = {"affinity": scores}
    if len(situation.likeness):
        parts["content"] = situation.likeness[rows]
    if again.any():
        parts["again"] = again[rows]

    def why(place: int) -> Reason:
        row = int(rows[place])
        return _because(question, row) if again[row] < situation.affinity[row] else _bought(question, row)

    return Candidates(Strategy.FOR_YOU, rows, scores, why, parts)


def _again(question: Question) -> Scores:
    """What the visitor's purchases of each row add to its affinity; nothing unless seen items are wanted."""
    scores = np.zeros(len(question.snapshot.table), np.float32)
    if question.allow_seen:
        rows, bought, _ = question.situation.profile.repeats
        scores[rows] = REPEATS_SHARE * bought
    return scores


def _bought(question: Question, row: int) -> Reason:
    rows, _, times = question.situation.profile.repeats
    count = int(times[rows == row].sum())
    return Reason(Phrase.BOUGHT_TIMES, number=count) if count > 1 else Reason(Phrase.BOUGHT)


def _because(question: Question, row: int) -> Reason:
    """The one of the visitor's items that speaks most for the item in `row`."""
    profile, bonds = question.situation.profile, question.situation.bonds(row)
    strongest = int(np.argmax(bonds))
    if bonds[strongest] <= 0:
        return Reason(Phrase.FOR_YOU)
    best = question.situation.witnesses[strongest]
    phrase = Phrase.BECAUSE_BOUGHT if profile.bought[best] else Phrase.BECAUSE_VIEWED
    return Reason(phrase, int(profile.rows[best]))
