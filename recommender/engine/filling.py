"""How a list gets full: its own items first, then those of the strategies behind it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

import numpy as np

from recommender.engine import factual, personal, popular, similar, together
from recommender.engine.answer import Recommendations
from recommender.engine.candidates import Candidates
from recommender.engine.novelty import Novelty
from recommender.engine.pinning import pins
from recommender.engine.question import Question
from recommender.engine.rules import Pin
from recommender.engine.selection import Selection
from recommender.engine.wording import recommended
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

Source = Callable[[Question], Iterable[Candidates]]
"""Yields candidates in portions, best first; a later portion is asked for only when places are left."""

FACTUAL = frozenset({Strategy.RECENTLY_VIEWED, Strategy.BUY_AGAIN, Strategy.ON_SALE, Strategy.NEW_ARRIVALS})
"""Strategies whose name is a claim about each item: never topped up with items of which it is not true."""
EVERY_VARIANT = frozenset({Strategy.RECENTLY_VIEWED, Strategy.BUY_AGAIN})
"""Strategies for which two variants of a product are two memories."""

SOURCES: dict[Strategy, tuple[Source, ...]] = {
    Strategy.SIMILAR: (similar.similar, similar.of_that_kind, popular.same_category),
    Strategy.BOUGHT_TOGETHER: (together.bought_together, together.also_bought),
    Strategy.FOR_YOU: (personal.for_you,),
    Strategy.TRENDING: (popular.trending,),
    Strategy.BEST_SELLERS: (popular.best_sellers,),
    Strategy.RECENTLY_VIEWED: (factual.recently_viewed,),
    Strategy.BUY_AGAIN: (factual.buy_again,),
    Strategy.ON_SALE: (factual.on_sale,),
    Strategy.NEW_ARRIVALS: (factual.new_arrivals,),
}
EVERYBODY = (Strategy.TRENDING, Strategy.BEST_SELLERS)
FALLBACKS: dict[Strategy, tuple[Strategy, ...]] = {
    Strategy.SIMILAR: (Strategy.FOR_YOU, *EVERYBODY),
    Strategy.BOUGHT_TOGETHER: (Strategy.SIMILAR, Strategy.FOR_YOU, *EVERYBODY),
    Strategy.FOR_YOU: (Strategy.SIMILAR, *EVERYBODY),
    Strategy.TRENDING: (Strategy.BEST_SELLERS,),
    Strategy.BEST_SELLERS: (),
}
"""What stands in, in this order. Best sellers end in every item there is, so nothing stays empty without need."""


class Filling:
    """One list on its way from empty to full.

    Args:
        question: what is asked.
        avoid: strategies that the page shows anyway; others stand in before them.
    """

    def __init__(self, question: Question, avoid: Collection[Strategy] = ()) -> None:
        self.asked = question.strategy
        self._avoid = avoid
        self._selection = _begun(question)

    @property
    def empty(self) -> bool:
        """Whether nothing was found so far."""
        return not self._selection.picks and not self._selection.seated

    @property
    def _factual(self) -> bool:
        """Whether the list holds items of which its name is a claim."""
        return self.asked in FACTUAL and not self.empty

    @property
    def short(self) -> bool:
        """Whether there are empty places that other strategies may fill."""
        return bool(self._selection.missing) and not self._factual

    @property
    def rows(self) -> Rows:
        """The rows chosen so far."""
        return self._selection.rows()

    def own(self) -> None:
        """Take what the strategy itself finds."""
        if not self._hastened():
            self._ask(self.asked)
        if self._factual:
            self._selection.complete()
        elif not self._selection.missing:
            self._explore()

    def top_up(self, taken: Rows | None = None) -> None:
        """Fill the empty places from the strategies behind; an empty factual list becomes another list altogether."""
        question = self._selection.question
        if taken is not None:
            question = question.without(taken)
        if self.asked in FACTUAL:
            question = replace(question, query=replace(question.query, strategy=Strategy.FOR_YOU))
            self._selection = _begun(question)
            self._ask(Strategy.FOR_YOU)
        self._selection.question = question
        for other in sorted(FALLBACKS[question.strategy], key=lambda other: other in self._avoid):
            self._ask(other)
        self._selection.complete()
        self._explore()

    def answer(self) -> Recommendations:
        """The list in words."""
        question, picks = self._selection.question, self._selection.picks
        missing = tuple(id_ for id_ in question.query.item_ids if question.snapshot.table.row(id_) is None)
        return Recommendations(
            strategy=picks[0].candidates.strategy if picks else self.asked,
            items=recommended(self._selection.arranged(), question),
            missing_ids=missing,
        )

    def _hastened(self) -> bool:
        """Whether what was made ahead of all requests fills the list."""
        question = self._selection.question
        begun = similar.begun(question) if self.asked == Strategy.SIMILAR else None
        if begun is None:
            return False
        self._selection.add(begun)
        if self._selection.missing:
            self._selection = _begun(question)
            return False
        return True

    def _explore(self) -> None:
        """Give new items their share of the places, if they do not have it anyway."""
        question = self._selection.question
        if not question.query.new_items_share or self._selection.missing:
            return
        novelty = Novelty(question)
        if (lacking := novelty.lacking(self.rows)) > 0:
            self._selection.seat(novelty.candidates(), novelty.seats(question.query.limit), lacking)

    def _ask(self, strategy: Strategy) -> None:
        for source in SOURCES[strategy]:
            if not self._selection.missing:
                return
            for candidates in source(self._selection.question):
                self._selection.add(candidates)
                if not self._selection.missing:
                    return


def pinned(question: Question) -> list[Pin]:
    """Items that the rules pin to a list; to one whose name is a claim, only those of which it is true."""
    if not question.policy.pins or question.strategy not in FACTUAL:
        return pins(question)
    found = [candidates.rows for source in SOURCES[question.strategy] for candidates in source(question)]
    return pins(question, np.concatenate(found))


def _begun(question: Question) -> Selection:
    return Selection(question, collapse=question.strategy not in EVERY_VARIANT, pins=pinned(question))
