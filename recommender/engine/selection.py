"""The choice among candidates: only eligible items, each once, one variant of a product, and not too many of a kind."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from recommender.catalog.labels import NONE
from recommender.engine.candidates import Candidates, Reason, always
from recommender.engine.caps import Cap, Tally
from recommender.engine.choosing import IN_PLACE, Bounds, choose, full
from recommender.engine.diversity import Variety
from recommender.engine.filter import Mask
from recommender.engine.phrases import Phrase
from recommender.engine.picks import Pick, Places, Portion, best_first, scale_to
from recommender.engine.pinning import Seat, arranged
from recommender.engine.question import Question
from recommender.engine.rules import Pin
from recommender.models.compiling import sealed
from recommender.vocabulary import Rows

MARGIN = 32
"""Candidates looked at beyond those needed, for variants that drop out."""
CHOICE = 4
"""For each place, so many more candidates are compared where a list is to be varied."""


class Selection:
    """A list in the making; sources are asked one after the other until it is full.

    Args:
        question: what is asked.
        collapse: whether one variant stands for its product.
        pins: items that have a place whatever the sources say.
    """

    def __init__(self, question: Question, *, collapse: bool = True, pins: Sequence[Pin] = ()) -> None:
        self.question = question
        self.picks: list[Pick] = []
        """By score, the best first."""
        self.seated: list[Pick] = []
        """Those with a place of their own."""
        query, snapshot = question.query, question.snapshot
        self._collapse = collapse
        self._codes = snapshot.table.group.codes
        self._spares: list[Pick] = []
        """Variants of products that are there already: better than an empty place."""
        self._surplus: list[Portion] = []
        """Candidates that would be too many of a kind: better than an empty place, too."""
        self._rows: set[int] = set()
        """Those chosen or passed over."""
        self._held: list[int] = []
        """Those chosen."""
        self._groups = {int(self._codes[row]) for row in question.asked} - {NONE}
        self._counted: Tally | None = None
        self._variety = Variety(snapshot, query.diversity) if query.diversity else None
        for pin in pins:
            self._pin(pin)

    @property
    def _tally(self) -> Tally | None:
        """What of each kind is in the list, where caps count; begun when somebody asks, which most lists never do."""
        caps = self.question.policy.caps
        if caps and self._counted is None:
            self._counted = self.question.snapshot.tally(caps)
            for row in self._held:
                self._counted.add(row)
        return self._counted

    @property
    def missing(self) -> int:
        """Places that are still empty."""
        return self.question.query.limit - len(self.picks) - len(self.seated)

    def add(self, candidates: Candidates) -> None:
        """Fill empty places with the best of `candidates`; their scores continue below those already chosen."""
        if self._variety is None and (bounds := self.question.bounds) is not None:
            self._fill(candidates, bounds)
            return
        portion = self._portion(candidates)
        for number, score in self._ordered(portion):
            if not self.missing:
                return
            self._take(portion.pick(number, score))

    def _fill(self, candidates: Candidates, bounds: Bounds) -> None:
        """The same for a list that need not be varied, in one go."""
        question = self.question
        rows = sealed(candidates.rows)
        scores = sealed(question.policy.weighed(rows, candidates.scores))
        chosen = choose(
            rows, scores, rows if candidates.by_row else IN_PLACE, question.good(rows), bounds,
            _array(self._rows), self.rows(), _array(self._groups), self.missing, self._collapse,
        )  # fmt: skip
        if chosen.first < 0:
            return
        ceiling = self.picks[-1].score if self.picks else 1.0
        scale = scale_to(ceiling, scores[chosen.first])
        plain = scale
        if question.policy.weights and question.query.explain:
            plain = scale_to(ceiling, candidates.scores[question.eligible(rows)].max())
        places = np.concatenate([chosen.taken, chosen.spare]) if len(chosen.spare) else chosen.taken
        found = zip(places.tolist(), rows[places].tolist(), scores[places].tolist(), strict=True)
        picks = [Pick(row, max(score * scale, 0.0), candidates, place, plain) for place, row, score in found]
        taken = len(chosen.taken)
        held = rows[chosen.taken]
        self.picks += picks[:taken]
        self._spares += picks[taken:]
        self._held += held.tolist()
        self._rows.update(self._held, [spare.row for spare in picks[taken:]])
        self._groups.update(self._codes[held].tolist())
        if self._counted is not None:
            for row in held.tolist():
                self._counted.add(row)
        if len(chosen.beyond):
            over = np.sort(chosen.beyond).astype(np.intp)
            self._surplus.append(Portion(candidates, over, scores[over], scale, plain))

    def complete(self) -> None:
        """Fill what is left with what there is too much of, then with spare variants.

        Nothing is taken that another list of the page took meanwhile.
        """
        for portion in self._surplus:
            self._relax(portion)
        self._surplus.clear()
        if not self._spares:
            return
        free = self.question.eligible(np.array([spare.row for spare in self._spares], np.int32))
        left = [spare for spare, fits in zip(self._spares, free, strict=True) if fits]
        for spare in left[: self.missing]:
            score = min(spare.score, self.picks[-1].score) if self.picks else spare.score
            self._choose(spare._replace(score=score, beyond=self._exceeded(spare.row)))
        self._spares.clear()

    def seat(self, candidates: Candidates, seats: Iterable[int], most: int) -> None:
        """Give places of the last items to at most `most` of `candidates`, the first ones first."""
        places = iter(seats)
        for number, row in enumerate(map(int, candidates.rows)):
            if most <= 0 or not self.picks:
                return
            group = int(self._codes[row])
            if row in self._rows or (group != NONE and group in self._groups) or self._full(row):
                continue
            self._drop(self.picks.pop())
            pick = Pick(row, 0.0, candidates, number, seat=Seat(next(places), "new"))
            self._rows.add(row)
            self._choose(pick)
            most -= 1

    def rows(self) -> Rows:
        """The rows chosen, in any order."""
        return _array(self._held)

    def arranged(self) -> list[Pick]:
        """The list as it is shown. An item with a place of its own is shown the score of the one above it."""
        if not self.seated:
            return self.picks
        others = iter(self.picks)
        wanted = [pick.seat.place for pick in self.seated if pick.seat is not None]
        found: list[Pick] = []
        for number in arranged(wanted, len(self.seated) + len(self.picks)):
            score = found[-1].score if found else 1.0
            found.append(next(others) if number is None else self.seated[number]._replace(score=score))
        return found

    def _pin(self, pin: Pin) -> None:
        rows, scores = np.array([pin.row], np.int32), np.ones(1, np.float32)
        candidates = Candidates(self.question.strategy, rows, scores, always(Reason(Phrase.PINNED)))
        self._rows.add(pin.row)
        self._choose(Pick(pin.row, 1.0, candidates, 0, seat=Seat(pin.place, "pin", pin.rule)))

    def _portion(self, candidates: Candidates) -> Portion:
        places = np.flatnonzero(self.question.eligible(candidates.rows))
        if candidates.by_row:
            places = places[np.argsort(candidates.rows[places])]
        plain = candidates.scores[places]
        scores = self.question.policy.weighed(candidates.rows[places], plain)
        ceiling = self.picks[-1].score if self.picks else 1.0
        scale = scale_to(ceiling, scores.max(initial=0.0))
        plain_scale = scale if scores is plain else scale_to(ceiling, plain.max(initial=0.0))
        return Portion(candidates, places, scores, scale, plain_scale)

    def _ordered(self, portion: Portion) -> Iterator[tuple[int, float]]:
        """The portion's candidates in the order in which they are to be taken, each with its score."""
        enough = self.missing + len(self._rows) + MARGIN
        if self._tally is None and self._variety is None:
            return portion.scored(best_first(portion.scores, enough))
        return self._weighed_up(portion, enough)

    def _weighed_up(self, portion: Portion, enough: int) -> Iterator[tuple[int, float]]:
        """As above with an eye to what was taken before: window by window, each of the best that are left."""
        rows, left = portion.rows, np.ones(len(portion.places), np.bool_)
        enough += CHOICE * self.question.query.limit if self._variety is not None else 0
        while len(window := self._fitting(rows, left)):
            window = window[np.fromiter(islice(best_first(portion.scores[window], enough), enough), np.intp)]
            left[window] = False
            for number, score in self._varied(portion, window):
                if self._exceeded(int(rows[number])):
                    left[number] = True
                else:
                    yield number, score
        over = np.flatnonzero(left)
        if len(over):
            self._surplus.append(replace(portion, places=portion.places[over], scores=portion.scores[over]))

    def _fitting(self, rows: Rows, left: Mask) -> Places:
        """Places of the candidates that are left and would not be too many of a kind."""
        numbers = np.flatnonzero(left)
        return numbers if self._tally is None else numbers[~self._tally.full(rows[numbers])]

    def _varied(self, portion: Portion, window: Places) -> Iterator[tuple[int, float]]:
        if self._variety is None:
            yield from portion.scored(window)
            return
        highest = max(float(portion.scores.max(initial=0.0)), 1e-9)
        ceiling = highest * portion.scale
        relevance = np.clip(portion.scores[window] / np.float32(highest), 0, 1)
        for place, value in self._variety.order(portion.rows[window], relevance):
            yield int(window[place]), min(value * ceiling, self.picks[-1].score if self.picks else 1.0)

    def _relax(self, portion: Portion) -> None:
        """Take the best of what there is too much of, as long as places are empty."""
        free = np.flatnonzero(self.question.eligible(portion.rows)) if self.missing else ()
        if not len(free):
            return
        ceiling = self.picks[-1].score if self.picks else 1.0
        for best in best_first(portion.scores[free], self.missing + len(self._rows) + MARGIN):
            if not self.missing:
                return
            number = int(free[best])
            pick = portion.pick(number, min(max(float(portion.scores[number]) * portion.scale, 0.0), ceiling))
            self._take(pick._replace(beyond=self._exceeded(pick.row)))

    def _take(self, pick: Pick) -> None:
        if pick.row in self._rows:
            return
        self._rows.add(pick.row)
        group = int(self._codes[pick.row])
        if self._collapse and group != NONE and group in self._groups:
            self._spares.append(pick)
            return
        self._choose(pick)

    def _choose(self, pick: Pick) -> None:
        self._held.append(pick.row)
        self._groups.add(int(self._codes[pick.row]))
        (self.picks if pick.seat is None else self.seated).append(pick)
        if self._counted is not None:
            self._counted.add(pick.row)
        if self._variety is not None:
            self._variety.add(pick.row)

    def _drop(self, pick: Pick) -> None:
        self._held.remove(pick.row)
        if self._counted is not None:
            self._counted.remove(pick.row)

    def _full(self, row: int) -> bool:
        """Whether the item in `row` would be one too many."""
        bounds = self.question.bounds
        return bool(self._exceeded(row)) if bounds is None else full(bounds, row, self.rows())

    def _exceeded(self, row: int) -> tuple[Cap, ...]:
        """The caps for which the item in `row` would be one too many."""
        return () if self._tally is None else self._tally.exceeded(row)


def _array(rows: Collection[int]) -> Rows:
    return np.fromiter(rows, np.int32, len(rows))
