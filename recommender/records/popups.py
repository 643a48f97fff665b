"""Decisions about popups: one transaction sees what the visitor was shown, what is left, and writes what is given."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from recommender import money
from recommender.records import budgets, giving
from recommender.records.database import Database, lock
from recommender.records.giving import Person
from recommender.records.tables import BUDGETS, COUPONS, POPUPS
from recommender.retention.caps import Caps, Shown, judge
from recommender.retention.offers import Budget, Code, Offer
from recommender.retention.reason import COMPARED, Reason

HOUR = timedelta(hours=1)
ZERO = Decimal()
USUAL = Caps()


@dataclass(frozen=True)
class Claim:
    """Somebody whom a campaign would like to show its popup now."""

    arm_id: str
    """The moment that was armed: the same one gets the same answer, however often it asks."""
    campaign_id: str
    visitor_id: str | None
    """None: may not be remembered, so there are no caps, and no code."""
    customer_id: str | None = None
    session_id: str | None = None
    caps: Caps = USUAL
    offer: Offer | None = None
    cost: Decimal = ZERO
    """The most that the offer can cost, set aside from the budget."""
    currency: str | None = None
    """Of the cart, and so of the cost."""
    budget: Budget | None = None
    day_starts: datetime | None = None
    """The first moment of the shop's day."""
    ends_at: datetime | None = None
    """The deadline that is promised."""
    reserved_until: datetime | None = None
    """What is set aside goes back then."""
    objection: Reason | None = None
    """What spoke against it already; it is only kept."""
    held_out: bool = False
    """The visitor is in a holdout: nothing is shown, but the caps count as if it had been, so that groups compare."""
    withheld: Reason | None = None
    """Why the offer is not made to this visitor: all is asked as if it were, and nothing is given."""
    alone: bool = False
    """Whether it is shown without its offer."""
    banner: bool = False
    """It stands in the page, and keeps no popup waiting."""


class _UndoneError(Exception):
    """Ends a transaction of which nothing shall stay."""


@dataclass(frozen=True)
class Decision:
    """What became of a claim."""

    shown: bool
    reason: Reason | None = None
    code: str | None = None
    ends_at: datetime | None = None
    """When a timed offer ends."""
    expires_at: datetime | None = None
    """Until when the code can be used, timed or not."""
    repeated: bool = False
    """It was decided before."""
    answer: bytes | None = None
    """What :meth:`Popups.keep_answer` kept."""


@dataclass(frozen=True)
class Taken:
    """A campaign in figures."""

    shown: int
    refused: dict[str, int]
    """By reason."""
    dismissed: int
    given: int
    """Codes that can still be used."""
    redeemed: int
    lapsed: int
    money: dict[str, Decimal]
    """What the budget counts as taken, by currency."""
    discount: dict[str, Decimal]
    """What was redeemed, by currency."""


class Popups:
    """Who was shown what, and what it gave them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(self, shop: str, claim: Claim, now: datetime) -> Decision:
        """Whether the popup is shown; what it gives is reserved in the same transaction."""
        code = None if claim.offer is None else claim.offer.taken_by(budgeted=claim.budget is not None)
        if claim.visitor_id is None:
            reason = claim.objection or (None if code is None else Reason.CONSENT)
            return Decision(reason is None, reason)
        person = Person(claim.customer_id, claim.visitor_id)
        with self._database.write() as connection:
            lock(connection, *(f"{shop}|{name}" for name in person.names))
            known = _known(connection, shop, claim.arm_id)
            if known is not None:
                return known
            decision, coupon_id = _decided(connection, shop, claim, code, now)
            connection.execute(insert(POPUPS).values(_row(shop, claim, decision, coupon_id, now)))
        return decision

    def objection(self, shop: str, claim: Claim, now: datetime) -> Reason | None:
        """What the records would say against a claim; nothing is kept of having asked."""
        reason = None
        code = None if claim.offer is None else claim.offer.taken_by(budgeted=claim.budget is not None)
        if claim.visitor_id is None:
            return self.decide(shop, claim, now).reason
        try:
            with self._database.write() as connection:
                reason = _decided(connection, shop, claim, code, now)[0].reason
                raise _UndoneError
        except _UndoneError:
            return reason

    def keep_answer(self, shop: str, arm_id: str, answer: bytes) -> None:
        """Keep what was answered, so that whoever asks again gets the same bytes."""
        with self._database.write() as connection:
            connection.execute(update(POPUPS).where(*_armed(shop, arm_id)).values(answer=answer))

    def dismiss(self, shop: str, arm_id: str, now: datetime) -> None:
        """Remember that the visitor closed it; the first time counts."""
        open_ = (*_armed(shop, arm_id), POPUPS.c.shown.is_(True), POPUPS.c.dismissed_at.is_(None))
        with self._database.write() as connection:
            connection.execute(update(POPUPS).where(*open_).values(dismissed_at=now))

    def taken(self, shop: str, campaign_id: str, now: datetime) -> Taken:
        """The campaign's counts and money so far."""
        with self._database.write() as connection:
            lock(connection, giving.campaign_lock(shop, campaign_id))
            giving.lapse(connection, shop, campaign_id, now)
            return _taken(connection, shop, campaign_id)


