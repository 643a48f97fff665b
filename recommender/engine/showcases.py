"""All showcases of one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recommender.configuration import Configuration, Placement
from recommender.engine import phrases
from recommender.engine.answer import Recommendations, Showcase
from recommender.engine.filling import Filling, pinned
from recommender.engine.interleaved import Interleaved
from recommender.engine.page import Page, PageType
from recommender.engine.phrases import Phrase
from recommender.engine.question import NOTHING, Question
from recommender.engine.request import Query
from recommender.engine.situation import Situation
from recommender.experiments.interleaving import Pairing
from recommender.languages import translated
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
    configuration: Configuration
    """With the placements that this visitor has."""
    language: str = "en"
    explain: bool = False
    interleaved: Mapping[str, Pairing[Placement]] = field(default_factory=dict)
    """Placements that show the lists of two variants in one."""
    _fillings: dict[str, Filling | Interleaved] = field(default_factory=dict)
    """By placement, as far as they are begun."""
    _pinned: dict[str, Rows] = field(default_factory=dict)
    """What rules pin to each placement: no other list may take it."""
    _titles: set[str] = field(default_factory=set)

    def filled(self, ids: Sequence[str] | None) -> list[Showcase]:
        """The page's showcases; `ids` as in `engine.page`."""
        placements = self._wanted(ids)
        self._reserve(placements)
        strategies = {placement.strategy for placement in placements}
        for placement in placements:
            self._fillings[placement.id] = self._started(placement, strategies)
        for placement in placements:
            filling = self._fillings[placement.id]
            if filling.short:
                filling.top_up(self._others(placement))
        return [self._shown(placement, self._fillings[placement.id]) for placement in placements]

    def _wanted(self, ids: Sequence[str] | None) -> tuple[Placement, ...]:
        if ids is None:
            return self.configuration.on(str(self.page.type))
        return tuple(found for id_ in dict.fromkeys(ids) if (found := self.configuration.placement(id_)) is not None)

    def _reserve(self, placements: Sequence[Placement]) -> None:
        """Look what is pinned where, before any list takes it by chance; what is pinned twice is the first one's."""
        if not any(rule.pin for rule in self.situation.snapshot.configuration.rules):
            return
        for placement in placements:
            pins = pinned(self._question(placement, self._query(placement)))
            if pins:
                self._pinned[placement.id] = np.array([pin.row for pin in pins], np.int32)

    def _started(self, placement: Placement, strategies: set[Strategy]) -> Filling | Interleaved:
        pairing = self.interleaved.get(placement.id)
        if pairing is None:
            return self._begun(placement, strategies)
        first, second = (self._begun(one, strategies) for one in pairing.things)
        return Interleaved(pairing, (first, second))

    def _begun(self, placement: Placement, strategies: set[Strategy]) -> Filling:
        query = self._query(placement)
        filling = self._filling(placement, query, strategies)
        if filling.empty and placement.same_category:
            filling = self._filling(placement, query.anywhere(), strategies)
        return filling

    def _filling(self, placement: Placement, query: Query, strategies: set[Strategy]) -> Filling:
        filling = Filling(self._question(placement, query), avoid=strategies)
        filling.own()
        if filling.empty:
            filling.top_up()
        return filling

    def _question(self, placement: Placement, query: Query) -> Question:
        return Question.ruled(self.situation, query, self._others(placement))

    def _query(self, placement: Placement) -> Query:
        seeds = self._seeds()
        return Query(
            strategy=placement.strategy,
            item_ids=seeds,
            limit=placement.limit,
            filter=placement.parsed_filter,
            allow_seen=placement.allow_seen,
            category=self._category(seeds) if placement.same_category else None,
            diversity=placement.diversity,
            caps=placement.caps,
            new_items_share=placement.places_for_new_items,
            without_rules=placement.without_rules,
            placement=placement.id,
            page=self.page,
            language=self.language,
            explain=self.explain,
        )

    def _category(self, seeds: tuple[str, ...]) -> str | None:
        """That of the page, or of its first item."""
        rows = self.situation.rows(seeds)
        if self.page.category is not None or not len(rows):
            return self.page.category
        return self.situation.snapshot.table.category.name(int(rows[0]))

    def _seeds(self) -> tuple[str, ...]:
        if self.page.item_id is not None:
            return (self.page.item_id,)
        if self.page.type == PageType.CART and self.situation.visitor.personal:
            return tuple(item.item_id for item in self.situation.visitor.cart)
        return ()

    def _others(self, placement: Placement) -> Rows:
        """What the other lists of the page show, or are bound to show."""
        shown = [filling.rows for id_, filling in self._fillings.items() if id_ != placement.id]
        bound = [rows for id_, rows in self._pinned.items() if id_ != placement.id]
        return np.concatenate([NOTHING, *shown, *bound])

    def _shown(self, placement: Placement, filling: Filling | Interleaved) -> Showcase:
        if isinstance(filling, Filling):
            return self._named(placement, filling.answer())
        showcase = self._named(placement, filling.answer(self.situation))
        return replace(showcase, brought=filling.brought)

    def _named(self, placement: Placement, answer: Recommendations) -> Showcase:
        title = self._title(placement, answer)
        self._titles.add(title)
        return Showcase(placement.id, answer.strategy, title, answer, layout=placement.layout)

    def _title(self, placement: Placement, answer: Recommendations) -> str:
        """The shop's own title, unless the list became another; never one that stands on the page already."""
        if answer.strategy == placement.strategy and placement.title is not None:
            return translated(placement.title, self.language) or phrases.title(answer.strategy, self.language)
        names = phrases.titles(answer.strategy, self.language)
        unsold = phrases.reason(Phrase.RANGE, self.language)
        items = answer.items
        found = next(
            (why for why, source in zip(items.reasons, items.sources, strict=True) if source == answer.strategy), None
        )
        if found == unsold:
            return names[-1]
        return next((name for name in names if name not in self._titles), names[-1])
