"""A code at checkout, step by step on an open transaction: found and locked, judged, redeemed, taken back."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, update

from recommender import money
from recommender.errors import InputError
from recommender.records import budgets, cashback, giving
from recommender.records.database import lock
from recommender.records.giving import GIVEN, LAPSED, NOBODY, REDEEMED, Person
from recommender.records.tables import COUPONS, ITEMS
from recommender.retention import codes, ledger
from recommender.retention.cart import Cart
from recommender.retention.checkout import Promise, Refusal, Refused, judged
from recommender.retention.discount import Benefit
from recommender.retention.offers import Budget, Offer

ZERO = Decimal()
BALANCE = "balance"


@dataclass(frozen=True)
class Public:
    """A shared code as the shop's configuration has it now."""

    campaign_id: str
    offer: Offer
    budget: Budget | None = None
    day_starts: datetime | None = None


def _nothing(_: str) -> Public | None:
    return None


@dataclass(frozen=True)
class Asked:
    """What somebody wants at checkout."""

    code: str
    cart: Cart
    person: Person = NOBODY
    order_id: str | None = None
    with_codes: tuple[str, ...] = ()
    """The order's other codes."""
    public: Callable[[str], Public | None] = _nothing
    """The shared code of a campaign by its key, for who was not given it."""


@dataclass(frozen=True)
class Valid:
    """What a code comes to."""

    code: str
    campaign_id: str | None
    """None: the code of a cashback balance."""
    benefit: Benefit
    expires_at: datetime | None = None
    credited: cashback.Account | None = None
    """The balance, where the order earned cashback."""


@dataclass(frozen=True)
class RolledBack:
    """What was taken back from an order."""

    code: str
    campaign_id: str | None
    currency: str
    discount: Decimal
    """What had been taken off."""
    cashback: Decimal
    """What had been credited."""
    usable: bool
    """Whether the code can be used again."""


@dataclass(frozen=True)
class Found:
    """A code: a row of what was given, or a shared one of the configuration."""

    row: Any | None = None
    public: Public | None = None
    others: list[Offer] = field(default_factory=list)
    """Of the order's other codes."""
    taken: Decimal = ZERO
    """What these take off."""

    @property
    def campaign_id(self) -> str | None:
        """Whose code it is; None of a balance."""
        if self.row is not None:
            return None if self.row.campaign_id is None else str(self.row.campaign_id)
        return None if self.public is None else self.public.campaign_id

    @property
    def balance(self) -> bool:
        """Whether it is the code of a cashback balance."""
        return self.row is not None and self.row.kind == BALANCE

    def promise(self) -> Promise:
        """What it stands for."""
        row = self.row
        if row is not None:
            offer = Offer.model_validate(json.loads(row.offer))
            return Promise(offer, row.ends_at, row.held_until, giving.reserved(row), row.budget_currency)
        assert self.public is not None
        budget = self.public.budget
        return Promise(self.public.offer, currency=None if budget is None else budget.currency)


def find(connection: Connection, shop: str, asked: Asked) -> Found | None:
    """The code, locked with its campaign, and what the order's other codes are."""
    found = _one(connection, shop, asked.code, asked)
    if found is not None and found.campaign_id is not None:
        lock(connection, giving.campaign_lock(shop, found.campaign_id))
        found = _one(connection, shop, asked.code, asked)  # as it is now that nobody else changes it
    if found is None:
        return None
    own = codes.key(asked.code)
    named = [_one(connection, shop, code, asked) for code in asked.with_codes if codes.key(code) != own]
    others = [one for one in named if one is not None and not one.balance]
    reckoned = [_reckoned(connection, shop, asked, replace(one.promise(), ends_at=None)) for one in others]
    taken = sum((one.discount for one in reckoned if isinstance(one, Benefit)), ZERO)
    return replace(found, others=[one.promise().offer for one in others], taken=taken)


def judge(
    connection: Connection, shop: str, asked: Asked, found: Found, now: datetime, *, paying: bool = False
) -> Valid | Refused:
    """Whether the code holds, and what it comes to."""
    if found.balance:
        return _payable(connection, shop, asked, found, now)
    refusal = _refusal(connection, shop, asked, found)
    if refusal is not None:
        return Refused.because(refusal)
    promise = found.promise()
    reckoned = _reckoned(
        connection, shop, asked, promise, now, others=found.others, taken=found.taken, paying=paying
    )  # fmt: skip
    if isinstance(reckoned, Refused):
        return reckoned
    public = found.public
    if public is not None and not _covers(connection, shop, public, reckoned, now):
        return Refused.because(Refusal.BUDGET)
    code = codes.key(asked.code) if found.row is None else found.row.code
    return Valid(code, found.campaign_id, reckoned, promise.ends_at)


