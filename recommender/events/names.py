"""GA4's event names, and which of them say something about an item."""

from enum import StrEnum


class EventName(StrEnum):
    """The events that Vitrine takes, by GA4's names."""

    VIEW_ITEM_LIST = "view_item_list"
    SELECT_ITEM = "select_item"
    VIEW_ITEM = "view_item"
    ADD_TO_CART = "add_to_cart"
    REMOVE_FROM_CART = "remove_from_cart"
    VIEW_CART = "view_cart"
    BEGIN_CHECKOUT = "begin_checkout"
    PURCHASE = "purchase"
    REFUND = "refund"
    VIEW_PROMOTION = "view_promotion"
    SELECT_PROMOTION = "select_promotion"
    ADD_TO_WISHLIST = "add_to_wishlist"
    SEARCH = "search"
    PAGE_VIEW = "page_view"


class DecisionName(StrEnum):
    """What Vitrine itself writes into the log: what it decided, and what became of that. Nobody can send these."""

    SHOWCASES_OFFERED = "showcases_offered"
    """A page's showcases were filled."""
    SHOWCASES_NOT_OFFERED = "showcases_not_offered"
    """They stayed empty, because the visitor is held out."""
    PAGE_ANSWERED = "page_answered"
    """A page, with all that its answer was made of: `recommender.replay` can answer it again."""
    PROMOTION_OFFERED = "promotion_offered"
    """A popup or banner was shown."""
    PROMOTION_NOT_OFFERED = "promotion_not_offered"
    """It was asked for and not shown; the reason stands beside it."""
    PROMOTION_DISMISSED = "promotion_dismissed"
    """The visitor closed it."""


LogName = EventName | DecisionName


def log_name(text: str) -> LogName:
    """The name that stands in the log as `text`.

    Raises:
        ValueError: none does.
    """
    return DecisionName(text) if text in DECISIONS else EventName(text)


DECISIONS = frozenset(DecisionName)
MEETINGS = frozenset({DecisionName.PROMOTION_OFFERED, DecisionName.PROMOTION_DISMISSED})
"""Decisions that a person noticed: they met a campaign."""
PASSING = frozenset({EventName.VIEW_ITEM_LIST, EventName.VIEW_PROMOTION}) | (DECISIONS - MEETINGS)
"""Events that leave nothing in anybody's state: nobody has seen an item because it stood in some list."""

ITEMLESS = frozenset({EventName.VIEW_CART, EventName.BEGIN_CHECKOUT, EventName.SEARCH})
"""Events that tell of a visit's course even when they name no item."""

LOOKS = frozenset({EventName.VIEW_ITEM, EventName.ADD_TO_CART, EventName.ADD_TO_WISHLIST})
"""Events by which somebody has looked at an item, and at its price."""

ITEM_REQUIRED = frozenset(
    {
        EventName.SELECT_ITEM,
        EventName.VIEW_ITEM,
        EventName.ADD_TO_CART,
        EventName.REMOVE_FROM_CART,
        EventName.ADD_TO_WISHLIST,
    }
)
"""Events that mean nothing without an item."""

INTERACTIONS = frozenset(
    {
        EventName.SELECT_ITEM,
        EventName.VIEW_ITEM,
        EventName.ADD_TO_CART,
        EventName.ADD_TO_WISHLIST,
        EventName.PURCHASE,
    }
)
"""Events by which a person shows interest in an item: what models learn from and what counts as seen."""
