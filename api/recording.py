"""What events leave in the visitors' state."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from api.consent import Consent
from api.identity import Who, new_login
from api.state.people import Person, Row
from api.state.store import StateStore
from recommender.engine.snapshot import Snapshot
from recommender.events.event import Event
from recommender.events.names import ITEMLESS, LOOKS, MEETINGS, PASSING, EventName
from recommender.retention import knowledge

NO_ITEM = ""
"""Item of an order, a search or a cart that names none."""
LISTED = "listed_price"
"""Parameter under which the log keeps what the catalogue asked for an item at that moment."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and what its visitor allowed."""

    event: Event
    consent: Consent
    verified: bool = False
    """Whether the shop's server told of it."""

    @property
    def who(self) -> Who:
        """The person it is about; an unproven customer was taken off before."""
        return Who(self.event.visitor_id, self.event.customer_id, self.consent)


async def remember(state: StateStore, shop: str, told: Sequence[Told]) -> None:
    """Add the events' interactions to the state of their people, and the logins that they prove."""
    rows: defaultdict[Person, list[Row]] = defaultdict(list)
    for one in told:
        for person in one.who.people:
            rows[person].extend(interaction_rows(one.event, verified=one.verified))
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


def interaction_rows(event: Event, *, verified: bool) -> Iterable[Row]:
    """What the event leaves in the state of its people: the items that they saw, and the campaigns that they met.

    Args:
        event: what happened.
        verified: whether the shop's server told of it; only then an order counts as paid.
    """
    if event.name in PASSING:
        return
    moment = event.timestamp.timestamp()
    if event.name in MEETINGS:
        yield Row(moment, event.event_id, 0, event.extra["promotion_id"], event.name.value, 1.0)
        return
    vouched = verified and event.name is EventName.PURCHASE
    if not event.items and (vouched or event.name in ITEMLESS):
        yield Row(moment, event.event_id, 0, NO_ITEM, event.name.value, 1.0, event.value if vouched else None)
    whole = None if event.value is None or not vouched else event.value / max(len(event.items), 1)
    for place, item in enumerate(event.items):
        if item.item_id is not None:
            quantity = 1.0 if item.quantity is None else item.quantity
            paid = None
            if vouched:
                paid = whole if whole is not None else (item.price or 0.0) * quantity
            price = item.extra.get(LISTED) if event.name in LOOKS else None
            yield Row(moment, event.event_id, place, item.item_id, event.name.value, quantity, paid, price)


def listed(told: Sequence[Told], snapshot: Snapshot) -> list[Told]:
    """The same with what the catalogue asks now for items that somebody looks at.

    The log keeps it, so that state which is rebuilt still knows it. What an event itself says of a price may be in
    another currency or without tax, and would make reductions of what are none.
    """
    return [replace(one, event=_listed(one.event, snapshot)) if one.event.name in LOOKS else one for one in told]


def _listed(event: Event, snapshot: Snapshot) -> Event:
    items = []
    for item in event.items:
        extra = {name: value for name, value in item.extra.items() if name != LISTED}
        asked = None if item.item_id is None else knowledge.listed(snapshot, item.item_id)
        items.append(replace(item, extra=extra if asked is None else {**extra, LISTED: float(asked)}))
    return replace(event, items=tuple(items))