def redeem(connection: Connection, shop: str, asked: Asked, now: datetime) -> Valid | Refused:
    """Use the code for an order; again for the same one, it is what it was."""
    found = find(connection, shop, asked)
    if found is None:
        return Refused.because(Refusal.UNKNOWN)
    row = found.row
    if row is not None and not found.balance and row.state == REDEEMED and row.order_id == asked.order_id:
        return _as_it_was(connection, shop, row, now)
    valid = judge(connection, shop, asked, found, now, paying=True)
    if isinstance(valid, Refused):
        return valid
    if found.balance:
        _pay(connection, shop, asked, row, valid.benefit, now)
        return valid
    row = _written(connection, shop, asked, found, valid.benefit, now)
    return replace(valid, credited=_credited(connection, shop, asked, row, valid.benefit, now))


def roll_back(connection: Connection, shop: str, code: str, order_id: str, now: datetime) -> RolledBack | None:
    """Take an order's use of a code back; again, it is what it was. None when the order did not use it."""
    row = _used(connection, shop, code, order_id)
    if row is None:
        return None
    if row.kind == BALANCE:
        return _unpaid(connection, shop, row, order_id, now)
    lock(connection, giving.campaign_lock(shop, row.campaign_id))
    row = _used(connection, shop, code, order_id)
    if row is None:
        return None
    usable = row.state == GIVEN
    if row.state == REDEEMED:
        usable = row.kind != "shared" if row.ends_at is None else now < row.ends_at
        _freed(connection, shop, row, usable)
        if row.cashback:
            _uncredited(connection, shop, row, order_id, now)
    discount, credit = (money.from_minor(coins or 0, row.currency) for coins in (row.discount, row.cashback))
    return RolledBack(row.code, row.campaign_id, row.currency, discount, credit, usable)


def _one(connection: Connection, shop: str, code: str, asked: Asked) -> Found | None:
    key = codes.key(code)
    rows = _rows(connection, shop, key)
    if rows and rows[0].kind != "shared":
        return Found(rows[0])
    row = _own(rows, asked)
    if row is not None:
        return Found(row)
    public = asked.public(key)
    return None if public is None else Found(public=public)


def _rows(connection: Connection, shop: str, key: str) -> Sequence[Any]:
    query = select(COUPONS).where(COUPONS.c.shop == shop, COUPONS.c.code_key == key)
    return connection.execute(query.order_by(COUPONS.c.coupon_id.desc())).all()


def _own(rows: Sequence[Any], asked: Asked) -> Any | None:
    """Of a shared code, what this order used, or this person was given."""
    customer_id, visitor_id = asked.person.customer_id, asked.person.visitor_id
    open_ = [row for row in rows if not (row.state == LAPSED and row.ends_at is None)]  # not one rolled back
    of_order = (row for row in open_ if asked.order_id is not None and row.order_id == asked.order_id)
    of_customer = (row for row in open_ if customer_id is not None and row.customer_id == customer_id)
    in_browser = (
        row
        for row in open_
        if visitor_id is not None and row.visitor_id == visitor_id and None in {row.customer_id, customer_id}
    )
    return next(of_order, None) or next(of_customer, None) or next(in_browser, None)


def _reckoned(
    connection: Connection,
    shop: str,
    asked: Asked,
    promise: Promise,
    now: datetime = datetime.min,
    **more: Any,
) -> Benefit | Refused:
    """What it comes to, with what the catalogue knows of costs."""
    offer, cart = promise.offer, asked.cart
    if offer.margin_floor is not None:
        cart = cart.with_costs(_costs(connection, shop, [line.item_id for line in cart.lines]))
    worth = None if offer.gift is None else _worth(connection, shop, offer.gift.item_id)
    return judged(promise, cart, now, gift_worth=worth, **more)


