"""The last question before a popup opens, as far as it needs no database: what speaks against it, and what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Self

from recommender import money
from recommender.assignment import held_out
from recommender.configuration import Configuration
from recommender.engine import engine
from recommender.engine.answer import Recommendations
from recommender.engine.filter import Filter
from recommender.engine.page import PageType
from recommender.engine.request import CartItem, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.experiments.assigning import Assigned, Drawn
from recommender.lazy import cached_property
from recommender.occasion import REPLENISHING, Occasion
from recommender.retention import knowledge
from recommender.retention.arming import Past, objections, past
from recommender.retention.campaign import Campaign
from recommender.retention.cart import Cart, Line
from recommender.retention.discount import benefit, most_cost
from recommender.retention.facts import Facts, Scene
from recommender.retention.knowledge import Told, decimal
from recommender.retention.offers import Offer
from recommender.retention.reason import Reason
from recommender.retention.withholding import kept_from_offers
from recommender.strategy import Strategy

LAYER = "popups"
"""The experiment that measures popups as a whole."""
REMINDING = {
    occasion: Strategy.BUY_AGAIN if occasion in REPLENISHING else Strategy.RECENTLY_VIEWED for occasion in Occasion
}
"""Where the items of an occasion come from."""
RESERVED_DAYS = 7
"""How long a code without a deadline keeps what was set aside for it."""
UNTOLD = frozenset({Reason.MINIMUM})
"""What is no reason to hide an offer at this point: the popup says how much is missing, and the checkout asks again."""


@dataclass(frozen=True)
class Situation:
    """A visitor before a campaign."""

    snapshot: Snapshot
    visitor: Visitor
    told: Told
    now: datetime
    language: str = "en"
    costs: Mapping[str, Decimal | None] = field(default_factory=dict)
    """What the shop pays for the items of the cart and of the page; only the records know."""
    assigned: Assigned | None = None
    """What this visitor has otherwise than the shop's configuration says, by experiments."""

    @property
    def configuration(self) -> Configuration:
        """The shop's, as this visitor has it."""
        return self.snapshot.configuration if self.assigned is None else self.assigned.configuration

    def drawn(self, campaign: Campaign) -> Drawn | None:
        """The variant of the campaign that this visitor has; None outside experiments."""
        return None if self.assigned is None else self.assigned.campaigns.get(campaign.id)

    @cached_property
    def facts(self) -> Facts:
        """What campaigns ask for."""
        return knowledge.facts(self.snapshot, self.visitor, self.told, self.now)

    def costing(self, costs: Mapping[str, Decimal | None]) -> Self:
        """The same with what the shop pays for the items."""
        priced = replace(self, costs=costs)
        priced.__dict__["facts"] = self.facts  # costs are none of them
        return priced

    @property
    def past(self) -> Past:
        """What the visitor's state remembers."""
        return past(self.visitor, self.configuration.campaigns, self.now)

    @property
    def cart(self) -> Cart | None:
        """What would be paid: the cart, else the page's item; None where there is neither, or no currency is known."""
        lines = tuple(self._line(one) for one in self._bought)
        currency = self.told.currency or self._currency()
        if not lines or currency is None or not money.is_currency(currency.upper()):
            return None
        return Cart(currency.upper(), lines)

    @property
    def title(self) -> str | None:
        """Of the page's item."""
        return self.name(self.told.page.item_id)

    def name(self, item_id: str | None) -> str | None:
        """Title of an item that the shop knows."""
        row = None if item_id is None else self.snapshot.table.row(item_id)
        return None if row is None else self.snapshot.table.title(row)

    @property
    def item_currency(self) -> str | None:
        """Of the page's item."""
        item_id = self.told.page.item_id
        found = None if item_id is None else self.card(item_id).get("currency")
        return found if found is None else str(found)

    def available(self, item_id: str) -> bool:
        """Whether an item can be bought now."""
        row = self.snapshot.table.row(item_id)
        return row is not None and bool(self.snapshot.table.available[row])

    @property
    def _bought(self) -> tuple[CartItem, ...]:
        """What lies in the cart, else the page's item, if the catalogue says what it costs."""
        item_id = self.told.page.item_id
        if self.visitor.cart or item_id is None or knowledge.listed(self.snapshot, item_id) is None:
            return self.visitor.cart
        return (CartItem(item_id),)

    def _line(self, one: CartItem) -> Line:
        price = knowledge.price(self.snapshot, one)
        return Line(one.item_id, decimal(one.quantity), price, self.costs.get(one.item_id))

    def _currency(self) -> str | None:
        ids = (one.item_id for one in self._bought)
        return next((found for id_ in ids if (found := self.card(id_).get("currency"))), None)

    def card(self, item_id: str) -> Mapping[str, Any]:
        """An item's public fields; empty where the shop does not know it."""
        row = self.snapshot.table.row(item_id)
        return {} if row is None else self.snapshot.table.card(row)


