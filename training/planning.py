"""What the steps of a training cost beside one another, so that its progress tells how much time is left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from recommender.training import TrainingConfiguration

Progress = Callable[[str, float], None]
"""Told what is being done and how much of the whole is done, from 0 to 1."""


class Step(StrEnum):
    """One step of a training, in their order."""

    READ = "reading and cleaning the log"
    DESCRIBE = "describing the catalogue"
    JUDGE = "judging the models on the last days"
    FIT = "fitting the models"
    LIST = "looking up the nearest items"
    WRITE = "writing the artifact"


FIXED = dict(zip(Step, (1.0, 1.0, 20.0, 10.0, 0.0, 1.0), strict=True))
"""Seconds of each step in any shop. As all figures here, measured on two cores; only their ratios matter."""
A_MILLION_EVENTS = dict(zip(Step, (10.0, 0.0, 55.0, 32.0, 0.0, 1.0), strict=True))
"""Seconds more for each million events; judging counts those of its sample."""
A_MILLION_ITEMS = dict(zip(Step, (20.0, 60.0, 40.0, 400.0, 1000.0, 60.0), strict=True))
"""Seconds more for each million items; lists take up to 2,500 where only comparing all finds what is nearest."""


@dataclass(frozen=True)
class Plan:
    """What each step of one training is expected to cost."""

    costs: Mapping[Step, float]

    @classmethod
    def of(cls, events: int, items: int, configuration: TrainingConfiguration) -> Self:
        """Expect costs from the sizes of a shop.

        Args:
            events: rows of its log.
            items: of its catalogue.
            configuration: bounds what is learned from and what is judged.
        """
        read = min(events, configuration.most_events)
        judged = min(read, configuration.evaluation.judged_of(read))
        learned = {step: judged if step is Step.JUDGE else read for step in Step}
        return cls(
            {
                step: FIXED[step] + (A_MILLION_EVENTS[step] * learned[step] + A_MILLION_ITEMS[step] * items) / 1e6
                for step in Step
            }
        )

    def done(self, step: Step, share: float = 0.0) -> float:
        """How much of the whole is done when `share` of this step is."""
        before = sum(self.costs[one] for one in Step if [*Step].index(one) < [*Step].index(step))
        return (before + share * self.costs[step]) / sum(self.costs.values())

    def within(self, step: Step, report: Progress, begin: float = 0.0) -> Progress:
        """Reports of one step, of which `begin` is done already, as reports of the whole."""
        return lambda doing, share: report(doing, self.done(step, begin + (1 - begin) * share))
