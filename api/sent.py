"""Values that several requests have in common."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from recommender.described import Described
from recommender.engine.request import CartItem, Interaction
from recommender.events.names import EventName

MOST_SESSION_ROWS = 500
MOST_IDS = 100
MOST_CART_ITEMS = 500
MOST_LIMIT = 100

Id = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(max_length=4000)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]
Amount = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Limit = Annotated[int, Field(ge=1, le=MOST_LIMIT)]


class Sent(Described):
    """Base of what callers send: unknown members are ignored, numbers may stand for ids."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class SessionRow(Sent):
    """Something that the visitor just did."""

    item_id: Id
    event: EventName = EventName.VIEW_ITEM
    quantity: Amount = 1.0

    def interaction(self) -> Interaction:
        """The row as the engine takes it."""
        return Interaction(self.item_id, self.event.value, None, self.quantity)


class CartRow(Sent):
    """A line of the cart."""

    item_id: Id
    quantity: Amount = 1.0
    price: Amount | None = None


class Cart(Sent):
    """What lies in the cart."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$")] | None = None
    items: list[CartRow] = Field(default=[], max_length=MOST_CART_ITEMS)

    def lines(self) -> tuple[CartItem, ...]:
        """The cart as the engine takes it."""
        return tuple(CartItem(row.item_id, row.quantity, row.price) for row in self.items)


Session = Annotated[list[SessionRow], Field(max_length=MOST_SESSION_ROWS)]


def interactions(session: list[SessionRow]) -> tuple[Interaction, ...]:
    """A session as the engine takes it."""
    return tuple(row.interaction() for row in session)