def all_objections(campaign: Campaign, situation: Situation, *, empty: bool) -> list[Reason]:
    """Everything that speaks against showing the campaign, except what only the records know.

    Args:
        campaign: which.
        situation: the visitor before it.
        empty: whether it wants to show products, and there are none.
    """
    configuration = situation.configuration
    zone, settings = configuration.shop.zone, configuration.popups
    found = [*objections(campaign, situation.facts, situation.past, situation.now, zone=zone, settings=settings)]
    page = situation.told.page
    about = page.item_id if page.type is PageType.PRODUCT and campaign.offer is not None else None
    sold_out = about is not None and bool(situation.card(about)) and not situation.available(about)
    if sold_out or (empty and campaign.offer is None):
        found.append(Reason.STOCK)
    return [*found, *_of_offer(campaign.offer, situation)]


def _of_offer(offer: Offer | None, situation: Situation) -> list[Reason]:
    if offer is None:
        return []
    if offer.gift is not None and not situation.available(offer.gift.item_id):
        return [Reason.STOCK]
    cart = situation.cart
    if cart is None:
        return []
    found = benefit(offer, cart, gift_worth=gift_worth(offer, situation))
    return [found] if isinstance(found, Reason) and found not in UNTOLD else []


def gift_worth(offer: Offer, situation: Situation) -> Decimal | None:
    """What a gift costs the shop, as far as anybody knows: its cost, else its price."""
    if offer.gift is None:
        return None
    cost = situation.costs.get(offer.gift.item_id)
    return cost if cost is not None else knowledge.listed(situation.snapshot, offer.gift.item_id)


def set_aside(campaign: Campaign, situation: Situation) -> Decimal:
    """What the offer can cost at most: what its budget sets aside."""
    if campaign.offer is None or campaign.budget is None:
        return Decimal(0)
    worth = gift_worth(campaign.offer, situation)
    return most_cost(campaign.offer, campaign.budget.currency, gift_worth=worth) or Decimal(0)


def products(campaign: Campaign, situation: Situation) -> Recommendations | None:
    """The items that the campaign shows; None where it shows none."""
    wanted = campaign.content.products
    if wanted is None:
        return None
    page = situation.told.page
    seeds = (page.item_id,) if page.item_id is not None else tuple(line.item_id for line in situation.visitor.cart)
    query = Query(
        strategy=wanted.strategy if wanted.occasion is None else REMINDING[wanted.occasion],
        occasion=wanted.occasion,
        item_ids=seeds,
        limit=wanted.limit,
        filter=None if wanted.filter is None else Filter.parse(wanted.filter),
        page=page,
        language=situation.language,
    )
    return engine.recommend(situation.snapshot, situation.visitor, query, situation.now)


def out_of_experiment(shop: str, visitor_id: str | None, campaign: Campaign, share: float) -> tuple[bool, float | None]:
    """Whether the visitor is held out, and the probability with which they got what they got.

    Args:
        shop: the shop's name.
        visitor_id: the browser; None is outside experiments.
        campaign: which is asked about.
        share: of all visitors who see no popup at all; the campaign's own holdout is drawn independently.
    """
    if visitor_id is None:
        return False, None
    shows = (1 - share) * (1 - campaign.holdout)
    layers = ((LAYER, share), (campaign.layer, campaign.holdout))
    out = any(held_out(shop, visitor_id, layer, part) for layer, part in layers)
    return out, round(1 - shows if out else shows, 9)


def met(shop: str, visitor_id: str | None, assigned: Assigned, scene: Scene, share: float) -> list[Drawn]:
    """Variants of campaigns that a visitor enters with a page because one of them may open there.

    Who is held out could have met none of them; where words alone differ, a visitor enters when they are shown.

    Args:
        shop: the shop's name.
        visitor_id: the browser.
        assigned: what they have by experiments.
        scene: the page.
        share: of all visitors who see no popup at all, and of those who are made no offer.
    """
    found = []
    for id_, drawn in assigned.campaigns.items():
        campaign = assigned.configuration.campaign(id_)
        if campaign is not None and drawn.on_page and campaign.where.holds(scene):
            out, _ = out_of_experiment(shop, visitor_id, campaign, share)
            out = out or (drawn.offers and kept_from_offers(shop, visitor_id, share))
            found += [] if out else [drawn]
    return found


def deadline(campaign: Campaign, now: datetime) -> datetime | None:
    """When an offer that is given now ends; None where it has no deadline of its own."""
    if campaign.offer is None or campaign.offer.minutes is None:
        return None
    end = now + timedelta(minutes=campaign.offer.minutes)
    return min(end, campaign.schedule.ends) if campaign.schedule.ends else end


def reserved_until(campaign: Campaign, now: datetime) -> datetime:
    """When what was set aside for an unused code goes back."""
    end = deadline(campaign, now) or now + timedelta(days=RESERVED_DAYS)
    return min(end, campaign.schedule.ends) if campaign.schedule.ends else end


def day_starts(snapshot: Snapshot, now: datetime) -> datetime:
    """The first moment of the shop's day."""
    zone = snapshot.configuration.shop.zone
    return datetime.combine(now.astimezone(zone).date(), time.min, zone)


def asked_about(campaign: Campaign, situation: Situation) -> Sequence[str]:
    """Items whose cost decides: all that would be bought where a margin must remain, and the gift."""
    offer, ids = campaign.offer, []
    if offer is not None and offer.margin_floor is not None:
        ids = [*(line.item_id for line in situation.visitor.cart), situation.told.page.item_id or ""]
    if offer is not None and offer.gift is not None:
        ids.append(offer.gift.item_id)
    return [id_ for id_ in dict.fromkeys(ids) if id_]