def _armed(shop: str, arm_id: str) -> tuple[Any, ...]:
    return (POPUPS.c.shop == shop, POPUPS.c.arm_id == arm_id)


def _known(connection: Connection, shop: str, arm_id: str) -> Decision | None:
    row = connection.execute(select(POPUPS).where(*_armed(shop, arm_id))).one_or_none()
    if row is None:
        return None
    decision = Decision(row.shown, Reason[row.reason.upper()] if row.reason else None, repeated=True, answer=row.answer)
    if row.coupon_id is None:
        return decision
    coupon = connection.execute(select(COUPONS).where(COUPONS.c.coupon_id == row.coupon_id)).one_or_none()
    return decision if coupon is None else replace(decision, **_promised(coupon))


def _promised(coupon: Any) -> dict[str, Any]:
    ends_at = coupon.ends_at if coupon.timed else None
    return {"code": coupon.code, "ends_at": ends_at, "expires_at": coupon.ends_at}


def _row(shop: str, claim: Claim, decision: Decision, coupon_id: int | None, now: datetime) -> dict[str, Any]:
    return {
        "shop": shop,
        "arm_id": claim.arm_id,
        "campaign_id": claim.campaign_id,
        "visitor_id": claim.visitor_id,
        "customer_id": claim.customer_id,
        "session_id": claim.session_id,
        "decided_at": now,
        "shown": decision.shown,
        "reason": decision.reason and decision.reason.value,
        "coupon_id": coupon_id,
        "banner": claim.banner,
    }


def _decided(
    connection: Connection, shop: str, claim: Claim, code: Code | None, now: datetime
) -> tuple[Decision, int | None]:
    offer = claim.offer
    reason = claim.objection or judge(
        history(connection, shop, Person(claim.customer_id, claim.visitor_id), now),
        claim.caps,
        now,
        campaign_id=claim.campaign_id,
        session_id=claim.session_id,
        timed=offer is not None and offer.minutes is not None,
        again_after_days=30 if offer is None else offer.again_after_days,
    )
    if reason is None and claim.held_out:
        reason = Reason.HOLDOUT
    if reason is not None:
        return Decision(False, reason), None
    if claim.withheld is not None:
        return Decision(claim.alone, None if claim.alone else claim.withheld), None
    if offer is None or code is None:
        return Decision(True), None
    lock(connection, giving.campaign_lock(shop, claim.campaign_id))
    return _given(connection, shop, claim, offer, code, now)


def _given(
    connection: Connection, shop: str, claim: Claim, offer: Offer, code: Code, now: datetime
) -> tuple[Decision, int | None]:
    giving.lapse(connection, shop, claim.campaign_id, now)
    person = Person(claim.customer_id, claim.visitor_id)
    for row in giving.rows(connection, shop, claim.campaign_id, person):
        if row.state == giving.REDEEMED:
            return Decision(False, Reason.CONVERTED), None
        if giving.living(row, now):
            return Decision(True, **_promised(row)), row.coupon_id
    reason = _unaffordable(connection, shop, claim, offer, now)
    if reason is not None:
        return Decision(False, reason), None
    found = giving.code_for(connection, shop, claim.campaign_id, code, claim.arm_id)
    if found is None:
        return Decision(False, Reason.SOLD_OUT), None
    coupon_id = giving.give(
        connection, shop, claim.campaign_id, *found, person=person, now=now, offer=offer, **_set_aside(claim, now)
    )
    if claim.budget is not None:
        budgets.take(connection, shop, claim.campaign_id, claim.budget.currency, _day(claim, now), claim.cost)
    expires_at = claim.ends_at or claim.reserved_until
    return Decision(True, code=found[1], ends_at=claim.ends_at, expires_at=expires_at), coupon_id


