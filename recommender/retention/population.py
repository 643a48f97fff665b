"""Everybody whom an artifact knows, in columns: how large a segment is, and who is in it.

Each row is an account or a browser, as it would be judged online by its id alone; a browser that is a customer's counts
beside the account, with the same orders. The logic is that of one visitor (`expression.py`); only the reading differs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.days import DAY
from recommender.lifecycle.rfm import GROUPS
from recommender.models.customers import SCORES
from recommender.models.histories import customer_key, visitor_key
from recommender.models.identifiers import KeyTable
from recommender.models.models import Models
from recommender.retention.segments import Segment
from recommender.retention.traits import TRAITS, Kind, Trait, Value

Mask = NDArray[np.bool_]
CUSTOMER: Final = customer_key("")
"""What keys of accounts begin with, and ..."""
VISITOR: Final = visitor_key("")
"""... those of browsers."""


@dataclass(frozen=True, eq=False)
class Population:
    """The accounts and browsers of one shop at one moment."""

    models: Models
    now: float
    """Unix seconds; what days are counted to."""

    @classmethod
    def at(cls, models: Models, now: datetime) -> "Population":
        """Everybody as they are at a moment."""
        return cls(models, now.timestamp())

    def __len__(self) -> int:
        return len(self._hashes)

    def members(self, segment: Segment) -> Mask:
        """Who certainly belongs to a segment, whatever page they may look at: one flag a row."""
        return self._mask(segment, self.read)

    def possible(self, segment: Segment) -> Mask:
        """Who may belong to it, as far as only a page can tell: never fewer than `members`."""
        return self._mask(segment, lambda trait: Value(None, open=True) if trait.on_page else self.read(trait))

    def read(self, trait: Trait) -> Value:
        """The trait of everybody; unknown where only a page can tell."""
        if trait.on_page:
            return Value(None, known=False)
        if trait.name not in self._columns:
            self._columns[trait.name] = (
                _COLUMNS[trait.name](self) if trait.name in _COLUMNS else self._stored(trait.name)
            )
        return self._columns[trait.name]

    def key(self, row: int) -> str:
        """`customer:<id>` or `visitor:<id>`."""
        table: KeyTable = self._tables[int(self._table[row])]
        return table.key(int(self._place[row]))

    def cells(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """Everything that is known of each of these rows, by trait."""
        chosen = np.asarray(rows, np.int64)
        found: list[dict[str, Any]] = [{} for _ in rows]
        for trait in self._own:
            values, known, _ = self.read(trait)
            kept = values[chosen] if trait.kind is not Kind.NUMBER else np.round(values[chosen], 6)
            for cells, value, there in zip(found, kept.tolist(), known[chosen].tolist(), strict=True):
                if there:
                    cells[trait.name] = int(value) if isinstance(value, float) and value.is_integer() else value
        return found

    @property
    def _own(self) -> list[Trait]:
        """Traits that need no page."""
        return [trait for trait in TRAITS.values() if not trait.on_page]

    def rows(self, mask: Mask) -> Iterator[int]:
        """The rows of a mask, in an order that tells nothing: that of the hashes of their ids."""
        return iter(np.flatnonzero(mask).tolist())

    def found(self, others: "Population") -> tuple[NDArray[np.intp], Mask]:
        """For each row of another population: the same account or browser here, and whether there is one."""
        return _places(self._hashes, others._hashes)

    @cached_property
    def customers(self) -> Mask:
        """Which rows are accounts; the others are browsers."""
        first = np.zeros(len(self), np.uint8)
        for number, table in enumerate(self._tables):
            here = self._table == number
            first[here] = table.text[table.ends[self._place[here]]]
        accounts: Mask = first == ord(CUSTOMER[0])
        return accounts

    def _mask(self, segment: Segment, read: Callable[[Trait], Value]) -> Mask:
        holds = np.broadcast_to(segment.expression.judge(read).holds, len(self))
        return np.array(holds, np.bool_)

    def _stored(self, name: str) -> Value:
        """A column of the customers' own; nothing is known of who never ordered."""
        customers, row = self.models.customers, self._row
        if customers is None or not len(customers):
            return Value(np.zeros(len(self)), np.zeros(len(self), np.bool_))
        found = customers.columns[name][np.maximum(row, 0)].astype(np.float64)
        known = (found != 0) if name in SCORES else ~np.isnan(found)
        return Value(found, known & (row >= 0))

    @cached_property
    def _columns(self) -> dict[str, Value]:
        return {}

    @cached_property
    def _tables(self) -> list[KeyTable]:
        histories, customers = self.models.histories, self.models.customers
        tables = [] if histories is None else [histories.people]
        return tables if customers is None else [*tables, customers.people.table, customers.browsers]

    @cached_property
    def _hashes(self) -> NDArray[np.uint64]:
        """Of everybody's key, rising. That two keys share 64 bits is left out of account here."""
        none = np.empty(0, np.uint64)
        return np.unique(np.concatenate([none, *(table.hashes for table in self._tables)]))

    @cached_property
    def _table(self) -> NDArray[np.int8]:
        """The table that knows each key."""
        return self._spelled[0]

    @cached_property
    def _place(self) -> NDArray[np.intp]:
        """The key's place in it."""
        return self._spelled[1]

    @cached_property
    def _spelled(self) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
        which, where = np.zeros(len(self), np.int8), np.zeros(len(self), np.intp)
        for number, table in enumerate(self._tables):
            places, found = _places(table.hashes, self._hashes)
            which[found], where[found] = number, places[found]
        return which, where

    @cached_property
    def _row(self) -> NDArray[np.int64]:
        """The row of each among the customers; -1: never ordered."""
        row = np.full(len(self), -1, np.int64)
        if self.models.customers is not None:
            for table in (self.models.customers.people.table, self.models.customers.browsers):
                places, found = _places(table.hashes, self._hashes)
                row[found] = table.rows[places[found]]
        return row