def _documents(connection: Connection, shop: str, item_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    query = select(ITEMS.c.item_id, ITEMS.c.document).where(
        ITEMS.c.shop == shop, ITEMS.c.item_id.in_(item_ids), ITEMS.c.document.is_not(None)
    )
    return {row.item_id: json.loads(row.document) for row in connection.execute(query)}


def _costs(connection: Connection, shop: str, item_ids: Sequence[str]) -> dict[str, Decimal | None]:
    found = _documents(connection, shop, item_ids)
    return {id_: Decimal(item["cost"]) if "cost" in item else None for id_, item in found.items()}


def _worth(connection: Connection, shop: str, item_id: str) -> Decimal | None:
    item = _documents(connection, shop, [item_id]).get(item_id, {})
    known = next((item[name] for name in ("cost", "sale_price", "price") if name in item), None)
    return None if known is None else Decimal(known)


def _refusal(connection: Connection, shop: str, asked: Asked, found: Found) -> Refusal | None:
    row, person = found.row, asked.person
    if row is not None:
        if row.state == REDEEMED:
            return Refusal.REDEEMED
        if row.state == LAPSED:
            return Refusal.EXPIRED
        if None not in {row.customer_id, person.customer_id} and row.customer_id != person.customer_id:
            return Refusal.OWNER
    elif found.public is not None and found.public.offer.minutes is not None:
        return Refusal.UNKNOWN  # a deadline begins when it is shown
    used = found.campaign_id is not None and _used_one(connection, shop, found.campaign_id, person)
    return Refusal.ONCE if used else None


def _used_one(connection: Connection, shop: str, campaign_id: str, person: Person) -> bool:
    if person == NOBODY:
        return False
    rows = giving.rows(connection, shop, campaign_id, person)
    return any(row.state == REDEEMED for row in rows)


def _covers(connection: Connection, shop: str, public: Public, reckoned: Benefit, now: datetime) -> bool:
    if public.budget is None:
        return True
    giving.lapse(connection, shop, public.campaign_id, now)
    day = public.day_starts or giving.utc_day(now)
    return budgets.covers(connection, shop, public.campaign_id, public.budget, day, _raised(reckoned))


def _raised(reckoned: Benefit) -> Decimal:
    return money.raised(reckoned.cost, reckoned.currency)


def _written(connection: Connection, shop: str, asked: Asked, found: Found, reckoned: Benefit, now: datetime) -> Any:
    """The coupon's row, redeemed, its budget settled."""
    row, public, currency = found.row, found.public, reckoned.currency
    if row is None:
        assert public is not None
        day = public.day_starts or giving.utc_day(now)
        budget = {} if public.budget is None else giving.aside(public.budget, _raised(reckoned), day)
        budget["offer"] = public.offer
        shared = ("shared", codes.key(asked.code))
        coupon_id = giving.give(connection, shop, public.campaign_id, *shared, person=asked.person, now=now, **budget)
        if public.budget is not None:
            budgets.take(connection, shop, public.campaign_id, currency, day, _raised(reckoned))
    else:
        coupon_id = row.coupon_id
        if row.reserved is not None:
            unused = _raised(reckoned) - money.from_minor(row.reserved, row.budget_currency)
            budgets.take(connection, shop, row.campaign_id, row.budget_currency, row.budget_day, unused)
    change = update(COUPONS).where(COUPONS.c.coupon_id == coupon_id)
    connection.execute(change.values(**_redemption(asked, row, reckoned, now)))
    return connection.execute(select(COUPONS).where(COUPONS.c.coupon_id == coupon_id)).one()


def _redemption(asked: Asked, row: Any | None, reckoned: Benefit, now: datetime) -> dict[str, Any]:
    person, currency = asked.person, reckoned.currency
    return {
        "state": REDEEMED,
        "order_id": asked.order_id,
        "redeemed_at": now,
        "currency": currency,
        "discount": money.to_minor(reckoned.discount, currency),
        "cashback": money.to_minor(reckoned.cashback, currency),
        "cost": money.to_minor(_raised(reckoned), currency),
        "customer_id": person.customer_id if row is None else row.customer_id or person.customer_id,
        "visitor_id": person.visitor_id if row is None else row.visitor_id or person.visitor_id,
    }


def _credited(
    connection: Connection, shop: str, asked: Asked, row: Any, reckoned: Benefit, now: datetime
) -> cashback.Account | None:
    offer = Offer.model_validate(json.loads(row.offer))
    if offer.cashback is None:
        return None
    owner = _creditor(row)
    entries = cashback.settled(connection, shop, owner, reckoned.currency, now)
    if reckoned.cashback > 0:
        new = ledger.credit(
            entries,
            reckoned.cashback,
            now=now,
            expires_at=now + timedelta(days=offer.cashback.expires_days),
            order_id=asked.order_id or "",
            campaign_id=row.campaign_id,
        )
        cashback.add(connection, shop, owner, reckoned.currency, entries, new)
        cashback.code_of(connection, shop, owner, reckoned.currency, now)
    return cashback.account(connection, shop, owner, reckoned.currency, now)


def _creditor(row: Any) -> cashback.Owner:
    if row.customer_id is None and row.visitor_id is None:
        raise InputError("customer_id", None, "cashback is credited to somebody; send customer_id or visitor_id")
    return cashback.owner_of(row)


def _as_it_was(connection: Connection, shop: str, row: Any, now: datetime) -> Valid:
    offer = Offer.model_validate(json.loads(row.offer))
    discount, credit = (money.from_minor(coins, row.currency) for coins in (row.discount, row.cashback))
    gift = None if offer.gift is None else offer.gift.item_id
    reckoned = Benefit(row.currency, discount, credit, offer.free_shipping is not None, gift)
    credited = None
    if offer.cashback is not None and (row.customer_id or row.visitor_id):
        credited = cashback.account(connection, shop, cashback.owner_of(row), row.currency, now)
    return Valid(row.code, row.campaign_id, reckoned, row.ends_at, credited)


def _payable(connection: Connection, shop: str, asked: Asked, found: Found, now: datetime) -> Valid | Refused:
    """What a cashback balance can pay of the order."""
    row, cart = found.row, asked.cart
    assert row is not None
    owner = cashback.owner_of(row)
    if owner.kind == "customer" and asked.person.customer_id not in {None, owner.id}:
        return Refused.because(Refusal.OWNER)
    if row.currency != cart.currency:
        return Refused.because(Refusal.CURRENCY, f"the balance is in {row.currency}, not {cart.currency}")
    entries = cashback.settled(connection, shop, owner, row.currency, now)
    paid = ZERO if asked.order_id is None else ledger.spent(entries, asked.order_id)
    left = ledger.spendable(entries, now, asked.order_id)
    amount = paid or min(left, max(cart.total - found.taken, ZERO))
    if amount == 0:
        return Refused.because(Refusal.EMPTY)
    return Valid(row.code, None, Benefit(row.currency, discount=amount), ledger.first_end(entries, now))


def _pay(connection: Connection, shop: str, asked: Asked, row: Any, reckoned: Benefit, now: datetime) -> None:
    owner, order_id = cashback.owner_of(row), asked.order_id or ""
    entries = cashback.settled(connection, shop, owner, row.currency, now)
    if ledger.spent(entries, order_id) == 0:
        new = ledger.spend(entries, reckoned.discount, now=now, order_id=order_id)
        cashback.add(connection, shop, owner, row.currency, entries, new)


def _unpaid(connection: Connection, shop: str, row: Any, order_id: str, now: datetime) -> RolledBack | None:
    owner = cashback.owner_of(row)
    entries = cashback.settled(connection, shop, owner, row.currency, now)
    back = ledger.spent(entries, order_id)
    if back > 0:
        new = ledger.give_back(entries, now=now, order_id=order_id)
        cashback.add(connection, shop, owner, row.currency, entries, new)
    else:
        back = ledger.given_back(entries, order_id)
    return RolledBack(row.code, None, row.currency, back, ZERO, usable=True) if back > 0 else None


def _uncredited(connection: Connection, shop: str, row: Any, order_id: str, now: datetime) -> None:
    if row.customer_id is None and row.visitor_id is None:
        return  # erased
    owner = cashback.owner_of(row)
    entries = cashback.settled(connection, shop, owner, row.currency, now)
    new = ledger.take_back(entries, now=now, order_id=order_id, campaign_id=row.campaign_id)
    cashback.add(connection, shop, owner, row.currency, entries, new)


def _used(connection: Connection, shop: str, code: str, order_id: str) -> Any | None:
    rows = _rows(connection, shop, codes.key(code))
    return next((row for row in rows if row.kind == BALANCE or row.order_id == order_id), None)


def _freed(connection: Connection, shop: str, row: Any, usable: bool) -> None:
    """The coupon's row is given again, or lapsed; the budget follows."""
    values: dict[str, Any] = {"state": GIVEN if usable else LAPSED}
    if row.reserved is not None:
        cost, reserved = (money.from_minor(coins, row.budget_currency) for coins in (row.cost, row.reserved))
        more = reserved - cost if usable else -cost
        budget = Budget.model_validate_json(row.budget)
        if usable and not budgets.covers(connection, shop, row.campaign_id, budget, row.budget_day, more):
            more = ZERO  # what was left over is somebody else's now: no more is set aside than was used
            values["reserved"] = row.cost
        budgets.take(connection, shop, row.campaign_id, row.budget_currency, row.budget_day, more)
    connection.execute(update(COUPONS).where(COUPONS.c.coupon_id == row.coupon_id).values(**values))
