"""Erasing a person everywhere: state, log, its copy in a store, records, segments; and a tombstone meanwhile."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from api.reading import of_person
from api.spooling import UNHURRIED_SECONDS
from api.state.people import Kind, Person
from api.state.store import StateStore
from recommender.collecting import gather
from recommender.errors import ConflictError, StoreError
from recommender.events import schema
from recommender.events.erasure import erase, erase_waiting
from recommender.events.rows import Received
from recommender.forgotten import Forgotten
from recommender.records import Records
from recommender.retention.moves import Moves
from recommender.workspace import ShopFolder

COLUMNS: Final[Mapping[Kind, str]] = {Kind.VISITOR: schema.VISITOR_ID, Kind.CUSTOMER: schema.CUSTOMER_ID}

PATIENCE_SECONDS: Final = 20.0
"""How long a call waits for another host that changes the log."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Kept:
    """Where one shop keeps its people."""

    state: StateStore
    records: Records
    folder: ShopFolder

    @property
    def shop(self) -> str:
        """Its name."""
        return self.folder.path.name


async def erase_person(kept: Kept, person: Person, now: datetime) -> int:
    """Erase everything that is kept of a browser or an account; returns how many rows of the log went.

    The tombstone comes first, so that whatever is cut short after it is known. It covers the customers of the browser,
    or the browsers of the customer, too, and so does the state: neither models nor state tell apart what was done in
    common.
    """
    column = COLUMNS[person.kind]
    try:
        await asyncio.to_thread(gather, kept.folder, kept.records, now, patience=PATIENCE_SECONDS)
    except (ConflictError, StoreError) as error:
        log.warning("somebody is erased by what is known here", shop=kept.shop, reason=str(error))
    found = await asyncio.to_thread(of_person, kept.folder, column, person.id)
    linked = await linked_to(kept, person, found)
    people = [person, *linked]
    await asyncio.to_thread(kept.records.erasures.add, kept.shop, [one.key for one in people], now, [person.key])
    await _erase_state(kept, people)
    await asyncio.sleep(2 * UNHURRIED_SECONDS)  # any process may hold a page that it is about to log
    rows = await asyncio.to_thread(_erase_events, kept, person, [one.id for one in linked], now)
    await asyncio.to_thread(kept.records.persons.erase, kept.shop, person.kind.value, person.id)
    await asyncio.to_thread(Moves(kept.folder.segments).erase, column, person.id)
    await _erase_state(kept, people)  # once more: an event may have come in between
    return rows


def _erase_events(kept: Kept, person: Person, linked: list[str], now: datetime) -> int:
    """Erase events here and in the log; where that is out of reach, the next compaction does it by the tombstone."""
    column, leases = COLUMNS[person.kind], kept.records.leases
    try:
        rows = erase(kept.folder, column, person.id, linked, now=now, leases=leases, patience=PATIENCE_SECONDS)
    except (ConflictError, StoreError) as error:
        log.warning("the log cannot be reached: events are erased later", shop=kept.shop, reason=str(error))
        return erase_waiting(kept.folder, kept.records.erasures.of_events(kept.shop))
    digest = Forgotten.of(kept.records.erasures.secret(kept.shop), [person.key]).digests
    kept.records.erasures.gone(kept.shop, dict.fromkeys(digest, now), now)
    return rows


async def _erase_state(kept: Kept, people: list[Person]) -> None:
    for person in people:
        await kept.state.erase(kept.shop, person)


async def linked_to(kept: Kept, person: Person, found: list[Received]) -> list[Person]:
    """Customers that were proven on a browser, or browsers of a customer, by the state and the events found."""
    reading = await kept.state.read(kept.shop, [person])
    if person.kind is Kind.VISITOR:
        other, in_log = Kind.CUSTOMER, {one.event.customer_id for one in found}
    else:
        other, in_log = Kind.VISITOR, {one.event.visitor_id for one in found}
    ids = {id_ for id_ in in_log if id_} | set(reading.links.get(person, {}))
    return [Person(other, id_) for id_ in sorted(ids)]
