"""What the engine answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, overload

import orjson

from recommender.catalog.card import identified
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
class Items(Sequence[Recommended]):
    """The items of a list, best first, in columns: one is put together only when somebody looks at it."""

    documents: Sequence[bytes]
    scores: Sequence[float]
    reasons: Sequence[str]
    sources: Sequence[str]
    explanations: Sequence[Mapping[str, Any]] | None = None

    @classmethod
    def of(cls, items: Sequence[Recommended]) -> Self:
        """The columns of these items, all of which are explained or none."""
        told = [one.explanation for one in items if one.explanation is not None]
        return cls(
            [one.document for one in items],
            [one.score for one in items],
            [one.reason for one in items],
            [one.source for one in items],
            told or None,
        )

    def __len__(self) -> int:
        return len(self.documents)

    def __iter__(self) -> Iterator[Recommended]:
        return map(self._item, range(len(self)))

    @overload
    def __getitem__(self, place: int) -> Recommended: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Recommended]: ...
    def __getitem__(self, place: int | slice) -> Recommended | Sequence[Recommended]:
        places = range(len(self))[place]
        return self._item(places) if isinstance(places, int) else [*map(self._item, places)]

    def _item(self, place: int) -> Recommended:
        document, told = self.documents[place], self.explanations
        id_: str = orjson.loads(b'"%b"' % identified(document))
        explanation = None if told is None else told[place]
        return Recommended(id_, self.scores[place], self.reasons[place], self.sources[place], document, explanation)


@dataclass(frozen=True, slots=True)
class Recommendations:
    """A list of items, best first."""

    strategy: Strategy
    """The one that really filled it, which is another than the one asked for when that had nothing to show."""
    items: Items
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
    layout: str | None = None
    """What the placement says of how it is laid out."""
