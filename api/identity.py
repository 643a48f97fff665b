"""Who an answer is for, and which of their interactions count.

A visitor with one customer is that customer, thirty days back. A browser that several customers used gives each of
them only what was done after their own login.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from api.consent import ALL_GRANTED, Consent
from api.keys import Caller
from api.state.people import KEPT_SECONDS, Person, Reading, Row
from recommender.tokens import verify_customer_token


@dataclass(frozen=True, slots=True)
class Who:
    """The person behind a request, as far as they may be known."""

    visitor_id: str | None = None
    customer_id: str | None = None
    """Only when the shop's server vouched for it."""
    consent: Consent = ALL_GRANTED

    @property
    def assigned(self) -> str | None:
        """The browser, if it may be in experiments: only where what it is shown may be remembered and logged."""
        return self.visitor_id if self.consent.identified and self.consent.remembered else None

    @property
    def people(self) -> tuple[Person, ...]:
        """Whose state the answer needs."""
        if not self.consent.remembered:
            return ()
        visitor = (Person.visitor(self.visitor_id),) if self.visitor_id else ()
        customer = (Person.customer(self.customer_id),) if self.customer_id else ()
        return visitor + customer


def verified_customer(caller: Caller, customer_id: str | None, token: str | None, now: float) -> str | None:
    """The customer, if the secret key or a valid `customer_token` says so."""
    if customer_id is None or caller.secret:
        return customer_id
    shop = caller.shop
    vouched = token and verify_customer_token(token, shop.name, customer_id, key=shop.signing_key, now=now)
    return customer_id if vouched else None


def history(reading: Reading, who: Who, now: float) -> list[Row]:
    """The interactions of this person, oldest first."""
    visitor = Person.visitor(who.visitor_id) if who.visitor_id else None
    customer = Person.customer(who.customer_id) if who.customer_id else None
    own: Sequence[Row] = reading.rows.get(visitor, ()) if visitor else ()
    if customer is None:
        return list(own)
    logins = reading.links.get(visitor, {}) if visitor else {}
    shared = _belonging(own, logins, customer.id, now)
    return sorted({*reading.rows.get(customer, ()), *shared}, key=attrgetter("order"))


def _belonging(rows: Iterable[Row], logins: Mapping[str, float], customer_id: str, now: float) -> list[Row]:
    if set(logins) <= {customer_id}:
        return [row for row in rows if row.timestamp > now - KEPT_SECONDS]
    if customer_id not in logins:
        return []
    begin = logins[customer_id]
    end = min((login for login in logins.values() if login > begin), default=float("inf"))
    return [row for row in rows if begin <= row.timestamp < end]


def new_login(reading: Reading, who: Who) -> bool:
    """Whether the customer is not yet known to be the last one who logged in on this browser."""
    if not (who.visitor_id and who.customer_id and who.consent.remembered):
        return False
    logins = reading.links.get(Person.visitor(who.visitor_id), {})
    return who.customer_id not in logins or logins[who.customer_id] < max(logins.values())
