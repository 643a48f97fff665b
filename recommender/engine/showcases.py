"""All showcases of one page."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recommender.configuration import Placement
from recommender.engine import phrases
from recommender.engine.answer import Recommendations, Showcase
from recommender.engine.filling import Filling
from recommender.engine.page import Page, PageType
from recommender.engine.phrases import Phrase
from recommender.engine.question import Question
from recommender.engine.request import Query
from recommender.engine.situation import Situation
from recommender.strategy import Strategy
from recommender.vocabulary import Rows


@dataclass
class Showcases:
    """Fills slots one after the other, so that no item stands twice.

    Each slot first takes its own items, or a whole list of another kind when it has none. Only then are the short
    ones topped up: what merely fills must not take what belongs to a later slot.
    """

    situation: Situation
    page: Page
    language: str = "en"
    explain: bool = False
    _taken: Rows = field(default_factory=lambda: np.empty(0, np.int32))
    _titles: set[str] = field(default_factory=set)

    def filled(self, ids: Sequence[str] | None) -> list[Showcase]:
        """The page's showcases; `ids` as in `engine.page`."""
        placements = self._wanted(ids)
        strategies = {placement.strategy for placement in placements}
        fillings = [(placement, self._begun(placement, strategies)) for placement in placements]
        for _, filling in fillings:
            if not filling.factual:
                filling.top_up(self._others(filling))
                self._take(filling)
        return [self._named(placement, filling.answer()) for placement, filling in fillings]

    def _wanted(self, ids: Sequence[str] | None) -> tuple[Placement, ...]:
        configuration = self.situation.snapshot.configuration
        if ids is None:
            return configuration.on(str(self.page.type))
        return tuple(found for id_ in dict.fromkeys(ids) if (found := configuration.placement(id_)) is not None)

    def _begun(self, placement: Placement, strategies: set[Strategy]) -> Filling:
        filling = self._filling(self._query(placement), strategies)
        if filling.empty and placement.same_category:
            filling = self._filling(self._query(placement).anywhere(), strategies)
        self._take(filling)
        return filling

    def _filling(self, query: Query, strategies: set[Strategy]) -> Filling:
        filling = Filling(Question(self.situation, query, self._taken), avoid=strategies)
        filling.own()
        if filling.empty:
            filling.top_up()
        return filling

    def _query(self, placement: Placement) -> Query:
        table, seeds = self.situation.snapshot.table, self._seeds()
        category = self.page.category
        if category is None and len(rows := table.rows(seeds)):
            category = table.category.name(int(rows[0]))
        return Query(
            strategy=placement.strategy,
            item_ids=seeds,
            limit=placement.limit,
            filter=placement.parsed_filter,
            allow_seen=placement.allow_seen,
            category=category if placement.same_category else None,
            language=self.language,
            explain=self.explain,
        )

    def _seeds(self) -> tuple[str, ...]:
        if self.page.item_id is not None:
            return (self.page.item_id,)
        if self.page.type == PageType.CART and self.situation.visitor.personal:
            return tuple(item.item_id for item in self.situation.visitor.cart)
        return ()

    def _take(self, filling: Filling) -> None:
        self._taken = np.union1d(self._taken, filling.rows).astype(np.int32)

    def _others(self, filling: Filling) -> Rows:
        return np.setdiff1d(self._taken, filling.rows).astype(np.int32)

    def _named(self, placement: Placement, answer: Recommendations) -> Showcase:
        title = self._title(placement, answer)
        self._titles.add(title)
        return Showcase(placement.id, answer.strategy, title, answer)

    def _title(self, placement: Placement, answer: Recommendations) -> str:
        """The shop's own title, unless the list became another; never one that stands on the page already."""
        if answer.strategy == placement.strategy and placement.title is not None:
            return _translated(placement.title, self.language) or phrases.title(answer.strategy, self.language)
        names = phrases.titles(answer.strategy, self.language)
        unsold = phrases.reason(Phrase.RANGE, self.language)
        if answer.items and answer.items[0].reason == unsold:
            return names[-1]
        return next((name for name in names if name not in self._titles), names[-1])


def _translated(title: str | dict[str, str], language: str) -> str | None:
    """The title in this language, in its base language, or in English."""
    if isinstance(title, str):
        return title
    wanted = (language, language.partition("-")[0], phrases.FALLBACK)
    return next((title[name] for name in wanted if name in title), None)
