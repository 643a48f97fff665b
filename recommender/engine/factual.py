"""Strategies whose name is a fact about each item: seen lately, bought before, reduced, new."""

from collections.abc import Iterator

import numpy as np

from recommender.days import DAY
from recommender.engine.candidates import Candidates, Reason, always, each
from recommender.engine.phrases import Phrase
from recommender.engine.popular import CHUNK, portions
from recommender.engine.question import Question
from recommender.engine.snapshot import NEW_DAYS
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

TASTE_WEIGHT = np.float32(1.0)
POPULARITY_WEIGHT = np.float32(0.5)


def recently_viewed(question: Question) -> Iterator[Candidates]:
    """What the visitor looked at, the latest first."""
    rows = question.situation.profile.viewed
    scores = (1 / np.arange(1, len(rows) + 1)).astype(np.float32)
    yield Candidates(Strategy.RECENTLY_VIEWED, rows, scores, always(Reason(Phrase.VIEWED)), {"recency": scores})


def buy_again(question: Question) -> Iterator[Candidates]:
    """What the visitor bought, the most often and the most recently first."""
    rows, scores, times = question.situation.profile.repeats

    def why(place: int) -> Reason:
        count = int(times[place])
        return Reason(Phrase.BOUGHT_TIMES, number=count) if count > 1 else Reason(Phrase.BOUGHT)

    yield Candidates(Strategy.BUY_AGAIN, rows, scores, each(why), {"frequency": scores})


def on_sale(question: Question) -> Iterator[Candidates]:
    """What is reduced: large reductions first, and what the visitor or everybody likes."""
    rows = question.snapshot.on_sale
    if len(rows) <= 2 * CHUNK:
        yield _reduced(question, rows)
        return
    # Of very many first those that the visitor is drawn to and the largest reductions, then what is left.
    first, rest = question.snapshot.reduced[:CHUNK], question.snapshot.reduced[CHUNK:]
    drawn = question.situation.affinity.rows
    yield _reduced(question, np.union1d(first, drawn[np.isfinite(question.snapshot.table.sale_price[drawn])]))
    for start in range(0, len(rest), CHUNK):
        yield _reduced(question, rest[start : start + CHUNK])


def _reduced(question: Question, rows: Rows) -> Candidates:
    snapshot = question.snapshot
    discount = (1 - snapshot.table.sale_price[rows] / snapshot.table.price[rows]).astype(np.float32)
    taste = np.zeros(len(rows), np.float32)
    if not question.situation.profile.empty:
        taste = TASTE_WEIGHT * question.situation.affinity.at(rows)
    popularity = POPULARITY_WEIGHT * snapshot.popularity[rows]
    parts = {"discount": discount, "affinity": taste, "popularity": popularity}

    def why(place: int) -> Reason:
        return Reason(Phrase.SALE, number=max(int(discount[place] * 100 + 1e-3), 1))

    return Candidates(Strategy.ON_SALE, rows, discount + taste + popularity, each(why), parts)


def new_arrivals(question: Question) -> Iterator[Candidates]:
    """What came lately, the newest first; of one day's arrivals those that sell best."""
    for rows in portions(question.snapshot.arrivals):
        yield _arrived(question, rows)


def _arrived(question: Question, rows: Rows) -> Candidates:
    snapshot = question.snapshot
    end, now = snapshot.models.data_end.timestamp() / DAY, question.situation.now.timestamp() / DAY
    days = snapshot.arrived[rows]
    # Items of the artifact age with its data, which may have ended long ago; later ones age with the clock.
    age = np.where(days <= end, end - days, now - days)
    new = (age >= 0) & (age <= NEW_DAYS)
    rows, age = rows[new], age[new]
    fresh = NEW_DAYS + 1 - np.floor(age) + snapshot.popularity[rows] / 2
    # Anybody's page can name an item that the shop never listed: such a newcomer does not come first.
    scores = (fresh * snapshot.described[rows]).astype(np.float32)
    return Candidates(Strategy.NEW_ARRIVALS, rows, scores, always(Reason(Phrase.NEW)), {"novelty": scores})
