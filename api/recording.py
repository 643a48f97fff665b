"""What events leave in the visitors' state."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.consent import Consent
from api.identity import Who, new_login
from api.state.people import Person, Row
from api.state.store import StateStore
from recommender.events.event import Event
from recommender.events.names import EventName

IMPRESSIONS = frozenset({EventName.VIEW_ITEM_LIST, EventName.VIEW_PROMOTION})
"""Events of items that only passed by: nobody has seen an item because it stood in some list."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and what its visitor allowed."""

    event: Event
    consent: Consent

    @property
    def who(self) -> Who:
        """The person it is about; an unproven customer was taken off before."""
        return Who(self.event.visitor_id, self.event.customer_id, self.consent)


async def remember(state: StateStore, shop: str, told: Sequence[Told]) -> None:
    """Add the events' interactions to the state of their people, and the logins that they prove."""
    rows: defaultdict[Person, list[Row]] = defaultdict(list)
    for one in told:
        for person in one.who.people:
            rows[person].extend(interaction_rows(one.event))
    kept = {person: new for person, new in rows.items() if new}
    if kept:
        await state.append(shop, kept)
    for one in told:
        if one.event.visitor_id and one.event.customer_id and one.consent.remembered:
            await log_in(state, shop, one.who, one.event.timestamp.timestamp())


async def log_in(state: StateStore, shop: str, who: Who, timestamp: float) -> None:
    """Link visitor and customer; the first customer of a browser takes over what was done on it before."""
    reading = await state.read(shop, who.people)
    if not new_login(reading, who) or who.visitor_id is None or who.customer_id is None:
        return
    visitor = Person.visitor(who.visitor_id)
    before = reading.rows.get(visitor, ())
    if before and not reading.links.get(visitor):
        await state.append(shop, {Person.customer(who.customer_id): before})
    await state.link(shop, who.visitor_id, who.customer_id, timestamp)


def interaction_rows(event: Event) -> Iterable[Row]:
    """The items that the person saw."""
    if event.name in IMPRESSIONS:
        return
    for place, item in enumerate(event.items):
        if item.item_id is not None:
            quantity = 1.0 if item.quantity is None else item.quantity
            yield Row(event.timestamp.timestamp(), event.event_id, place, item.item_id, event.name.value, quantity)
