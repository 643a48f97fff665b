"""What an answer needs, gathered in one round trip."""

from collections.abc import Sequence
from typing import NamedTuple

from starlette.requests import Request

from api.bootstrap import Services
from api.exchange import exchange
from api.identity import Who, history
from api.keys import Caller
from api.sent import Cart, SessionRow, interactions
from api.shops import View
from api.state.people import Reading
from recommender.engine.request import Encounter, Interaction, Visitor
from recommender.events.names import MEETINGS, DecisionName


class Gathered(NamedTuple):
    """What is known at the moment of an answer."""

    view: View
    reading: Reading


async def gather(
    services: Services, request: Request, caller: Caller, whom: Sequence[Who] = (), answer_key: str | None = None
) -> Gathered:
    """Read everybody's state, and bring catalogue and configuration up to date."""
    if not caller.secret:
        for who in whom:
            if who.visitor_id is not None and who.consent.remembered:
                services.limits.visitor(request, caller.shop, who.visitor_id)
    people = list({person: None for who in whom for person in who.people})
    live = await services.shops.get(caller.shop.name)  # first: a shop that is opened may have to fill its state
    reading = await services.state.read(caller.shop.name, people, answer_key=answer_key)
    view = await live.fresh(reading.versions)
    if reading.degraded or live.behind or services.records.database.away:
        exchange(request).degraded = b"state" if reading.degraded else b"records"
    return Gathered(view, reading)


def visitor(reading: Reading, who: Who, now: float, session: list[SessionRow], cart: Cart | None) -> Visitor:
    """The person as the engine takes them; without consent only the cart, to keep it out of the answer."""
    remembered = who.consent.remembered
    rows = history(reading, who, now) if remembered else []
    return Visitor(
        visitor_id=who.visitor_id if remembered else None,
        customer_id=who.customer_id if remembered else None,
        history=tuple(
            Interaction(row.item_id, row.event, row.timestamp, row.quantity, row.paid, row.price)
            for row in rows
            if row.event not in MEETINGS
        ),
        encounters=tuple(
            Encounter(row.item_id, row.event == DecisionName.PROMOTION_DISMISSED, row.timestamp)
            for row in rows
            if row.event in MEETINGS
        ),
        session=interactions(session) if who.consent.personal else (),
        cart=cart.lines() if cart else (),
        personal=who.consent.personal,
    )
