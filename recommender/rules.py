"""Merchandising rules as a shop writes them: where each holds, and the one thing that it does.

All rules that hold for a list are followed in this order, whatever their order in the document:

1. `exclude` and `only` say what may be shown at all; nothing overrules them, not even an empty place.
2. `pin` puts items at places of its own, if they may be shown.
3. `boost` and `bury` multiply the scores that the list's sources give.
4. `max_per` keeps the list from holding too many of a kind. Pinned items count but are never refused, and of the
   others more are taken only when the list would otherwise stay short.
5. The placement's `diversity` chooses among what is left, and its `new_items_share` gives places to new items.
"""

from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from recommender.catalog.text import within
from recommender.engine.filter import CATEGORY_FIELDS, SECRET, Filter
from recommender.engine.page import PageType
from recommender.engine.request import MAX_LIMIT
from recommender.errors import InputError
from recommender.parts import Identifier, ItemId, Moment, Part
from recommender.refusals import refusal
from recommender.retention.definitions import MOST_NAMED, SegmentText
from recommender.strategy import Strategy

MAX_RULES = 200
MOST_ITEMS = 1000
MOST_FACTOR = 100.0
ACTIONS = ("pin", "boost", "bury", "exclude", "only", "max_per")


def _understood(document: dict[str, Any]) -> dict[str, Any]:
    try:
        Filter.parse(document)
    except InputError as error:
        raise refusal(error.field.removeprefix("filter"), error.value, error.allowed) from None
    return document


def _countable(field: str) -> str:
    if field == SECRET:
        raise refusal("", field, "this field is secret; count another one")
    return field


FilterDocument = Annotated[dict[str, Any], AfterValidator(_understood)]
Conditions = Annotated[FilterDocument, Field(min_length=1)]
"""A filter that says something."""
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_countable)]
Count = Annotated[int, Field(ge=1, le=MAX_LIMIT)]


class Boost(Part):
    """Raises items."""

    filter: Conditions
    """Which items."""
    factor: float = Field(gt=1, le=MOST_FACTOR)
    """Their scores are multiplied by it."""


class Bury(Part):
    """Lowers items."""

    filter: Conditions
    """Which items."""
    factor: float = Field(gt=0, lt=1)
    """Their scores are multiplied by it."""


class Exclude(Part):
    """Keeps items out: those that pass the filter, and those named."""

    filter: Conditions | None = None
    """Which items, by what the catalogue says of them."""
    item_ids: tuple[ItemId, ...] | None = Field(None, min_length=1, max_length=MOST_ITEMS)
    """Which items, by name."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.filter is None and self.item_ids is None:
            raise refusal("", {}, "give a filter, item_ids, or both")
        return self


class Rule(Part):
    """One rule: in every list where it holds it does its one action."""

    id: Identifier
    """What answers that are explained call it."""
    placements: tuple[Identifier, ...] | None = Field(None, min_length=1)
    """Only in these placements; left out: in every list, those of `/v1/recommendations` and `/v1/similar` included."""
    page_types: tuple[PageType, ...] | None = Field(None, min_length=1)
    """Only on these pages."""
    strategies: tuple[Strategy, ...] | None = Field(None, min_length=1)
    """Only in lists that were asked for as one of these."""
    segments: tuple[SegmentText, ...] | None = Field(None, min_length=1, max_length=MOST_NAMED)
    """Only for visitors who belong to each of these, by name or as an expression; never for who may not be known."""
    without_segments: tuple[SegmentText, ...] | None = Field(None, min_length=1, max_length=MOST_NAMED)
    """Only for those who belong to none of these."""
    when: Conditions | None = None
    """Only where the page's item passes this filter; on a category page, `category` is all that can be asked for."""
    starts: Moment | None = None
    """Not before this moment."""
    ends: Moment | None = None
    """Not from this moment on."""

    pin: dict[ItemId, Count] | None = Field(None, min_length=1, max_length=MAX_LIMIT)
    """Items and the place of each, 1 being the first. One that may not be shown is left out."""
    boost: Boost | None = None
    bury: Bury | None = None
    exclude: Exclude | None = None
    only: Conditions | None = None
    """Nothing but items that pass this filter."""
    max_per: dict[FieldName, Count] | None = Field(None, min_length=1, max_length=5)
    """At most so many items of one `brand`, of one `category`, or of one value of any other field of the catalogue."""

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        given = [name for name in ACTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise refusal("", given, f"give exactly one of {', '.join(ACTIONS)}")
        return self

    @model_validator(mode="after")
    def _one_item_a_place(self) -> Self:
        at: dict[int, str] = {}
        for item, place in (self.pin or {}).items():
            if place in at:
                raise refusal(f".pin.{item}", place, f"{at[place]} is pinned there; give each item a place of its own")
            at[place] = item
        return self

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.starts and self.ends and self.ends <= self.starts:
            raise refusal(".ends", self.ends.isoformat(), f"use a moment after starts, {self.starts.isoformat()}")
        return self

    def stands(self, placement: str | None, page_type: str | None, strategy: str) -> bool:
        """Whether the rule speaks of such a list; None is a list that stands in no placement, or on no page."""
        named = ((self.placements, placement), (self.page_types, page_type), (self.strategies, strategy))
        return all(wanted is None or found in wanted for wanted, found in named)

    @property
    def personal(self) -> bool:
        """Whether it depends on who is asking."""
        return self.segments is not None or self.without_segments is not None

    def due(self, now: datetime) -> bool:
        """Whether it is the time of the rule."""
        return (self.starts is None or self.starts <= now) and (self.ends is None or now < self.ends)

    def fits_category(self, category: str) -> bool:
        """Whether `when` holds for a page of this category, of which no more is known than its name."""
        conditions = self.when or {}
        listed = (value if isinstance(value, list) else [value] for value in conditions.values())
        return CATEGORY_FIELDS.issuperset(conditions) and all(
            any(within(category, str(name)) for name in names) for names in listed
        )

    @cached_property
    def condition(self) -> Filter | None:
        """What the page's item must pass."""
        return None if self.when is None else Filter.parse(self.when)

    @cached_property
    def scope(self) -> Filter | None:
        """Which items the action speaks of; None where it names them."""
        speaking = self.boost or self.bury or self.exclude
        document = self.only if speaking is None else speaking.filter
        return None if document is None else Filter.parse(document)
