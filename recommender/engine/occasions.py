"""Of which items a visitor may be reminded now, and why: from what is in memory anyway.

Habits are learned with the ages of the data; whether it is time for one is asked of the wall clock, as in deadlines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from recommender.days import DAY
from recommender.engine.filter import Mask, Test, paid
from recommender.engine.request import Interaction, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.engine.trail import CODES
from recommender.engine.visit import begun
from recommender.events.names import EventName
from recommender.lazy import cached_property
from recommender.models.interactions import PURCHASE
from recommender.occasion import Occasion
from recommender.vocabulary import Rows

NOTHING = np.empty(0, np.int32)
REGULAR = 2
"""Occasions on which a regular item was bought at least."""


@dataclass(frozen=True, slots=True)
class Bought:
    """One item in the past of a customer."""

    times: int
    first: float
    """Unix seconds."""
    last: float

    def again(self, moment: float) -> "Bought":
        """With one more purchase; one on the day of the last one is none."""
        if moment < self.last + DAY:
            return self
        return Bought(self.times + 1, self.first, moment)


@dataclass(frozen=True, eq=False)
class Occasions:
    """The items of each occasion, each worked out when first asked for; all can be bought, none lies in the cart."""

    snapshot: Snapshot
    visitor: Visitor
    now: datetime

    def rows(self, occasion: Occasion) -> Rows:
        """Rows of the occasion's items, in no particular order."""
        if not self.visitor.personal:
            return NOTHING
        if occasion is Occasion.REPLENISHMENT_DUE:
            return self._habits[0]
        if occasion is Occasion.REPLENISHMENT_LATE:
            return self._habits[1]
        if occasion is Occasion.PRICE_DROP:
            return self._cheaper
        return self._back if occasion is Occasion.BACK_IN_STOCK else self._abandoned

    def test(self, occasion: Occasion) -> Test:
        """Passes the occasion's items."""
        wanted = self.rows(occasion)

        def among(_: object, rows: Rows) -> Mask:
            return np.isin(rows, wanted)

        return among

    @cached_property
    def _habits(self) -> tuple[Rows, Rows]:
        """Regular items that are due, and those that are late."""
        snapshot, now = self.snapshot, self.now.timestamp()
        model, config = snapshot.models.replenishment, snapshot.configuration.training.replenishment
        due, late = list[int](), list[int]()
        if model is None:
            return self._offered(due), self._offered(late)
        for row, past in self._bought.items():
            if past.times < REGULAR or past.last < past.first + DAY or row >= len(model.days):
                continue
            share = (now - past.last) / DAY / model.pause(row, past.times, past.first, past.last, config)
            if config.due_share <= share < config.late_share:
                due.append(row)
            elif config.late_share <= share < config.gone_share:
                late.append(row)
        return self._offered(due), self._offered(late)

    @cached_property
    def _bought(self) -> dict[int, Bought]:
        """What the visitor bought, by row: as the artifact counted it, and since then."""
        snapshot, visitor = self.snapshot, self.visitor
        histories, found = snapshot.models.histories, dict[int, Bought]()
        person = snapshot.models.person(visitor.visitor_id, visitor.customer_id)
        if histories is not None and person is not None:
            known = histories.purchases(person)
            columns = (known.item_rows, known.counts, known.first, known.last)
            for row, times, first, last in zip(*(column.tolist() for column in columns), strict=True):
                found[row] = Bought(times, first, last)
        for row, one in self._told:
            if CODES.get(one.event) == PURCHASE:
                moment = one.timestamp or 0.0
                found[row] = found[row].again(moment) if row in found else Bought(1, moment, moment)
        return found

    @cached_property
    def _cheaper(self) -> Rows:
        """Items that cost less than when they were looked at last, and were not bought since."""
        seen = {row: one.price for row, one in self._looked_at.items() if one.price is not None}
        if not seen:
            return NOTHING
        rows = np.array([*seen], np.int32)
        lower = paid(self.snapshot.table, rows) < np.array([*seen.values()], np.float64)
        return self._offered(rows[lower].tolist())

    @cached_property
    def _back(self) -> Rows:
        """Items that came back after they were looked at last, and were not bought since."""
        restocked = self.snapshot.table.restocked
        return self._offered([row for row, one in self._looked_at.items() if restocked[row] > (one.timestamp or 0.0)])

    @cached_property
    def _abandoned(self) -> Rows:
        """What lay in the cart when an earlier visit ended, and was not bought since."""
        now = self.now.timestamp()
        visit, held, table = begun(self.visitor, now), dict[int, float](), self.snapshot.table
        for one in self.visitor.history:
            row, moment = table.row(one.item_id), one.timestamp or 0.0
            if one.event == EventName.PURCHASE:
                held = {kept: pieces for kept, pieces in held.items() if one.item_id and kept != row}
            elif row is None or moment >= visit:
                continue
            elif one.event == EventName.ADD_TO_CART:
                held[row] = held.get(row, 0.0) + one.quantity
            elif one.event == EventName.REMOVE_FROM_CART:
                held[row] = max(held.get(row, 0.0) - one.quantity, 0.0)
        return self._offered([row for row, pieces in held.items() if pieces > 0])

    @cached_property
    def _looked_at(self) -> dict[int, Interaction]:
        """The last look at each item that was not bought since."""
        found = dict[int, Interaction]()
        for row, one in self._told:
            code = CODES.get(one.event, PURCHASE + 1)
            if code < PURCHASE:
                found[row] = one
            elif code == PURCHASE:
                found.pop(row, None)
        return found

    @property
    def _told(self) -> Iterator[tuple[int, Interaction]]:
        table = self.snapshot.table
        for one in self.visitor.history:
            if (row := table.row(one.item_id)) is not None:
                yield row, one

    def _offered(self, rows: list[int]) -> Rows:
        if not rows:
            return NOTHING
        found, table = np.array(rows, np.int32), self.snapshot.table
        cart = table.rows(line.item_id for line in self.visitor.cart)
        return found[table.available[found] & ~np.isin(found, cart)]
