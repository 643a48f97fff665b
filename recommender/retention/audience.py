"""Whom a campaign is for."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Self

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from recommender.parts import Part
from recommender.refusals import refusal
from recommender.retention.definitions import MOST_NAMED, SegmentText
from recommender.retention.facts import Attribute, Device, Facts
from recommender.retention.place import Address, Pattern

MOST = 50

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Amount = Annotated[Decimal, Field(ge=0, le=10**12)]


class Range(Part):
    """From `min` to `max`, both included."""

    min: Amount | None = None
    """The least."""
    max: Amount | None = None
    """The most."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.min is None and self.max is None:
            raise refusal("", {}, "give min, max, or both")
        if self.min is not None and self.max is not None and self.max < self.min:
            raise refusal(".max", float(self.max), f"use {self.min} or more")
        return self

    def holds(self, value: Decimal | float) -> bool:
        """Whether the value lies between the ends."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


def _form(given: object) -> str:
    if isinstance(given, Mapping | Range):
        return "<range>"
    return "<list>" if isinstance(given, list | tuple) else "<value>"


Wanted = Annotated[
    Annotated[Attribute, Tag("<value>")]
    | Annotated[tuple[Attribute, ...], Field(min_length=1, max_length=MOST), Tag("<list>")]
    | Annotated[Range, Tag("<range>")],
    Discriminator(_form),
]


class Whom(Part):
    """All of what is given must hold; of each list but `segments`, any one."""

    segments: tuple[SegmentText, ...] | None = Field(None, min_length=1, max_length=MOST_NAMED)
    """Segments that the visitor must belong to, each of them, by name or as an expression: `loyal`, `orders >= 2`."""
    without_segments: tuple[SegmentText, ...] | None = Field(None, min_length=1, max_length=MOST_NAMED)
    """Segments that the visitor must not belong to, none of them."""
    cart_value: Range | None = None
    """What lies in the cart comes to so much."""
    cart_items: Range | None = None
    """So many pieces lie in the cart."""
    page_views: Range | None = None
    """So many pages were seen in this visit."""
    referrers: tuple[Pattern, ...] | None = Field(None, min_length=1, max_length=MOST)
    """Where the visit came from; `*` stands for anything."""
    countries: tuple[Country, ...] | None = Field(None, min_length=1, max_length=300)
    """Where the visitor is: `DE`, `BR` ..."""
    devices: tuple[Device, ...] | None = Field(None, min_length=1)
    """What the shop is looked at with."""
    attributes: dict[AttributeName, Wanted] | None = Field(None, min_length=1, max_length=MOST)
    """What the page says of the visitor or customer: a value, a list of which any one will do, or a range."""

    def holds(self, facts: Facts) -> bool:
        """Whether the campaign is for this visitor."""
        return (
            facts.among(self.segments, self.without_segments)
            and (self.cart_value is None or self.cart_value.holds(facts.cart_value))
            and (self.cart_items is None or self.cart_items.holds(facts.cart_items))
            and (self.page_views is None or self.page_views.holds(facts.page_views))
            and (self.referrers is None or any(one.fits(facts.scene.referrer) for one in self._referrers))
            and (self.countries is None or facts.country in self.countries)
            and (self.devices is None or facts.device in self.devices)
            and all(_fits(facts.attributes.get(name), wanted) for name, wanted in (self.attributes or {}).items())
        )

    @property
    def personal(self) -> bool:
        """Whether what is known of the person decides, and not only what they do on the page."""
        return any((self.segments, self.without_segments, self.attributes))

    @cached_property
    def _referrers(self) -> tuple[Address, ...]:
        return tuple(Address(pattern) for pattern in self.referrers or ())


def _fits(value: Attribute | None, wanted: Attribute | tuple[Attribute, ...] | Range) -> bool:
    if isinstance(wanted, Range):
        return isinstance(value, int | float) and not isinstance(value, bool) and wanted.holds(Decimal(str(value)))
    return value in wanted if isinstance(wanted, tuple) else value == wanted
