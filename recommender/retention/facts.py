"""What is known of a visitor and of the page when a campaign is decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from recommender.engine.page import PageType
from recommender.models.customers import Customer
from recommender.retention.behaviour import UNKNOWN, Behaviour
from recommender.retention.segments import SEGMENTS, Registry

Attribute = str | int | float | bool


class Device(StrEnum):
    """What the shop is looked at with."""

    PHONE = "phone"
    TABLET = "tablet"
    DESKTOP = "desktop"


@dataclass(frozen=True, slots=True)
class Scene:
    """The page, and what the catalogue says of the item on it."""

    type: PageType = PageType.OTHER
    item_id: str | None = None
    category: str | None = None
    """The page's category, or that of its item: a whole path."""
    brand: str | None = None
    url: str = ""
    referrer: str = ""
    """Where the visit came from."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that campaigns can ask for."""

    scene: Scene = field(default_factory=Scene)
    now: float = 0.0
    """Unix seconds of the moment."""
    registry: Registry = SEGMENTS
    """The segments that the shop knows."""
    identified: bool = True
    """False without consent: nothing about the visitor is known or kept."""
    returning: bool = False
    """Whether the visitor was here before this visit."""
    orders: int = 0
    """Orders that the shop's server or an import vouched for."""
    spend: Decimal = Decimal(0)
    """What those came to."""
    days_since_order: float | None = None
    """None: never."""
    cart_value: Decimal = Decimal(0)
    cart_items: int = 0
    """Pieces in the cart."""
    currency: str | None = None
    """Of the cart."""
    page_views: int = 1
    """Pages of this visit, this one included."""
    items_viewed: int = 0
    """Different items looked at in this visit."""
    country: str | None = None
    """ISO 3166, two capitals."""
    device: Device | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    """What the shop's page says of the visitor or customer."""
    customer: Customer | None = None
    """What the last training knew of their orders, and expects of them; None: they had none by then."""
    behaviour: Behaviour = field(default=UNKNOWN, compare=False)
    """What they are about, and of what they may be reminded."""

    @property
    def segments(self) -> list[str]:
        """Names of the segments that the visitor is in now, as decisions are logged with them."""
        return self.registry.of(self)

    def among(self, segments: Iterable[str] | None, without: Iterable[str] | None) -> bool:
        """Whether the visitor belongs to each of some segments and to none of others; None: it does not matter."""
        return all(map(self.belongs, segments or ())) and not any(map(self.belongs, without or ()))

    def belongs(self, segment: str) -> bool:
        """Whether the visitor belongs to a segment, by its name or as an expression.

        Raises:
            InputError: it is neither.
        """
        return self.registry.written(segment).holds(self)
