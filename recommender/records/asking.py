"""What is asked at checkout, and what is answered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from recommender.records import giving
from recommender.records.cashback import Account
from recommender.records.giving import NOBODY, Person
from recommender.retention.cart import Cart
from recommender.retention.checkout import Promise
from recommender.retention.discount import Benefit
from recommender.retention.offers import Budget, Offer

ZERO = Decimal()
BALANCE = "balance"
"""Kind of the codes that pay with cashback."""


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
    credited: Account | None = None
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
            offer = Offer.stored(row.offer)
            return Promise(offer, row.ends_at, row.held_until, giving.reserved(row), row.budget_currency)
        assert self.public is not None
        budget = self.public.budget
        return Promise(self.public.offer, currency=None if budget is None else budget.currency)
