"""The page on which showcases stand."""

from dataclasses import dataclass
from enum import StrEnum


class PageType(StrEnum):
    """The pages of a shop that showcases know."""

    HOME = "home"
    CATEGORY = "category"
    PRODUCT = "product"
    CART = "cart"
    SEARCH = "search"
    NOT_FOUND = "not_found"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Page:
    """One page view."""

    type: PageType
    item_id: str | None = None
    category: str | None = None
    query: str | None = None
    """Words searched for."""
