"""Experiments as a shop writes them: what is varied, how, for which share of the visitors, and when."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from recommender.parts import Identifier, Moment, Part
from recommender.refusals import refusal

MAX_EXPERIMENTS = 100
PLACEMENT, CAMPAIGN = "placement", "campaign"

WHOLE = frozenset({"title", "limit"})
"""What two interleaved lists have in common."""
INTERLEAVED = "interleaved"
"""What tokens call the variant of somebody who sees both."""

Share = Annotated[float, Field(ge=0, le=1)]


def layer(id_: str) -> str:
    """What tokens and reports call an experiment, apart from holdouts."""
    return f"experiment:{id_}"


class Variant(Part):
    """One of the ways in which it is."""

    name: Identifier
    """What tokens, events and reports call it."""
    weight: float = Field(1.0, gt=0, le=1_000_000)
    """How often it is drawn, relative to the others."""
    changes: dict[str, Any] | None = None
    """Members of the placement or campaign that are other than in the configuration, each as a whole."""


class Goal(StrEnum):
    """What variants are to bring."""

    CONVERSION = "conversion"
    """Visitors who buy."""
    PROFIT = "profit"
    """What they leave, less what the goods cost."""
    CLICKS = "clicks"
    """Visitors who click on what is varied."""


class Every(StrEnum):
    """How often weights may change."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


PERIODS = {Every.HOUR: timedelta(hours=1), Every.DAY: timedelta(days=1), Every.WEEK: timedelta(days=7)}


class Learn(Part):
    """Variants are drawn the more often the likelier they are the best, by what is known so far."""

    metric: Goal = Goal.CONVERSION
    """What they are to bring."""
    floor: float = Field(0.05, ge=0.001, le=0.5)
    """Least weight of each variant: what is bad now may be good in spring."""
    every: Every = Every.DAY
    """How often weights may change."""

    @property
    def period(self) -> timedelta:
        """The least time between two changes."""
        return PERIODS[self.every]


class Experiment(Part):
    """Some visitors have a placement or a campaign otherwise, by chance, so that what it earns can be told."""

    id: Identifier
    """What tokens, events and reports call it; an experiment that is changed should get another."""
    placement: Identifier | None = None
    """The placement that is varied, or ..."""
    campaign: Identifier | None = None
    """... the campaign."""
    variants: tuple[Variant, ...] = Field(min_length=2, max_length=10)
    """The first is the control, against which each of the others is measured."""
    learn: Learn | None = None
    """How often each variant is drawn follows what it brings; left out: as `weight` says, for ever."""
    interleave: bool = False
    """Everybody sees the lists of both variants of a placement in one, and clicks tell which is preferred."""
    group: Identifier | None = None
    """Of experiments of one group a visitor is in one at most."""
    share: Share = 1.0
    """Of the visitors who are in it; the others have what the configuration says."""
    starts: Moment | None = None
    """Not before this moment."""
    ends: Moment | None = None
    """Not from this moment on."""
    enabled: bool = True
    """Whether it runs at all."""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.placement is None and self.campaign is None:
            raise refusal(".placement", None, "name the placement or the campaign that is varied")
        if self.placement is not None and self.campaign is not None:
            raise refusal(".campaign", self.campaign, "one thing is varied at a time; leave out this or the placement")
        return self

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.starts and self.ends and self.ends <= self.starts:
            raise refusal(".ends", self.ends.isoformat(), f"use a moment after starts, {self.starts.isoformat()}")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [variant.name for variant in self.variants]
        for place, name in enumerate(names):
            if name in names[:place]:
                taken = f"variants[{names.index(name)}] is called so; give each variant a name of its own"
                raise refusal(f".variants[{place}].name", name, taken)
        return self

    @model_validator(mode="after")
    def _two_lists(self) -> Self:
        if not self.interleave:
            return self
        if self.placement is None:
            raise refusal(".interleave", True, "only the lists of a placement can be interleaved")
        if len(self.variants) > 2:
            raise refusal(".variants", len(self.variants), "two lists are interleaved; give two variants")
        if self.learn is not None:
            raise refusal(".learn", self.learn.metric.value, "everybody sees both variants; leave it out")
        for place, variant in enumerate(self.variants):
            for name in WHOLE & set(variant.changes or ()):
                allowed = "an interleaved list has one title and one length; change it in the placement"
                raise refusal(f".variants[{place}].changes.{name}", (variant.changes or {})[name], allowed)
        return self

    @model_validator(mode="after")
    def _floor_is_to_be_had(self) -> Self:
        if self.learn is not None and self.learn.floor * len(self.variants) > 1:
            most = f"use at most {1 / len(self.variants):.3f}, the share of one of {len(self.variants)} variants"
            raise refusal(".learn.floor", self.learn.floor, most)
        return self

    @property
    def kind(self) -> str:
        """What is varied: a placement or a campaign."""
        return CAMPAIGN if self.placement is None else PLACEMENT

    @property
    def varied(self) -> str:
        """The id of what is varied."""
        return self.placement or self.campaign or ""

    @property
    def layer(self) -> str:
        """What tokens and reports call it."""
        return layer(self.id)

    @property
    def entrance(self) -> str:
        """The layer in which it is drawn who is in it: that of its group, if it has one."""
        return self.layer if self.group is None else f"group:{self.group}"

    @property
    def weights(self) -> dict[str, float]:
        """How often each variant is drawn."""
        return {variant.name: variant.weight for variant in self.variants}

    @property
    def chances(self) -> dict[str, float]:
        """The probability of each variant."""
        total = sum(self.weights.values())
        return {name: weight / total for name, weight in self.weights.items()}

    def runs(self, now: datetime) -> bool:
        """Whether it runs at a moment."""
        return self.enabled and not (self.starts and now < self.starts) and not (self.ends and now >= self.ends)

    def meets(self, other: Self) -> bool:
        """Whether both ever run at one moment."""
        apart = (self.ends and other.starts and self.ends <= other.starts) or (
            other.ends and self.starts and other.ends <= self.starts
        )
        return self.enabled and other.enabled and not apart
