"""One query in its situation: which items may be shown, and which items it is about."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.engine.choosing import EVERYTHING, FEW, NO_CAPS, NO_KINDS, Bounds
from recommender.engine.request import MAX_LIMIT, Query
from recommender.engine.rules import FREE, Policy
from recommender.engine.situation import Situation
from recommender.engine.snapshot import Snapshot
from recommender.errors import InputError
from recommender.lazy import cached_property
from recommender.strategy import Strategy
from recommender.vocabulary import Rows

ALLOW_SEEN = {
    Strategy.FOR_YOU: False,
    Strategy.RECENTLY_VIEWED: True,
    Strategy.BUY_AGAIN: True,
}
"""Defaults of `allow_seen`. The others keep what was seen and leave out only what was bought recently."""
MAX_SEEDS = 20
"""Seeds that are looked at; the first ones of a longer list."""
MAX_COMPANIONS = 50
"""The same where a whole basket is to be completed: there every item tells something."""
BORROWED_SEEDS = 3
"""How many of the visitor's latest items stand in for missing seeds."""
NOTHING = np.empty(0, np.int32)
STRATEGIES = frozenset(Strategy)


@dataclass(frozen=True, eq=False)
class Question:
    """A query that has met its visitor."""

    situation: Situation
    query: Query
    taken: Rows = field(default_factory=lambda: NOTHING)
    """Rows that stand elsewhere on the page."""
    policy: Policy = FREE
    """What the shop's rules ask for."""

    @classmethod
    def ruled(cls, situation: Situation, query: Query, taken: Rows = NOTHING) -> Self:
        """The question under the rules that hold for it now."""
        policy = situation.snapshot.rulebook.policy(query, situation)
        if policy.allowed:
            query = replace(query, filter=policy.narrowed(query.filter))
        return cls(situation, query, taken, policy)

    def __post_init__(self) -> None:
        if self.query.strategy not in STRATEGIES:
            raise InputError("strategy", self.query.strategy, f"use one of {', '.join(Strategy)}")
        if not 1 <= self.query.limit <= MAX_LIMIT:
            raise InputError("limit", self.query.limit, f"use 1 to {MAX_LIMIT}")

    @cached_property
    def strategy(self) -> Strategy:
        """How items are to be found."""
        return Strategy(self.query.strategy)

    def without(self, rows: Rows) -> "Question":
        """The same question when these rows stand elsewhere on the page."""
        return type(self)(self.situation, self.query, rows, self.policy)

    @property
    def snapshot(self) -> Snapshot:
        """The shop."""
        return self.situation.snapshot

    @cached_property
    def asked(self) -> Rows:
        """The known seeds."""
        return self.situation.rows(self.query.item_ids)

    @cached_property
    def seeds(self) -> Rows:
        """Items that the list is about: those asked for, else the visitor's latest ones."""
        if self.query.item_ids:
            return self.asked[:MAX_SEEDS]
        return self.situation.profile.rows[:BORROWED_SEEDS]

    @cached_property
    def companions(self) -> Rows:
        """Items whose complements are wanted: the seeds asked for, else the cart, else the visitor's latest items."""
        if self.query.item_ids:
            return self.asked[:MAX_COMPANIONS]
        if not len(self.situation.cart) or not self.situation.visitor.personal:
            return self.seeds
        return self.situation.cart[:MAX_COMPANIONS]

    @cached_property
    def category(self) -> str | None:
        """Path under which the first seed is filed."""
        return self.snapshot.table.category.name(int(self.asked[0])) if len(self.asked) else None

    @property
    def allow_seen(self) -> bool | None:
        """Whether seen items may be shown; None: all but those bought recently."""
        return ALLOW_SEEN.get(self.strategy) if self.query.allow_seen is None else self.query.allow_seen

    def eligible(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of `rows` may be shown."""
        table = self.snapshot.table
        good: NDArray[np.bool_] = table.available[rows]
        good &= ~contained(rows, self._blocked)
        if self.narrow:
            good &= self.good(rows)
        return good

    def good(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of `rows` are of the kind that the list asks for; `EVERYTHING` where it asks for none."""
        if not self.narrow:
            return EVERYTHING
        table, query = self.snapshot.table, self.query
        good = np.ones(len(rows), np.bool_) if query.filter is None else query.filter.mask(table, rows)
        if query.category is not None:
            good &= self.snapshot.within(query.category)[table.category.codes[rows]]
        return good

    @cached_property
    def bounds(self) -> Bounds | None:
        """What else a list may hold; None where its caps count several values of one item."""
        if not self.policy.caps:
            return self.uncapped
        kinds = self.snapshot.kinds(self.policy.caps)
        if kinds is None:
            return None
        return self.uncapped._replace(kinds=kinds[0], most=kinds[1])

    @cached_property
    def uncapped(self) -> Bounds:
        """The same without caps."""
        available, groups = self.snapshot.columns
        blocked = self._unordered if len(self._unordered) <= FEW else self._blocked
        return Bounds(available, blocked, groups, NO_KINDS, NO_CAPS)

    @property
    def narrow(self) -> bool:
        """Whether the list asks for items of some kind, of which what lies nearest may hold few."""
        return self.query.filter is not None or self.query.category is not None

    @property
    def narrowed(self) -> NDArray[np.bool_]:
        """One flag for each row of the table: whether it is of the kind that the list asks for."""
        tests = () if self.query.filter is None else self.query.filter.tests
        return self.snapshot.narrowed(tests, self.query.category)

    @cached_property
    def _blocked(self) -> Rows:
        """Rows that may not be shown whatever they are, in rising order."""
        return np.unique(self._unordered)

    @cached_property
    def _unordered(self) -> Rows:
        """The same in any order, some of them more than once."""
        situation, allowed = self.situation, self.allow_seen
        known = NOTHING
        if not allowed and not situation.nobody:
            known = situation.profile.recently_bought if allowed is None else situation.profile.seen
        groups = (self.asked, situation.cart, situation.rows(self.query.exclude), known, self.taken)
        return np.concatenate(groups).astype(np.int32, copy=False)


def contained(rows: Rows, known: Rows) -> NDArray[np.bool_]:
    """Which of `rows` are among `known`, which rise."""
    if not len(known):
        return np.zeros(len(rows), np.bool_)
    places = known.searchsorted(rows)
    places[places == len(known)] = 0
    return np.equal(known[places], rows)
