"""Cases: what real people did in the last days, as questions to the engine and the answers that were right."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recommender.engine.request import Interaction, Query, Visitor
from recommender.models.arrays import IntArray
from recommender.models.histories import customer_key, visitor_key
from recommender.models.interactions import EVENT_NAMES, Interactions
from recommender.strategy import Strategy
from training.interactions import Prepared

MAX_PREFIX = 20
"""Events of a session that come before the one to be predicted."""
PERSONAL = (Strategy.FOR_YOU, Strategy.TRENDING, Strategy.NEW_ARRIVALS, Strategy.BEST_SELLERS)
"""Strategies that are asked for what is new to a person."""


class Unit(StrEnum):
    """Whose items a task's baselines count together."""

    PEOPLE = "people"
    BUYERS = "buyers"
    """People with what they bought only."""
    SESSIONS = "sessions"
    ORDERS = "orders"


@dataclass(frozen=True)
class Case:
    """One question and its right answers."""

    key: str
    """Names the same case in every evaluation of the same days."""
    visitor: Visitor
    seeds: tuple[str, ...]
    relevant: frozenset[str]

    @property
    def person(self) -> str:
        """What the visitor's history is looked up by; empty for a stranger."""
        if self.visitor.customer_id:
            return customer_key(self.visitor.customer_id)
        return visitor_key(self.visitor.visitor_id) if self.visitor.visitor_id else ""

    def query(self, strategy: Strategy, size: int, *, allow_seen: bool | None) -> Query:
        """The question, asked of one strategy."""
        return Query(strategy, item_ids=self.seeds, limit=size, allow_seen=allow_seen)


@dataclass(frozen=True)
class Task:
    """A kind of case, and the strategies that are to solve it."""

    name: str
    strategies: tuple[Strategy, ...]
    cases: tuple[Case, ...]
    unit: Unit
    allow_seen: bool | None


def tasks(prepared: Prepared, cutoff: datetime, *, max_cases: int, seed: int) -> Iterator[Task]:
    """All tasks that the time from `cutoff` on can set."""
    later = _later(prepared.interactions, cutoff)

    def drawn(cases: Iterable[Case]) -> tuple[Case, ...]:
        # The lowest digests: a draw that depends on the cases alone, so that runs on the same days can be paired.
        kept = sorted(cases, key=lambda case: _digest(f"{seed} {case.key}"))[:max_cases]
        return tuple(sorted(kept, key=lambda case: case.key))

    for name, strategies, unit, allow_seen, cases in (
        ("new_items", PERSONAL, Unit.PEOPLE, False, _people(prepared, later, cutoff, new=True)),
        ("all_items", (Strategy.BUY_AGAIN,), Unit.BUYERS, True, _people(prepared, later, cutoff, new=False)),
        ("orders", (Strategy.BOUGHT_TOGETHER, Strategy.SIMILAR), Unit.ORDERS, None, _orders(later, seed)),
        ("next_similar", (Strategy.SIMILAR,), Unit.SESSIONS, None, _sessions(later, seeded=True)),
        ("next_new", (Strategy.FOR_YOU,), Unit.SESSIONS, False, _sessions(later, seeded=False)),
        ("next_any", (Strategy.RECENTLY_VIEWED,), Unit.SESSIONS, True, _returns(later)),
    ):
        yield Task(name, strategies, drawn(cases), unit, allow_seen)


def visitor_of(person: str) -> Visitor:
    """The visitor that a person of the interactions stands for."""
    customer, visitor = customer_key(""), visitor_key("")
    if person.startswith(customer):
        return Visitor(customer_id=person.removeprefix(customer))
    return Visitor(visitor_id=person.removeprefix(visitor))


def _later(interactions: Interactions, cutoff: datetime) -> Interactions:
    return interactions.where(interactions.timestamps >= int(cutoff.timestamp()))


def _people(prepared: Prepared, later: Interactions, cutoff: datetime, *, new: bool) -> Iterator[Case]:
    """People who were known before, and what they chose after; with `new`, only what they had not chosen yet."""
    earlier = prepared.until(cutoff).interactions
    before = _grouped(earlier.person_rows)
    if not new:
        later = later.where(later.purchased)
        bought = earlier.where(earlier.purchased)
        before = _grouped(bought.person_rows)
    for person, rows in _grouped(later.person_rows).items():
        if person < 0 or person not in before:
            continue
        known = set(earlier.item_rows[before[person]].tolist()) if new else set()
        relevant = set(later.item_rows[rows].tolist()) - known
        if relevant:
            name = later.people[person]
            yield Case(name, visitor_of(name), (), frozenset(later.items[row] for row in relevant))


def _orders(later: Interactions, seed: int) -> Iterator[Case]:
    """Orders of several items: one is shown, another one is to be found."""
    bought = later.where(later.purchased & (later.order_rows >= 0))
    for order, rows in _grouped(bought.order_rows).items():
        items = np.unique(bought.item_rows[rows])
        if len(items) > 1:
            key = f"order {order} {int(bought.timestamps[rows[0]])}"
            shown, hidden = np.random.default_rng([seed, _number(key)]).choice(items, 2, replace=False)
            yield Case(key, Visitor(), (later.items[shown],), frozenset([later.items[hidden]]))


def _sessions(later: Interactions, *, seeded: bool) -> Iterator[Case]:
    """Sessions of several items: the last one is to be found, from the one before or from all before."""
    for key, rows, browsing in _browsed(later):
        items = browsing.item_rows[rows]
        if items[-1] in items[:-1]:
            continue
        before = rows[:-1][-MAX_PREFIX:]
        seeds = (later.items[items[-2]],) if seeded else ()
        visitor = Visitor() if seeded else Visitor(session=_trail(browsing, before))
        yield Case(key, visitor, seeds, frozenset([later.items[items[-1]]]))


def _returns(later: Interactions) -> Iterator[Case]:
    """Sessions of several views: the last item is to be found, whether it is new or not."""
    for key, rows, browsing in _browsed(later):
        visitor = Visitor(session=_trail(browsing, rows[:-1][-MAX_PREFIX:]))
        yield Case(key, visitor, (), frozenset([later.items[browsing.item_rows[rows[-1]]]]))


def _browsed(later: Interactions) -> Iterator[tuple[str, IntArray, Interactions]]:
    """Sessions with at least two steps from one item to another; repeats of the same item are one step."""
    browsing = later.where(~later.purchased & (later.session_rows >= 0))
    for rows in _grouped(browsing.session_rows).values():
        items = browsing.item_rows[rows]
        steps = rows[np.append(True, items[1:] != items[:-1])]
        if len(steps) > 1:
            person = browsing.person_rows[steps[0]]
            name = browsing.people[person] if person >= 0 else ""
            yield f"session {name} {int(browsing.timestamps[steps[0]])}", steps, browsing


def _trail(browsing: Interactions, rows: IntArray) -> tuple[Interaction, ...]:
    return tuple(
        Interaction(browsing.items[browsing.item_rows[row]], EVENT_NAMES[int(browsing.events[row])]) for row in rows
    )


def _grouped(groups: IntArray) -> dict[int, NDArray[np.intp]]:
    """Places of each group's rows, oldest first."""
    order = np.argsort(groups, kind="stable")
    names, starts = np.unique(groups[order], return_index=True)
    return dict(zip(names.tolist(), np.split(order, starts[1:]), strict=True)) if len(order) else {}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _number(text: str) -> int:
    return int(_digest(text), 16)