def _unaffordable(connection: Connection, shop: str, claim: Claim, offer: Offer, now: datetime) -> Reason | None:
    if offer.hourly is not None and _in_an_hour(connection, shop, claim.campaign_id, now) >= offer.hourly:
        return Reason.FARMING
    budget = claim.budget
    if budget is None:
        return None
    if claim.currency != budget.currency:
        return Reason.CURRENCY
    covered = budgets.covers(connection, shop, claim.campaign_id, budget, _day(claim, now), claim.cost)
    return None if covered else Reason.BUDGET


def _day(claim: Claim, now: datetime) -> datetime:
    return claim.day_starts or giving.utc_day(now)


def _in_an_hour(connection: Connection, shop: str, campaign_id: str, now: datetime) -> int:
    own = (COUPONS.c.shop == shop, COUPONS.c.campaign_id == campaign_id, COUPONS.c.given_at > now - HOUR)
    return connection.scalar(select(func.count()).where(*own)) or 0


def _set_aside(claim: Claim, now: datetime) -> dict[str, Any]:
    ends_at = claim.ends_at or claim.reserved_until
    until = max((moment for moment in (claim.reserved_until, ends_at) if moment is not None), default=None)
    aside: dict[str, Any] = {"ends_at": ends_at, "reserved_until": until}
    if claim.budget is None:
        return aside
    return aside | giving.aside(claim.budget, claim.cost, _day(claim, now))


def history(connection: Connection, shop: str, person: Person, now: datetime) -> list[Shown]:
    """What the person was shown, as the caps judge it."""
    anyone = POPUPS.c.visitor_id == person.visitor_id
    if person.customer_id is not None:
        anyone = or_(anyone, POPUPS.c.customer_id == person.customer_id)
    columns = (COUPONS.c.state, COUPONS.c.timed, COUPONS.c.ends_at)
    query = (
        select(POPUPS, *columns)
        .outerjoin(COUPONS, COUPONS.c.coupon_id == POPUPS.c.coupon_id)
        .where(POPUPS.c.shop == shop, or_(POPUPS.c.shown.is_(True), POPUPS.c.reason.in_(COMPARED)), anyone)
    )
    return [_shown(row, now) for row in connection.execute(query)]


def _shown(row: Any, now: datetime) -> Shown:
    converted = row.state == giving.REDEEMED
    lapsed = bool(row.timed) and not converted and row.ends_at is not None and row.ends_at <= now
    return Shown(
        row.campaign_id,
        row.decided_at,
        row.session_id,
        dismissed=row.dismissed_at is not None,
        converted=converted,
        lapsed_at=row.ends_at if lapsed else None,
        banner=row.banner,
    )


def _taken(connection: Connection, shop: str, campaign_id: str) -> Taken:
    own = (POPUPS.c.shop == shop, POPUPS.c.campaign_id == campaign_id)
    reasons: Counter[str | None] = Counter()
    dismissed = 0
    query = select(POPUPS.c.reason, func.count(), func.count(POPUPS.c.dismissed_at)).where(*own)
    for reason, count, closed in connection.execute(query.group_by(POPUPS.c.reason)):
        reasons[reason] += count
        dismissed += closed
    coupons = (COUPONS.c.shop == shop, COUPONS.c.campaign_id == campaign_id)
    counted = select(COUPONS.c.state, func.count()).where(*coupons).group_by(COUPONS.c.state)
    states: dict[str, int] = {row[0]: int(row[1]) for row in connection.execute(counted)}
    sums = select(COUPONS.c.currency, func.sum(COUPONS.c.discount)).where(
        *coupons, COUPONS.c.state == giving.REDEEMED, COUPONS.c.currency.is_not(None)
    )
    counters = select(BUDGETS.c.currency, BUDGETS.c.taken).where(
        BUDGETS.c.shop == shop, BUDGETS.c.campaign_id == campaign_id, BUDGETS.c.day == budgets.IN_ALL
    )
    return Taken(
        shown=reasons.pop(None, 0),
        refused={str(reason): count for reason, count in sorted(reasons.items(), key=str)},
        dismissed=dismissed,
        given=states.get(giving.GIVEN, 0),
        redeemed=states.get(giving.REDEEMED, 0),
        lapsed=states.get(giving.LAPSED, 0),
        money={currency: money.from_minor(coins, currency) for currency, coins in connection.execute(counters)},
        discount={
            currency: money.from_minor(int(coins), currency)
            for currency, coins in connection.execute(sums.group_by(COUPONS.c.currency))
        },
    )
