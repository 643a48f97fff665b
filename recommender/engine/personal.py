"""Items for one visitor, from everything they did until this very click."""

from collections.abc import Iterator

import numpy as np

from recommender.engine.candidates import Candidates, Reason, Scores, each
from recommender.engine.drawn import Drawn
from recommender.engine.phrases import Phrase
from recommender.engine.question import NOTHING, Question
from recommender.models.interactions import PURCHASE
from recommender.models.sessions.model import SessionModel
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

ENOUGH = 1000
"""Candidates that are kept when nothing but the usual exclusions can take any away."""
REPEATS_SHARE = np.float32(0.5)
"""What one recent purchase of an item counts beside the strongest affinity, where it may be shown again."""


def for_you(question: Question) -> Iterator[Candidates]:
    """What comes next in this session, then candidates by affinity; none for a visitor who is not known."""
    if question.situation.profile.empty:
        return
    yield from _next(question)
    yield _drawn_to(question, question.situation.affinity)
    if question.narrow and question.snapshot.large:
        yield _drawn_to(question, question.situation.affinity_among(question.narrowed))


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
        lambda places: _following(question, model, ranked.rows[places]),
        {"session": scores},
    )


def _following(question: Question, model: SessionModel, rows: Rows) -> list[Reason]:
    """Of each item the step of the session that speaks most for it."""
    steps, codes = question.situation.course.rows.tolist(), question.situation.course.codes.tolist()
    found = []
    for row, place in zip(rows.tolist(), model.witnesses(rows, question.situation.course.rows).tolist(), strict=True):
        if place < 0:
            found.append(Reason(Phrase.FOR_YOU))
        elif steps[place] == row:
            found.append(Reason(Phrase.VIEWED))
        else:
            bought = codes[place] == PURCHASE
            found.append(Reason(Phrase.BECAUSE_BOUGHT if bought else Phrase.BECAUSE_VIEWED, steps[place]))
    return found


def _drawn_to(question: Question, drawn: Drawn) -> Candidates:
    """Candidates by affinity and, where seen items may be shown, by how surely they are bought again."""
    bought, gained = _again(question)
    rows = np.union1d(drawn.rows, bought).astype(np.int32) if len(bought) else drawn.rows
    again = np.zeros(len(rows), np.float32)
    again[np.searchsorted(rows, bought)] = gained
    own = drawn.at(rows) if len(bought) else drawn.scores
    scores = own + again
    if len(rows) > 2 * ENOUGH and not question.narrow:
        kept = np.sort(np.argpartition(-scores, ENOUGH)[:ENOUGH])
        rows, scores, own, again = rows[kept], scores[kept], own[kept], again[kept]
    scores = scores * question.snapshot.described[rows]
    parts = {"affinity": scores}
    if drawn.like is not None:
        parts["content"] = drawn.like(rows)
    if again.any():
        parts["again"] = again

    def why(place: int) -> Reason:
        row = int(rows[place])
        return _because(question, row) if again[place] < own[place] else _bought(question, row)

    return Candidates(Strategy.FOR_YOU, rows, scores, each(why), parts)


def _again(question: Question) -> tuple[Rows, Scores]:
    """Rows that the visitor bought, and what that adds to their affinity; none unless seen items are wanted."""
    if not question.allow_seen:
        return NOTHING, np.empty(0, np.float32)
    rows, bought, _ = question.situation.profile.repeats
    kept = bought > 0
    order = np.argsort(rows[kept])
    return rows[kept][order], (REPEATS_SHARE * bought[kept][order]).astype(np.float32)


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
