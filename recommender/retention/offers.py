"""What a popup promises, as a shop writes it; what it comes to for a cart is reckoned in `discount.py`."""

from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints, field_validator, model_validator

from recommender import money
from recommender.money import Currency, PositiveAmount
from recommender.parts import ItemId, Part
from recommender.refusals import refusal

BENEFITS = ("percent", "amount", "free_shipping", "tiers", "cashback", "gift")
MOST_TIERS = 10
MOST_MINUTES = 60 * 24 * 90
MOST_DAYS = 3650
DEFAULT_TIERS = ((100, 5), (200, 10), (300, 15))
"""Above so much, so many percent."""


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise refusal("", value, "use a number")
    return value


Number = BeforeValidator(_number)
Money = Annotated[PositiveAmount, Number]
Percent = Annotated[Decimal, Field(gt=0, le=100, max_digits=7, decimal_places=4), Number]
Days = Annotated[int, Field(ge=1, le=MOST_DAYS), Number]
CodeText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{1,39}$", to_upper=True)]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,12}$", to_upper=True)]


class FreeShipping(Part):
    """Shipping for nothing."""

    worth: Money
    """What it costs the shop."""


class Tier(Part):
    """One step of a progressive discount."""

    above: Annotated[Decimal, Field(ge=0, le=money.MOST), Number]
    """The cart must be worth more than this, not as much."""
    percent: Percent
    """Off the whole cart."""


class Cashback(Part):
    """A share of this order for the next one."""

    percent: Percent
    """Of what was paid."""
    expires_days: Days = 90
    """It can be spent so long."""


class Gift(Part):
    """An item on top of the purchase."""

    item_id: ItemId
    """Which."""
    worth: Money | None = None
    """What it costs the shop; left out: the item's cost, or its price, in the catalogue."""


class Generated(Part):
    """A code made for one person, which nobody can guess."""

    prefix: Prefix = "VT"
    """What it begins with."""


