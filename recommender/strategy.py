"""The strategies: how the items of a showcase are found."""

from dataclasses import dataclass
from enum import StrEnum


class Strategy(StrEnum):
    """One way to find items for a showcase."""

    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought_together"
    FOR_YOU = "for_you"
    TRENDING = "trending"
    BEST_SELLERS = "best_sellers"
    RECENTLY_VIEWED = "recently_viewed"
    BUY_AGAIN = "buy_again"
    ON_SALE = "on_sale"
    NEW_ARRIVALS = "new_arrivals"

    __hash__ = str.__hash__  # that of Enum is Python code, and lists look strategies up for every item


class State(StrEnum):
    """How far a shop's data carries a strategy."""

    READY = "ready"
    WARMING = "warming"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class Status:
    """Whether a strategy can be relied on, and why."""

    state: State
    reason: str
