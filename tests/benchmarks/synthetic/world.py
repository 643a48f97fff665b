"""What is true of a synthetic shop: how popular each item is, what stands together, and who likes what.

Items stand in aisles (an aisle is what a taste is for). A visitor has a few favourite aisles and within each takes what
is popular, so popularity over the whole shop stays Zipf's. Everything is drawn from the seed, and what belongs to one
item or visitor is drawn by hash: nothing has to be kept of millions of visitors.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from tests.benchmarks.synthetic.drawing import Floats, Ints, place, uniform, zipf

EXPONENT = 1.0
"""Of popularity by rank."""
ITEMS_AN_AISLE = 100
AISLES_A_CATEGORY = 5
CATEGORIES_A_DEPARTMENT = 12
FAVOURITES = 3
"""Aisles that a visitor likes."""
COMPANIONS = 3
"""Items of its aisle to which people go on from an item."""
EVENTS_A_VISITOR = 25
ACCOUNTS = 0.4
"""Share of the visitors that have an account."""
_FAVOURITE, _COMPANION, _ACCOUNT, _PRICE = range(4)


@dataclass(frozen=True, eq=False)
class World:
    """One shop; the same for the same items, visitors and seed."""

    seed: int
    visitors: int
    ranks: Ints
    """Of each item: 0 is the most popular."""
    aisles: Ints
    """Of each item."""

    @classmethod
    def of(cls, items: int, events: int, seed: int) -> Self:
        """Draw a shop that is large enough for so many events."""
        random = np.random.default_rng([seed, 0])
        ranks = random.permutation(items).astype(np.int64)
        aisles = random.integers(0, max(1, items // ITEMS_AN_AISLE), items)
        return cls(seed, max(10, events // EVENTS_A_VISITOR), ranks, aisles)

    @property
    def items(self) -> int:
        """How many there are."""
        return len(self.ranks)

    @cached_property
    def weights(self) -> Floats:
        """How often each item is chosen, relative to the others."""
        return zipf(self.items, EXPONENT)[self.ranks]

    @cached_property
    def categories(self) -> Ints:
        """Of each item: neighbouring aisles make a category."""
        return self.aisles // AISLES_A_CATEGORY

    @cached_property
    def prices(self) -> Floats:
        """Of each item in euros: categories have their own level."""
        level = uniform(self.seed, _PRICE, self.categories)
        own = uniform(self.seed, _PRICE, self.items + np.arange(self.items))
        return np.round(np.exp(1.5 + 3 * level + own)) - 0.01

    @cached_property
    def _shelf(self) -> Ints:
        """All items, aisle by aisle."""
        return np.argsort(self.aisles, kind="stable")

    @cached_property
    def _line(self) -> Floats:
        """The weights of the shelf, summed up from 0."""
        return np.concatenate(([0.0], np.cumsum(self.weights[self._shelf])))

    @cached_property
    def _begins(self) -> Floats:
        """Where on the line each aisle begins, and the end of the last."""
        bounds = np.searchsorted(self.aisles[self._shelf], np.arange(int(self.aisles.max()) + 2))
        return self._line[bounds]

    def anywhere(self, points: Floats) -> Ints:
        """Items of the whole shop by popularity, for points from [0, 1)."""
        return self._shelf[place(self._line, points * self._line[-1])]

    def within(self, aisles: Ints, points: Floats) -> Ints:
        """Items of given aisles by popularity, for points from [0, 1)."""
        first, last = self._begins[aisles], self._begins[aisles + 1]
        return self._shelf[place(self._line, first + points * (last - first))]

    def favourites(self, visitors: Ints, which: Ints) -> Ints:
        """The `which`-th favourite aisle of each visitor; aisles of popular items are liked by more people."""
        points = uniform(self.seed, _FAVOURITE, visitors * FAVOURITES + which)
        return self.aisles[self.anywhere(points)]

    def companions(self, items: Ints, which: Ints) -> Ints:
        """The `which`-th item to which people go on from each item."""
        points = uniform(self.seed, _COMPANION, items * COMPANIONS + which)
        return self.within(self.aisles[items], points)

    def has_account(self, visitors: Ints) -> np.ndarray:
        """Whether each visitor is a customer as well."""
        return uniform(self.seed, _ACCOUNT, visitors) < ACCOUNTS
