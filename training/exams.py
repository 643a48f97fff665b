"""Exams: the cases by which settings are compared, in portions, so that a hopeless candidate is sent home early."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender import metrics
from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine.engine import recommend
from recommender.engine.snapshot import Snapshot
from recommender.models.models import Models
from recommender.strategy import Strategy
from training.cases import Case, Task
from training.evaluation import MIN_CASES

PORTIONS = MIN_CASES
"""Into so many portions the cases are dealt; no more than there are cases at least, so that none is empty."""
Values = Mapping[str, NDArray[np.float64]]
"""By task, one value a case."""


class Measure(StrEnum):
    """How good a list is."""

    NDCG = "ndcg"
    RECALL = "recall"
    MRR = "mrr"
    HIT_RATE = "hit_rate"


MEASURES: Final[Mapping[Measure, Callable[[metrics.Hits, int], float]]] = {
    Measure.NDCG: metrics.ndcg,
    Measure.RECALL: metrics.recall,
    Measure.MRR: lambda found, _: metrics.reciprocal_rank(found),
    Measure.HIT_RATE: lambda found, _: metrics.hit_rate(found),
}
"""From the hits of a list and the number of items that were right."""


@dataclass(frozen=True)
class Exam:
    """Cases, and how answers to them are valued."""

    tasks: tuple[Task, ...]
    now: datetime
    """When the cases begin and what is known ends."""
    size: int
    """Length of the judged lists."""
    measure: Measure

    def portions(self, models: Models) -> Iterator[Values]:
        """What the engine reaches with `models`, portion by portion; the same cases every time."""
        snapshot = Snapshot(models, CatalogTable.build(models.items), Configuration())
        for first in range(PORTIONS):
            yield {
                task.name: np.array([self._value(snapshot, task, case) for case in task.cases[first::PORTIONS]])
                for task in self.tasks
            }

    def values(self, models: Models) -> Values:
        """All portions together."""
        return joined(self.portions(models))

    def _value(self, snapshot: Snapshot, task: Task, case: Case) -> float:
        query = case.query(task.strategies[0], self.size, allow_seen=task.allow_seen)
        ranked = [item.item_id for item in recommend(snapshot, case.visitor, query, self.now).items]
        return MEASURES[self.measure](metrics.hits(ranked, case.relevant, self.size), len(case.relevant))


def joined(portions: Iterable[Values]) -> Values:
    """Portions end to end."""
    found = [*portions]
    return {task: np.concatenate([portion[task] for portion in found]) for task in found[0]}


def halves(tasks: Iterable[Task], strategies: Collection[Strategy]) -> tuple[tuple[Task, ...], tuple[Task, ...]]:
    """The tasks set to one of `strategies` first of all: every second case to search by, the others to confirm.

    What is best among many on some cases is in part only lucky there, so other cases must have the last word.
    """
    search, confirm = [], []
    for task in tasks:
        if task.strategies[0] in strategies and len(task.cases) >= 2 * MIN_CASES:
            search.append(replace(task, cases=task.cases[::2]))
            confirm.append(replace(task, cases=task.cases[1::2]))
    return tuple(search), tuple(confirm)


@dataclass(frozen=True)
class Scale:
    """What the present settings reach in each task: by it, tasks of different difficulty are brought together."""

    reached: Mapping[str, float]

    @classmethod
    def of(cls, values: Values) -> "Scale":
        """The scale on which these values are 1; a task without any hit counts as if it had one."""
        return cls({task: float(found.mean() or 1 / len(found)) for task, found in values.items()})

    def total(self, values: Values) -> float:
        """Mean over the tasks, as a multiple of what the scale is made of."""
        return float(np.mean([found.mean() / self.reached[task] for task, found in values.items()]))

    def each(self, values: Values) -> NDArray[np.float64]:
        """One number a case, whose mean is :meth:`total`."""
        cases = sum(len(found) for found in values.values())
        parts = [found * (cases / (len(found) * len(values) * self.reached[task])) for task, found in values.items()]
        return np.concatenate(parts)
