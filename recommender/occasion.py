"""Occasions: what about an item gives reason to remind somebody of it."""

from enum import StrEnum


class Occasion(StrEnum):
    """One reason to remind a visitor of items that they know."""

    REPLENISHMENT_DUE = "replenishment_due"
    """They buy it regularly, and it is time again."""
    REPLENISHMENT_LATE = "replenishment_late"
    """The same, and the time is well past."""
    PRICE_DROP = "price_drop"
    """It costs less than when they looked at it."""
    BACK_IN_STOCK = "back_in_stock"
    """It was sold out when they looked at it or afterwards, and can be bought again."""
    CART_ABANDONED = "cart_abandoned"
    """It lay in their cart when an earlier visit ended, and they did not buy it since."""


REPLENISHING = frozenset({Occasion.REPLENISHMENT_DUE, Occasion.REPLENISHMENT_LATE})
