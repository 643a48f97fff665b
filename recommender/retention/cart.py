"""A cart as offers are reckoned on it: decimal, in one currency."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from recommender import money


@dataclass(frozen=True)
class Line:
    """So many of one item."""

    item_id: str
    quantity: Decimal
    price: Decimal
    """Of one."""
    cost: Decimal | None = None
    """What the shop pays for one; None where it is unknown."""


@dataclass(frozen=True)
class Cart:
    """What somebody is about to buy."""

    currency: str
    lines: tuple[Line, ...] = ()

    @property
    def total(self) -> Decimal:
        """What it costs, as the shop shows it."""
        return money.rounded(sum((line.quantity * line.price for line in self.lines), Decimal()), self.currency)

    @property
    def cost(self) -> Decimal | None:
        """What the shop pays for it; None when it is unknown of one line."""
        costs = [None if line.cost is None else line.quantity * line.cost for line in self.lines]
        return sum((cost for cost in costs if cost is not None), Decimal()) if None not in costs else None

    def with_costs(self, costs: Mapping[str, Decimal | None]) -> "Cart":
        """The same cart, with costs by item id."""
        return replace(self, lines=tuple(replace(line, cost=costs.get(line.item_id)) for line in self.lines))