class Code(Part):
    """How the offer is taken at checkout."""

    shared: CodeText | None = None
    """One code for everybody."""
    pool: StrictBool | None = None
    """A code of its own for each, from those that the shop uploaded."""
    generated: Generated | None = None
    """A code of its own for each, made here."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        kinds = {"shared": self.shared, "pool": self.pool, "generated": self.generated}
        given = [name for name, value in kinds.items() if value not in {None, False}]
        if len(given) != 1:
            raise refusal("", given, "give exactly one of shared, pool, generated")
        return self


class Offer(Part):
    """One benefit, and what it takes to get it. Amounts without a currency are in the cart's own."""

    percent: Percent | None = None
    """So many percent off."""
    amount: Money | None = None
    """So much off; needs `currency`."""
    free_shipping: FreeShipping | None = None
    """Shipping for nothing; needs `currency`."""
    tiers: tuple[Tier, ...] | None = Field(None, min_length=1, max_length=MOST_TIERS)
    """The more in the cart, the more off; `true` is 5 % above 100, 10 % above 200 and 15 % above 300."""
    cashback: Cashback | None = None
    """A share of this order for the next one."""
    gift: Gift | None = None
    """An item on top."""

    currency: Currency | None = None
    """The currency of its amounts; carts in another one do not get it."""
    code: Code | None = None
    """How it is taken at checkout; left out: a generated code where one is needed."""
    hourly: Annotated[int, Field(ge=1, le=1_000_000), Number] | None = None
    """The most codes given within an hour, against farming."""
    minimum: Money | None = None
    """The cart must be worth at least this."""
    most: Money | None = None
    """It never gives more than this."""
    margin_floor: Annotated[Decimal, Field(ge=0, lt=1, max_digits=7, decimal_places=6), Number] | None = None
    """The share of what is paid that must remain above the items' `cost`."""
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES), Number] | None = None
    """It ends so long after it was shown, and really does."""
    stackable: StrictBool = False
    """Whether it can be used together with other stackable codes."""
    again_after_days: Annotated[int, Field(ge=0, le=MOST_DAYS), Number] = 30
    """Somebody who lets a timed offer lapse gets no other timed one so long."""

    @cached_property
    def digest(self) -> str:
        """Eight characters that change with what it promises."""
        told = self.model_dump_json(exclude={"code", "hourly", "again_after_days", "stackable"})
        return sha256(told.encode()).hexdigest()[:8]

    @field_validator("tiers", mode="before")
    @classmethod
    def _default(cls, value: Any) -> Any:
        if value is True or value == "default":
            return [{"above": above, "percent": percent} for above, percent in DEFAULT_TIERS]
        return value

    @field_validator("tiers")
    @classmethod
    def _rising(cls, tiers: tuple[Tier, ...] | None) -> tuple[Tier, ...] | None:
        steps = tiers or ()
        for place in range(1, len(steps)):
            for name in ("above", "percent"):
                before, here = getattr(steps[place - 1], name), getattr(steps[place], name)
                if here <= before:
                    raise refusal(f"[{place}].{name}", str(here), f"each tier rises; use more than {before}")
        return tiers

    @model_validator(mode="after")
    def _one_benefit(self) -> Self:
        given = [name for name in BENEFITS if getattr(self, name) is not None]
        if len(given) != 1:
            raise refusal("", given, f"give exactly one of {', '.join(BENEFITS)}")
        return self

    @model_validator(mode="after")
    def _most_of_what(self) -> Self:
        if self.most is not None and self.benefit in {"free_shipping", "gift"}:
            raise refusal(".most", str(self.most), f"{self.benefit} gives what it is worth; leave most out")
        return self

    @model_validator(mode="after")
    def _in_a_currency(self) -> Self:
        amounts = self._amounts()
        if self.currency is None:
            for path in (".amount", ".free_shipping.worth", ".gift.worth"):
                if path in amounts:
                    raise refusal(".currency", None, f"say in which currency{path.replace('.', ' ')} is, like EUR")
            return self
        for path, amount in amounts.items():
            if not money.fits(amount, self.currency):
                allowed = f"{self.currency} has {money.digits(self.currency)} digits after the point"
                raise refusal(path, str(amount), allowed)
        return self

    def _amounts(self) -> dict[str, Decimal]:
        found = {
            ".amount": self.amount,
            ".free_shipping.worth": None if self.free_shipping is None else self.free_shipping.worth,
            ".gift.worth": None if self.gift is None else self.gift.worth,
            ".minimum": self.minimum,
            ".most": self.most,
            **{f".tiers[{place}].above": tier.above for place, tier in enumerate(self.tiers or ())},
        }
        return {path: amount for path, amount in found.items() if amount is not None}

    @property
    def benefit(self) -> str:
        """Which of the benefits it is."""
        return next(name for name in BENEFITS if getattr(self, name) is not None)

    @property
    def reduces(self) -> bool:
        """Whether it announces a lower price."""
        return self.benefit in {"percent", "amount", "tiers"}

    @property
    def bounded(self) -> bool:
        """Whether it is known what it can cost at most, which a budget needs."""
        return self.most is not None or self.benefit in {"amount", "free_shipping", "gift"}

    def taken_by(self, *, budgeted: bool) -> Code | None:
        """How it is taken: as the shop says; else by a generated code where a deadline, budget or ledger needs one."""
        if self.code is not None:
            return self.code
        needed = self.minutes is not None or budgeted or self.cashback is not None or self.hourly is not None
        return Code(generated=Generated()) if needed else None

    def check_budget(self, budget: "Budget", path: str = ".offer") -> None:
        """Whether a budget can be kept with it; `path` leads to the offer from what is validated.

        Raises:
            PydanticCustomError: a `refusal`.
        """
        if not self.bounded:
            raise refusal(
                f"{path}.most", None, f"a budget needs the most that {self.benefit} may give; say it in `most`"
            )
        if self.currency not in {None, budget.currency}:
            raise refusal(f"{path}.currency", self.currency, f"the budget is in {budget.currency}; use the same")
        if self.most is not None and not money.fits(self.most, budget.currency):
            allowed = f"{budget.currency} has {money.digits(budget.currency)} digits after the point"
            raise refusal(f"{path}.most", str(self.most), allowed)


class Budget(Part):
    """What a campaign may cost; taken when an offer is shown, given back when it lapses."""

    total: Money | None = None
    """In all."""
    per_day: Money | None = None
    """Each day, in the shop's time zone."""
    currency: Currency
    """Of both."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        limits = {".total": self.total, ".per_day": self.per_day}
        if self.total is None and self.per_day is None:
            raise refusal("", {}, "give total, per_day, or both")
        for path, amount in limits.items():
            if amount is not None and not money.fits(amount, self.currency):
                allowed = f"{self.currency} has {money.digits(self.currency)} digits after the point"
                raise refusal(path, str(amount), allowed)
        return self
