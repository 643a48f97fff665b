"""Whose state it is, and what is kept of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from recommender.days import DAY

MOST_ROWS = 500
"""Interactions kept of one person; the newest stay."""

KEPT_SECONDS = 30 * DAY
"""How long a person's state outlives their last interaction."""


class Kind(StrEnum):
    """A browser or an account."""

    VISITOR = "visitor"
    CUSTOMER = "customer"


class Person(NamedTuple):
    """A visitor or a customer."""

    kind: Kind
    id: str

    @property
    def key(self) -> str:
        """The name of the person in models and among the erased."""
        return f"{self.kind}:{self.id}"

    @classmethod
    def visitor(cls, visitor_id: str) -> "Person":
        """The person behind a browser."""
        return cls(Kind.VISITOR, visitor_id)

    @classmethod
    def customer(cls, customer_id: str) -> "Person":
        """The person behind an account."""
        return cls(Kind.CUSTOMER, customer_id)


class Row(NamedTuple):
    """One interaction; told twice, it is kept once, at the time that was told first."""

    timestamp: float
    event_id: str
    item_index: int
    item_id: str
    event: str
    quantity: float
    paid: float | None = None
    """What an order came to for this item, where the shop's server vouched for it."""
    price: float | None = None
    """What the catalogue asked for the item then, where somebody looked at it."""

    @property
    def order(self) -> tuple[Any, ...]:
        """What rows are sorted by; claimed and vouched for, an order's row is otherwise the same."""
        return (*self[:6], self.paid is not None)

    @property
    def told(self) -> tuple[Any, ...]:
        """The interaction without its time: events that are sent again may have none of their own."""
        if self.price is not None:
            return self[1:]
        return self[1:6] if self.paid is None else self[1:7]


@dataclass(frozen=True, slots=True)
class Versions:
    """The newest versions that any process announced; None when nobody did."""

    catalog: int | None = None
    configuration: int | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that one request needs to know, read in one round trip."""

    rows: Mapping[Person, Sequence[Row]] = field(default_factory=dict)
    """Oldest first."""
    links: Mapping[Person, Mapping[str, float]] = field(default_factory=dict)
    """Of a visitor: the customers that logged in, with the time of the login; of a customer: the visitors."""
    versions: Versions = field(default_factory=Versions)
    answer: bytes | None = None
    """A cached answer, when one was asked for."""
    degraded: bool = False
    """True when the shared state could not be read."""
