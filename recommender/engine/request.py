"""What is asked of the engine."""

from dataclasses import dataclass, replace

from recommender.engine.caps import Cap
from recommender.engine.filter import Filter
from recommender.engine.page import Page
from recommender.occasion import Occasion
from recommender.strategy import Strategy

MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Interaction:
    """One event of a person with one item."""

    item_id: str
    event: str = "view_item"
    timestamp: float | None = None
    """Unix seconds; None means in this very session."""
    quantity: float = 1.0
    paid: float | None = None
    """What an order came to for this item, where the shop's server vouched for it."""
    price: float | None = None
    """What the catalogue asked for the item at that moment; None where nobody wrote it down."""


@dataclass(frozen=True, slots=True)
class Encounter:
    """A popup or banner that a person met."""

    campaign_id: str
    dismissed: bool
    """Whether it was closed; else it was shown."""
    timestamp: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class CartItem:
    """One line of the cart."""

    item_id: str
    quantity: float = 1.0
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking, and what is known of them beyond the artifact."""

    visitor_id: str | None = None
    customer_id: str | None = None
    history: tuple[Interaction, ...] = ()
    """Live state, oldest first."""
    session: tuple[Interaction, ...] = ()
    """Sent with the request, oldest first."""
    cart: tuple[CartItem, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    """With campaigns, oldest first."""
    personal: bool = True
    """False without consent: neither history nor session is used; the cart is only kept out of the answer."""


NOBODY = Visitor()


@dataclass(frozen=True, slots=True)
class Query:
    """One list of items."""

    strategy: Strategy | str
    item_ids: tuple[str, ...] = ()
    """Seeds: the items that the list is about."""
    limit: int = 12
    filter: Filter | None = None
    """Never violated, even where the list stays short."""
    exclude: tuple[str, ...] = ()
    allow_seen: bool | None = None
    """None takes the strategy's default."""
    category: str | None = None
    """Only items of this category, unless it has none."""
    occasion: Occasion | None = None
    """Only items of which there is this occasion to remind the visitor; a list of no others."""
    diversity: float = 0.0
    """From 0 to 1: how much likeness to the items above counts against an item."""
    caps: tuple[Cap, ...] = ()
    """The most items of a kind; exceeded only where the list would otherwise stay short."""
    new_items_share: float = 0.0
    """Share of the places that new items get, if any fit."""
    without_rules: tuple[str, ...] = ()
    """Ids of rules that do not hold for it."""
    placement: str | None = None
    """Where the list stands, for the rules; None: in no placement of the shop's."""
    page: Page | None = None
    """What it stands on; None: nothing that is known."""
    language: str = "en"
    explain: bool = False

    def anywhere(self) -> "Query":
        """The same query for items of any category."""
        return replace(self, category=None)
