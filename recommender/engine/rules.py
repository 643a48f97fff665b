"""Merchandising rules as the engine follows them; what they are and in which order: `recommender/rules.py`.

What a rule says of items is worked out once for the whole catalogue, so that a request only looks it up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.table import CatalogTable
from recommender.engine.caps import Cap
from recommender.engine.filter import Filter, Mask, Test, chosen
from recommender.engine.request import Query
from recommender.rules import Rule
from recommender.vocabulary import Rows

if TYPE_CHECKING:
    from recommender.engine.situation import Situation

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pin:
    """An item that a rule puts at a place."""

    row: int
    place: int
    """From 1."""
    rule: str


@dataclass(frozen=True, eq=False)
class Weight:
    """A factor for the scores of some items."""

    rule: str
    action: str
    """`boost` or `bury`."""
    items: Mask
    """One flag for each row of the table."""
    factor: float


@dataclass(frozen=True, eq=False)
class Policy:
    """What the rules that hold for one list ask for."""

    allowed: tuple[Test, ...] = ()
    """What passes the rows that may be shown, from `exclude` and `only`."""
    pins: tuple[Pin, ...] = ()
    weights: tuple[Weight, ...] = ()
    caps: tuple[Cap, ...] = ()

    def narrowed(self, conditions: Filter | None) -> Filter | None:
        """`conditions`, and those of the rules."""
        if not self.allowed:
            return conditions
        asked = conditions.tests if conditions is not None else ()
        return Filter((*asked, *self.allowed))

    def weighed(self, rows: Rows, scores: Scores) -> Scores:
        """The scores of `rows` after `boost` and `bury`."""
        for weight in self.weights:
            scores = np.where(weight.items[rows], scores * np.float32(weight.factor), scores)
        return scores

    def touching(self, row: int) -> list[dict[str, Any]]:
        """What `boost` and `bury` did to the item in `row`."""
        return [
            {"rule": weight.rule, "action": weight.action, "factor": weight.factor}
            for weight in self.weights
            if weight.items[row]
        ]


FREE = Policy()
"""Where no rule holds."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A rule and what it says of each row of a table, worked out when the rule first holds."""

    rule: Rule
    table: CatalogTable

    def holds(self, query: Query, situation: "Situation") -> bool:
        """Whether this list follows the rule."""
        page = query.page
        return (
            self.rule.stands(query.placement, page.type if page else None, query.strategy)
            and self.rule.id not in query.without_rules
            and self.rule.due(situation.now)
            and (self.rule.when is None or self._fits(query))
            and (not self.rule.personal or self._meant(situation))
        )

    def _meant(self, situation: "Situation") -> bool:
        """Whether the rule speaks of the visitor; of nobody who may not be known, and not of everybody at once."""
        if situation.nobody or not situation.facts.identified:
            return False
        return situation.facts.among(self.rule.segments, self.rule.without_segments)

    @cached_property
    def items(self) -> Mask:
        """Rows that the action speaks of."""
        everything = np.arange(len(self.table), dtype=np.int32)
        scope = self.rule.scope
        mask = np.zeros(len(self.table), np.bool_) if scope is None else scope.mask(self.table, everything)
        if self.rule.exclude is not None:
            mask[self.table.rows(self.rule.exclude.item_ids or ())] = True
        return mask

    @cached_property
    def pins(self) -> tuple[Pin, ...]:
        """Places of the items that the table knows."""
        known = ((self.table.row(item), place) for item, place in (self.rule.pin or {}).items())
        return tuple(Pin(row, place, self.rule.id) for row, place in known if row is not None)

    @cached_property
    def weight(self) -> Weight | None:
        """The factor of `boost` or `bury`."""
        if self.rule.boost is not None:
            return Weight(self.rule.id, "boost", self.items, self.rule.boost.factor)
        if self.rule.bury is not None:
            return Weight(self.rule.id, "bury", self.items, self.rule.bury.factor)
        return None

    @cached_property
    def allowed(self) -> Test | None:
        """Passes the rows that `exclude` or `only` leaves; the same object each time, by which it is remembered."""
        if self.rule.exclude is not None:
            return chosen(~self.items)
        return chosen(self.items) if self.rule.only is not None else None

    @cached_property
    def caps(self) -> tuple[Cap, ...]:
        """What `max_per` counts."""
        return tuple(Cap(field, most, self.rule.id) for field, most in (self.rule.max_per or {}).items())

    @cached_property
    def _condition(self) -> Mask:
        assert self.rule.condition is not None
        return self.rule.condition.mask(self.table, np.arange(len(self.table), dtype=np.int32))

    def _fits(self, query: Query) -> bool:
        """Whether the item that the page shows, or else its category, is the rule's; without a page: the first seed."""
        page = query.page
        shown = page.item_id if page is not None else next(iter(query.item_ids), None)
        if shown is not None:
            row = self.table.row(shown)
            return row is not None and bool(self._condition[row])
        return page is not None and page.category is not None and self.rule.fits_category(page.category)


@dataclass(frozen=True, eq=False)
class Rulebook:
    """All rules of a shop over one table."""

    rules: tuple[Compiled, ...]

    @classmethod
    def build(cls, rules: Sequence[Rule], table: CatalogTable) -> "Rulebook":
        """The rules over `table`; nothing is worked out yet."""
        return cls(tuple(Compiled(rule, table) for rule in rules))

    def policy(self, query: Query, situation: "Situation") -> Policy:
        """What they ask for in a list, together with what the list asks for itself."""
        own = query.caps
        if not self.rules and not own:
            return FREE
        held = [rule for rule in self.rules if rule.holds(query, situation)]
        return Policy(
            allowed=tuple(rule.allowed for rule in held if rule.allowed is not None),
            pins=tuple(pin for rule in held for pin in rule.pins),
            weights=tuple(rule.weight for rule in held if rule.weight is not None),
            caps=(*own, *(cap for rule in held for cap in rule.caps)),
        )

    def passed(self, now: datetime) -> int:
        """How many of their moments have passed: while it stays the same, the same rules are due."""
        return sum(moment <= now for moment in self._moments)

    @cached_property
    def _moments(self) -> list[datetime]:
        return [moment for one in self.rules for moment in (one.rule.starts, one.rule.ends) if moment is not None]
