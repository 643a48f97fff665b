"""Two variants' lists in one showcase: each picks its best item in turn, and a coin says who begins."""

from dataclasses import dataclass

import numpy as np

from recommender.configuration import Placement
from recommender.engine.answer import Items, Recommendations, Recommended
from recommender.engine.filling import Filling
from recommender.engine.situation import Situation
from recommender.experiments.interleaving import Pairing, interleave
from recommender.vocabulary import Rows

PIN = "pin"


@dataclass
class Interleaved:
    """Both lists on their way from empty to full."""

    pairing: Pairing[Placement]
    fillings: tuple[Filling, Filling]
    brought: tuple[str | None, ...] = ()
    """Which variant brought each item, once it is answered."""

    @property
    def short(self) -> bool:
        """Whether one of the lists may be topped up."""
        return any(one.short for one in self.fillings)

    @property
    def rows(self) -> Rows:
        """The rows that may be shown."""
        return np.concatenate([one.rows for one in self.fillings])

    def top_up(self, taken: Rows | None = None) -> None:
        """Fill the empty places of both."""
        for one in self.fillings:
            if one.short:
                one.top_up(taken)

    def answer(self, situation: Situation) -> Recommendations:
        """One list; two variants of one product count as the same, and what rules pin keeps its place."""
        first, second = (one.answer() for one in self.fillings)
        lists = [{_product(one, situation): one for one in answer.items} for answer in (first, second)]
        pinned = [(place, one) for place, one in enumerate(first.items) if one.source == PIN]
        keys = {_product(one, situation) for _, one in pinned}
        free = [[key for key in found if key not in keys] for found in lists]
        length = self.pairing.things[0].limit - len(pinned)
        merged = interleave(free[0], free[1], length, np.random.default_rng(self.pairing.seed))
        items = [lists[team][key] for key, team in zip(merged.items, merged.teams, strict=True)]
        brought: list[str | None] = [self.pairing.variants[team] for team in merged.teams]
        for place, one in pinned:
            items.insert(place, one)
            brought.insert(place, None)
        self.brought = tuple(brought)
        return Recommendations(first.strategy, Items.of(items), first.missing_ids)


def _product(one: Recommended, situation: Situation) -> str:
    """What the item is a variant of, else itself."""
    table = situation.snapshot.table
    row = table.row(one.item_id)
    return (None if row is None else table.group.name(row)) or one.item_id
