"""Triggers: what a visitor does, or does not do, before a campaign asks whether it may open."""

from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, model_validator

from recommender.parts import Part
from recommender.refusals import refusal


class TriggerKind(StrEnum):
    """What the browser watches for."""

    EXIT_INTENT = "exit_intent"
    """The pointer leaves at the top; on touch: back from another tab, a fast scroll up, or silence."""
    TIMER = "timer"
    """So many seconds after the page was opened."""
    SCROLL_DEPTH = "scroll_depth"
    """So much of the page was scrolled through."""
    INACTIVITY = "inactivity"
    """So many seconds without any input."""
    CART_IDLE = "cart_idle"
    """The same, while something lies in the cart."""
    API = "api"
    """The page says so: `vitrine.push(["trigger", {name}])`."""
    VIEW = "view"
    """At once; for banners."""


THRESHOLDS: Final[dict[TriggerKind, dict[str, float]]] = {
    TriggerKind.EXIT_INTENT: {"after_seconds": 2, "idle_seconds": 30},
    TriggerKind.TIMER: {"seconds": 30},
    TriggerKind.SCROLL_DEPTH: {"percent": 60},
    TriggerKind.INACTIVITY: {"seconds": 30},
    TriggerKind.CART_IDLE: {"seconds": 60},
    TriggerKind.API: {},
    TriggerKind.VIEW: {},
}
"""What each kind can be told, and what it is when nothing is said."""

Seconds = Annotated[float, Field(ge=1, le=86_400)]
Percent = Annotated[float, Field(gt=0, le=100)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
MEMBERS = ("after_seconds", "idle_seconds", "seconds", "percent", "name")


class Trigger(Part):
    """One trigger and its thresholds."""

    on: TriggerKind
    """What the browser watches for."""
    after_seconds: Seconds | None = None
    """`exit_intent`: how long the visitor must have been on the page."""
    idle_seconds: Seconds | None = None
    """`exit_intent` on touch screens: after how much silence it counts as leaving."""
    seconds: Seconds | None = None
    """`timer`, `inactivity`, `cart_idle`: after how long."""
    percent: Percent | None = None
    """`scroll_depth`: how far down."""
    name: Name | None = None
    """`api`: what the page calls it."""

    @model_validator(mode="after")
    def _own_members(self) -> Self:
        own = {*THRESHOLDS[self.on], *(("name",) if self.on is TriggerKind.API else ())}
        for member in MEMBERS:
            if (value := getattr(self, member)) is not None and member not in own:
                raise refusal(f".{member}", value, f"{self.on} takes {', '.join(sorted(own)) or 'nothing more'}")
        if self.on is TriggerKind.API and self.name is None:
            raise refusal(".name", None, "say what the page calls it, like quiz-finished")
        return self

    def told(self) -> dict[str, Any]:
        """The trigger as the browser gets it: with every threshold."""
        given = {member: value for member in MEMBERS if (value := getattr(self, member)) is not None}
        return {"on": self.on.value, **THRESHOLDS[self.on], **given}
