"""From a visitor and a page to the facts that campaigns ask for."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite

from recommender.days import DAY
from recommender.engine.filter import paid
from recommender.engine.page import Page
from recommender.engine.request import CartItem, Interaction, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.engine.visit import begun
from recommender.events.names import LOOKS, EventName
from recommender.models.customers import Customer
from recommender.retention.caps import Shown
from recommender.retention.facts import Attribute, Device, Facts, Scene
from recommender.retention.observing import Observed


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says beside who is looking at it."""

    page: Page
    url: str = ""
    referrer: str = ""
    page_views: int = 1
    country: str | None = None
    device: Device | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    currency: str | None = None
    """Of the cart."""

    def only(self, names: Iterable[str]) -> "Told":
        """The same with no other attributes than these."""
        return replace(self, attributes={name: self.attributes[name] for name in names if name in self.attributes})

    def paying(self, currency: str | None) -> "Told":
        """The same with a cart in this currency."""
        return replace(self, currency=currency)


def scene(snapshot: Snapshot, told: Told) -> Scene:
    """The page, with what the catalogue says of its item."""
    page, table = told.page, snapshot.table
    row = None if page.item_id is None else table.row(page.item_id)
    category = page.category or (None if row is None else table.category.name(row))
    brand = None if row is None else table.brand.name(row)
    return Scene(page.type, page.item_id, category, brand, told.url, told.referrer)


def facts(snapshot: Snapshot, visitor: Visitor, told: Told, now: datetime) -> Facts:
    """Everything that campaigns can ask for; without consent nothing of it is about the visitor."""
    known = visitor.visitor_id is not None or visitor.customer_id is not None
    start = begun(visitor, now.timestamp())
    this_visit = [*(one for one in visitor.history if (one.timestamp or 0) >= start), *visitor.session]
    customer = _customer(snapshot, visitor)
    orders, spend, last = _orders(snapshot, visitor, customer)
    return Facts(
        scene=scene(snapshot, told),
        now=now.timestamp(),
        registry=snapshot.configuration.segmentation,
        identified=known,
        returning=known and (_earlier(visitor.history, start) or _trained(snapshot, visitor)),
        orders=orders,
        spend=spend,
        days_since_order=None if last is None else max(now.timestamp() - last, 0.0) / DAY,
        cart_value=cart_value(snapshot, visitor.cart),
        cart_items=round(sum(line.quantity for line in visitor.cart)),
        currency=told.currency,
        page_views=told.page_views,
        items_viewed=len({one.item_id for one in this_visit if one.event in LOOKS}),
        country=told.country,
        device=told.device,
        attributes=told.attributes,
        customer=customer,
        behaviour=Observed(snapshot, visitor, now),
    )


def cart_value(snapshot: Snapshot, cart: Iterable[CartItem]) -> Decimal:
    """What the cart comes to; a line without a price costs what the catalogue says."""
    return sum((decimal(line.quantity) * price(snapshot, line) for line in cart), Decimal(0))


def price(snapshot: Snapshot, line: CartItem) -> Decimal:
    """What one piece costs; 0 where nobody says."""
    return decimal(line.price) if line.price is not None else listed(snapshot, line.item_id) or Decimal(0)


def listed(snapshot: Snapshot, item_id: str) -> Decimal | None:
    """What the catalogue asks for an item now; None where it does not say."""
    rows = snapshot.table.rows([item_id])
    now = paid(snapshot.table, rows)
    return decimal(float(now[0])) if len(rows) and isfinite(now[0]) else None


def decimal(number: float) -> Decimal:
    """The number as it was written: the shortest decimal that stands for the float, which is what JSON held."""
    return Decimal(str(number))


def shown(visitor: Visitor, now: datetime, banners: Collection[str] = ()) -> list[Shown]:
    """What the visitor's state remembers of popups: enough to leave alone whoever would be refused.

    Args:
        visitor: who.
        now: the moment.
        banners: campaigns that stand in pages.
    """
    start = begun(visitor, now.timestamp())
    closed: dict[str, float] = {}
    for one in visitor.encounters:
        if one.dismissed:
            closed[one.campaign_id] = one.timestamp
    return [
        Shown(
            one.campaign_id,
            datetime.fromtimestamp(one.timestamp, UTC),
            session_id=THIS_VISIT if one.timestamp >= start else None,
            dismissed=closed.get(one.campaign_id, 0) >= one.timestamp,
            banner=one.campaign_id in banners,
        )
        for one in visitor.encounters
        if not one.dismissed
    ]


THIS_VISIT = "this visit"
"""What :func:`shown` calls the session that has not ended."""


def last_purchase(visitor: Visitor) -> float | None:
    """When the visitor last bought anything, vouched for or not; None when they did not, as far as is known."""
    return max((one.timestamp or 0.0 for one in visitor.history if one.event == EventName.PURCHASE), default=None)


def _earlier(history: tuple[Interaction, ...], moment: float) -> bool:
    return any(one.timestamp is not None and one.timestamp < moment for one in history)


def _trained(snapshot: Snapshot, visitor: Visitor) -> bool:
    return snapshot.models.person(visitor.visitor_id, visitor.customer_id) is not None


def _customer(snapshot: Snapshot, visitor: Visitor) -> Customer | None:
    known = snapshot.models.customers
    return None if known is None else known.of(visitor_id=visitor.visitor_id, customer_id=visitor.customer_id)


def _orders(snapshot: Snapshot, visitor: Visitor, known: Customer | None) -> tuple[int, Decimal, float | None]:
    """Number of orders, what they came to, and when the last one was: from the artifact, and since then."""
    since = snapshot.models.data_end.timestamp() if known else 0.0
    fresh = [one for one in visitor.history if one.paid is not None and (one.timestamp or 0) > since]
    moments = {one.timestamp for one in fresh}  # the rows of one order share their moment
    spend = sum((decimal(one.paid or 0) for one in fresh), Decimal(0))
    last = max((moment for moment in moments if moment is not None), default=None)
    if known is None:
        return len(moments), spend, last
    return known.orders + len(moments), decimal(known.spend) + spend, last or known.last
