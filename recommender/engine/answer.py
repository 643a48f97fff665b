"""What the engine answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from recommender.strategy import Strategy


class Recommended(NamedTuple):
    """One item of a list."""

    item_id: str
    score: float
    """Falls from item to item; comparable only within its list."""
    reason: str
    """Why it stands there, for the shopper, in the language asked for."""
    source: str
    """Where it came from: the strategy that found it, `pin` for a rule, or `new` for a place kept for new items."""
    document: bytes
    """Public catalogue fields as one JSON object, never empty."""
    explanation: Mapping[str, Any] | None = None
    """Score by source, seeds, support, and what the rules did, when asked for."""

    @property
    def card(self) -> Mapping[str, Any]:
        """Public catalogue fields as JSON values."""
        found: Mapping[str, Any] = orjson.loads(self.document)
        return found


@dataclass(frozen=True, slots=True)
class Recommendations:
    """A list of items, best first."""

    strategy: Strategy
    """The one that really filled it, which is another than the one asked for when that had nothing to show."""
    items: tuple[Recommended, ...]
    missing_ids: tuple[str, ...] = ()
    """Seeds that neither the catalogue nor the artifact knows."""


@dataclass(frozen=True, slots=True)
class Showcase:
    """A filled placement."""

    placement: str
    strategy: Strategy
    """The one that really filled it."""
    title: str
    recommendations: Recommendations
    brought: tuple[str | None, ...] | None = None
    """Of two variants' lists in one, which brought each item; None for what a rule pins. None: one list."""
