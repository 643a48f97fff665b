"""A task as arrays: what is known in each case, what is right, and which lists came back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

import numpy as np

from recommender import metrics
from recommender.engine.engine import recommend
from recommender.engine.snapshot import Snapshot
from recommender.metrics import Hits, RecallOf, Values
from recommender.models.arrays import IntArray, LongArray
from recommender.strategy import Strategy
from training.cases import Task
from training.past import Past

METRICS = ("hit_rate", "recall", "precision", "ndcg", "mrr", "map")
"""What is measured of every list, in this order."""

Asked = Callable[[int], None]
"""Told after each case how many have been asked."""


@dataclass(frozen=True, eq=False)
class Questions:
    """The cases of a task, ready to be asked of anybody."""

    task: Task
    past: Past
    known: Any
    """Sparse, cases by items: how often the visitor had each."""
    relevant: LongArray
    """The right items, as case * items + item row, sorted."""
    counts: IntArray
    """How many items were right in each case, those that nobody knows included."""

    @classmethod
    def of(cls, task: Task, past: Past) -> Self:
        """Look up everything that the cases name."""
        items = past.earlier.items
        keys = [
            case * len(items) + items.rows(sorted(one.relevant)).astype(np.int64) for case, one in enumerate(task.cases)
        ]
        counts = np.array([len(one.relevant) for one in task.cases], np.int32)
        return cls(task, past, past.known(task.cases), np.sort(np.concatenate(keys)), counts)

    @property
    def items(self) -> int:
        """Size of the catalogue."""
        return len(self.past.earlier.items)

    @cached_property
    def history(self) -> IntArray:
        """How many items each case tells of its visitor."""
        counts: IntArray = np.diff(self.known.indptr).astype(np.int32)
        return counts

    def engine(self, snapshot: Snapshot, strategy: Strategy, now: datetime, size: int, asked: Asked) -> IntArray:
        """Item rows that the engine answers: cases by places, -1 where a list ends."""
        ranked, items = np.full((len(self.task.cases), size), -1, np.int32), self.past.earlier.items
        for place, case in enumerate(self.task.cases):
            query = case.query(strategy, size, allow_seen=self.task.allow_seen)
            found = [items.row(item.item_id) for item in recommend(snapshot, case.visitor, query, now).items]
            rows = [row for row in found if row is not None]
            ranked[place, : len(rows)] = rows
            asked(place + 1)
        return ranked

    def hits(self, ranked: IntArray, among: LongArray | None = None) -> Hits:
        """Which places hold something right, or something of `among`, which is part of it."""
        keys = np.arange(len(ranked), dtype=np.int64)[:, None] * self.items + ranked
        found: Hits = np.isin(keys, self.relevant if among is None else among) & (ranked >= 0)
        return found


def measure(found: Hits, relevant: IntArray, recall_of: RecallOf = RecallOf.LIST) -> Values:
    """Every metric of `METRICS` for each list: cases by metrics."""
    columns = (
        metrics.hit_rate(found),
        metrics.recall(found, relevant, recall_of),
        metrics.precision(found),
        metrics.ndcg(found, relevant),
        metrics.reciprocal_rank(found),
        metrics.average_precision(found, relevant),
    )
    return np.stack(columns, axis=1).astype(np.float64)
