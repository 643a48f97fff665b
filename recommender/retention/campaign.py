"""Campaigns: when a popup or banner opens, for whom, where, how often, with what words and which offer."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from recommender.parts import Identifier, Part
from recommender.refusals import refusal
from recommender.retention.audience import Whom
from recommender.retention.content import Content
from recommender.retention.offers import Budget, Offer
from recommender.retention.place import Where
from recommender.retention.schedule import Schedule
from recommender.retention.triggers import Trigger, TriggerKind

Share = Annotated[float, Field(ge=0, le=0.9)]
Times = Annotated[int, Field(ge=1, le=1000)]
Days = Annotated[int, Field(ge=1, le=365)]


class Stop(StrEnum):
    """After what a campaign leaves a visitor alone."""

    CONVERSION = "conversion"
    """They bought something after it was shown."""
    DISMISSAL = "dismissal"
    """They closed it."""


class Limits(Part):
    """How often one visitor sees it."""

    per_session: Times | None = None
    """So many times in a visit; left out: no matter."""
    per_visitor: Times | None = None
    """So many times in `days`; left out: no matter."""
    days: Days = 30
    """Over so many days; after them a dismissal is forgotten, too."""
    stop_after: tuple[Stop, ...] = (Stop.CONVERSION, Stop.DISMISSAL)
    """What ends it for a visitor."""


LEAVING: Final = (Trigger(on=TriggerKind.EXIT_INTENT),)
AT_ONCE: Final = (Trigger(on=TriggerKind.VIEW),)
"""What opens a dialog and a banner that say nothing of it ..."""
NOW_AND_THEN: Final = Limits(per_session=1, per_visitor=3)
ALWAYS: Final = Limits()
"""... and how often."""


class Campaign(Part):
    """One campaign."""

    id: Identifier
    """What answers, events and reports call it."""
    enabled: bool = True
    """Whether it runs at all."""
    priority: int = Field(0, ge=-1000, le=1000)
    """Of several that could show, the highest goes first; of equal ones the first in the document."""
    slot: Identifier | None = None
    """Shown inline as a banner in the element `data-vitrine="<slot>"`; left out: in a dialog."""
    where: Where = Where()
    """On which pages."""
    whom: Whom = Whom()
    """For which visitors."""
    triggers: tuple[Trigger, ...] | None = Field(None, min_length=1, max_length=10)
    """What opens it, any one of them; left out: `exit_intent`, and of a banner `view`."""
    schedule: Schedule = Schedule()
    """When it runs, in the shop's time zone."""
    caps: Limits | None = None
    """How often one visitor sees it; left out: once a visit and three times in 30 days, a banner on every page."""
    holdout: Share = 0.0
    """Share of the visitors who never see it, so that what it earns can be told."""
    budget: Budget | None = None
    """What its offers may cost altogether."""
    offer: Offer | None = None
    """What it promises; left out: nothing."""
    gate: bool = False
    """Whether the offer is made only to visitors with whom it is expected to pay, once training has shown that so it
    earns more."""
    content: Content = Content()
    """What it says."""

    @model_validator(mode="after")
    def _banner_opens_at_once(self) -> Self:
        kinds = {trigger.on for trigger in self.opening}
        if self.slot is None and TriggerKind.VIEW in kinds:
            raise refusal(".triggers", "view", "only a banner opens at once; name its slot, or use another trigger")
        if self.slot is not None and kinds != {TriggerKind.VIEW}:
            raise refusal(".triggers", sorted(kinds), "a banner stands in the page; its only trigger is view")
        return self

    @model_validator(mode="after")
    def _budget_is_for_something(self) -> Self:
        if self.budget is not None and self.offer is None:
            raise refusal(".budget", "a budget", "without an offer nothing is spent; leave it out, or add the offer")
        if self.budget is not None and self.offer is not None:
            self.offer.check_budget(self.budget)
        return self

    @model_validator(mode="after")
    def _gate_is_of_an_offer(self) -> Self:
        if self.gate and self.offer is None:
            raise refusal(".gate", True, "without an offer there is nothing to decide; leave it out, or add the offer")
        return self

    @property
    def opening(self) -> tuple[Trigger, ...]:
        """What opens it."""
        return self.triggers or (LEAVING if self.slot is None else AT_ONCE)

    @property
    def limits(self) -> Limits:
        """How often one visitor sees it."""
        return self.caps or (NOW_AND_THEN if self.slot is None else ALWAYS)

    @property
    def bare(self) -> Self:
        """The same without its offer."""
        return self.model_copy(update={"offer": None, "budget": None, "gate": False})

    @property
    def own_codes(self) -> bool:
        """Whether each visitor gets a code of their own."""
        code = None if self.offer is None else self.offer.taken_by(budgeted=self.budget is not None)
        return code is not None and code.shared is None

    @property
    def layer(self) -> str:
        """The experiment that measures it."""
        return f"campaign:{self.id}"
