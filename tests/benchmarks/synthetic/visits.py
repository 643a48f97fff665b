"""Sessions of a stretch of time: who came, what they looked at, what they put into the cart and what they bought."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np

from tests.benchmarks.synthetic.drawing import Floats, Ints
from tests.benchmarks.synthetic.world import COMPANIONS, FAVOURITES, World

VIEWS = 4.0
"""Views of a session in the mean; their number is geometric."""
MOST_VIEWS = 60
STRAYS, GOES_ON, RETURNS = 0.15, 0.35, 0.12
"""Shares of the views that leave the session's aisle, follow from the item before, go back to the first one."""
CARTED, ORDERED, LOGGED_IN = 0.1, 0.5, 0.5
"""Share of the views that lead to the cart; of the sessions with a cart that order; of the sessions with a login."""
SHORTEST_LOOK, MEAN_LOOK, CART_AFTER, ORDER_AFTER = 20.0, 60.0, 10.0, 60.0
"""Seconds: the shortest look at an item and what comes on top; from view to cart; from the last view to the order."""
LOYALTY = 1.5
"""The larger, the more of the sessions belong to a few visitors."""
ROWS_A_SESSION = 4.0
"""Fewer than there are, so that enough sessions are drawn for any number of rows."""
TYPICAL_ROWS = VIEWS * (1 + CARTED) + 0.22


class Happened(NamedTuple):
    """Rows of one kind."""

    seconds: Floats
    sessions: Ints
    items: Ints


@dataclass(frozen=True, eq=False)
class Visits:
    """Sessions with their views, in one row each."""

    world: World
    visitors: Ints
    """Of each session."""
    logged_in: np.ndarray
    orders: np.ndarray
    """Whether a session that has something in its cart orders it."""
    lengths: Ints
    items: Ints
    """Of each view, session by session."""
    seconds: Floats
    """When each view began, Unix time."""
    carted: np.ndarray
    """Whether each view led to the cart."""

    @classmethod
    def drawn(cls, world: World, random: np.random.Generator, rows: int, begin: float, seconds: float) -> Self:
        """More sessions than `rows` rows need; those that are needed begin within the `seconds` after `begin`."""
        count = int(rows / ROWS_A_SESSION) + 200
        lengths = random.geometric(1 / VIEWS, count).clip(max=MOST_VIEWS)
        visitors = (world.visitors * random.random(count) ** LOYALTY).astype(np.int64)
        starts = begin + np.sort(random.random(count)) * seconds * count * TYPICAL_ROWS / rows
        looks = SHORTEST_LOOK + random.exponential(MEAN_LOOK, int(lengths.sum()))
        return cls(
            world=world,
            visitors=visitors,
            logged_in=random.random(count) < LOGGED_IN,
            orders=random.random(count) < ORDERED,
            lengths=lengths,
            items=_walked(world, random, visitors, lengths),
            seconds=np.repeat(starts, lengths) + _elapsed(looks, lengths),
            carted=random.random(len(looks)) < CARTED,
        )

    @cached_property
    def _sessions(self) -> Ints:
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @cached_property
    def _ordered(self) -> Happened:
        """Each item of an order once."""
        chosen = self.carted & self.orders[self._sessions]
        pairs = np.unique(self._sessions[chosen] * self.world.items + self.items[chosen])
        sessions, items = np.divmod(pairs, self.world.items)
        last = self.seconds[np.cumsum(self.lengths) - 1]
        return Happened(last[sessions] + ORDER_AFTER, sessions, items)

    def views(self) -> Happened:
        """Every look at an item."""
        return Happened(self.seconds, self._sessions, self.items)

    def carts(self) -> Happened:
        """What was put into the cart."""
        return Happened(self.seconds[self.carted] + CART_AFTER, self._sessions[self.carted], self.items[self.carted])

    def purchases(self) -> Happened:
        """What was bought: one order a session, from its cart."""
        return self._ordered

    def order_values(self) -> Floats:
        """What each session's order costs."""
        prices = self.world.prices[self._ordered.items]
        return np.bincount(self._ordered.sessions, prices, minlength=len(self.lengths))


def _elapsed(looks: Floats, lengths: Ints) -> Floats:
    """Seconds since the session's first view."""
    passed = np.concatenate(([0.0], np.cumsum(looks)[:-1]))
    firsts = np.cumsum(lengths) - lengths
    return passed - np.repeat(passed[firsts], lengths)


def _walked(world: World, random: np.random.Generator, visitors: Ints, lengths: Ints) -> Ints:
    """The items that the sessions look at, one step of all sessions after the other."""
    favourite = world.favourites(visitors, random.integers(0, FAVOURITES, len(visitors)))
    firsts = np.cumsum(lengths) - lengths
    items = np.empty(int(lengths.sum()), np.int64)
    for step in range(int(lengths.max())):
        here = np.flatnonzero(lengths > step)
        rows = firsts[here] + step
        fate, points = random.random(len(here)), random.random(len(here))
        found = np.where(fate < STRAYS, world.anywhere(points), world.within(favourite[here], points))
        if step:
            on = world.companions(items[rows - 1], random.integers(0, COMPANIONS, len(here)))
            found = np.where((fate >= STRAYS) & (fate < STRAYS + GOES_ON), on, found)
            found = np.where(fate >= 1 - RETURNS, items[firsts[here]], found)
        items[rows] = found
    return items