def _zero(name: str) -> Callable[[Population], Value]:
    """A count or sum, which is nothing, and not unknown, of who never ordered."""

    def column(people: Population) -> Value:
        found = people._stored(name)
        return Value(np.where(found.known, found.of, 0.0), np.ones(len(people), np.bool_))

    return column


def _days_since(name: str) -> Callable[[Population], Value]:
    def column(people: Population) -> Value:
        moment, known, _ = people._stored(name)
        return Value(np.maximum(people.now - moment, 0.0) / DAY, known)

    return column


def _days_to_next_order(people: Population) -> Value:
    moment, known, _ = people._stored("expected_date_of_next_order")
    return Value((moment - people.now) / DAY, known)


def _seen_before(people: Population) -> Value:
    histories = people.models.histories
    seen = np.zeros(len(people), np.bool_) if histories is None else _places(histories.people.hashes, people._hashes)[1]
    return Value(seen, np.ones(len(people), np.bool_))


def _rfm_group(people: Population) -> Value:
    codes, known, _ = people._stored("rfm_group")
    names = np.array(["", *(group.value for group in GROUPS)])
    return Value(names[np.where(known, codes, 0).astype(np.int64)], known)


_COLUMNS: Final[dict[str, Callable[[Population], Value]]] = {
    "orders": _zero("orders"),
    "spend": _zero("spend"),
    "days_since_order": _days_since("last"),
    "days_since_first_order": _days_since("first"),
    "days_to_next_order": _days_to_next_order,
    "seen_before": _seen_before,
    "rfm_group": _rfm_group,
}
"""Traits that are not kept as they are asked for."""


def _places(known: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> tuple[NDArray[np.intp], Mask]:
    """Where each hash stands among known ones, which rise, and whether it does at all."""
    places = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    return places, known[places] == wanted if len(known) else np.zeros(len(wanted), np.bool_)
