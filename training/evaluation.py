"""Evaluation: models fitted before a moment, asked through the engine for what happened after it.

The whole catalogue is ranked, by the very function that serves visitors, and every strategy stands beside what
costs nothing: the best sellers and, for buying again, what the person bought most often.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np

from recommender import metrics
from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine.engine import recommend
from recommender.engine.snapshot import Snapshot
from recommender.models.models import Models
from recommender.strategy import State, Strategy
from recommender.training import TrainingConfiguration
from training.cases import Case, Task, tasks
from training.interactions import Prepared

MIN_CASES = 20
"""Fewer cases say nothing."""
SHARE_OF_LOG = 5
"""At least this many times the judged days must lie in the log."""
POPULAR = Strategy.BEST_SELLERS.value
PERSONAL_FREQUENCY = "personal_frequency"
BASELINES = (POPULAR, PERSONAL_FREQUENCY)
"""What costs nothing, and stands beside every strategy."""
Judge = Callable[[Case], list[str]]


@dataclass(frozen=True)
class Evaluation:
    """How good each strategy was."""

    metrics: dict[str, Any]
    """For people and the manifest."""
    cases: dict[str, dict[str, float]]
    """NDCG of each case, by task and strategy: what two evaluations are compared by."""

    def encoded(self) -> bytes:
        """The cases, to be kept beside the models."""
        return json.dumps({"window": self.metrics.get("window"), "cases": self.cases}, sort_keys=True).encode()

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """What :meth:`encoded` kept."""
        document = json.loads(content)
        return cls({"window": document["window"]}, document["cases"])


def evaluate(
    prepared: Prepared, configuration: TrainingConfiguration, *, fit: Callable[[Prepared], Models]
) -> Evaluation:
    """Judge what `fit` makes of the time before the last days."""
    cutoff = _cutoff(prepared, configuration.evaluation.days)
    if cutoff is None:
        return Evaluation({"skipped": "the log is shorter than five days: nothing can be held back to judge by"}, {})
    config = configuration.evaluation
    posed = [*tasks(prepared, cutoff, max_cases=config.max_cases, seed=configuration.seed)]
    posed = [task for task in posed if len(task.cases) >= MIN_CASES]
    if not posed:
        why = f"fewer than {MIN_CASES} people, sessions or orders since {cutoff:%Y-%m-%d} can be judged"
        return Evaluation({"skipped": why}, {})
    earlier = prepared.until(cutoff)
    models = fit(earlier)
    snapshot = Snapshot(models, CatalogTable.build(models.items), Configuration())
    rows: list[dict[str, Any]] = []
    cases: dict[str, dict[str, float]] = {}
    for task in posed:
        for name, judge in _judges(task, snapshot, earlier, cutoff, config.size).items():
            values = {case.key: _values(judge(case), case, config.size) for case in task.cases}
            rows.append({"task": task.name, "by": name, "cases": len(values), **_means(values)})
            cases[f"{task.name}/{name}"] = {_short(key): round(value["ndcg"], 5) for key, value in values.items()}
    window = {"from": cutoff.isoformat(), "to": prepared.data_end.isoformat(), "size": config.size}
    return Evaluation({"window": window, "results": rows}, cases)


def _cutoff(prepared: Prepared, days: int) -> datetime | None:
    if prepared.data_start is None or not len(prepared.interactions):
        return None
    span = prepared.data_end - prepared.data_start
    held_back = min(timedelta(days=days), span / SHARE_OF_LOG)
    return prepared.data_end - held_back if held_back >= timedelta(days=1) else None


def _judges(task: Task, snapshot: Snapshot, earlier: Prepared, cutoff: datetime, size: int) -> dict[str, Judge]:
    """Everything that answers a task: its strategies, as far as they can be relied on, and the baselines."""
    able = [
        strategy for strategy in task.strategies if snapshot.models.status[strategy].state is not State.INSUFFICIENT
    ]
    asked = {strategy.value: _asked(strategy, task, snapshot, cutoff, size) for strategy in able}
    baselines = {POPULAR: _asked(Strategy.BEST_SELLERS, task, snapshot, cutoff, size)}
    if task.name == "all_items":
        baselines[PERSONAL_FREQUENCY] = _frequency(earlier)
    return asked | baselines


def _asked(strategy: Strategy, task: Task, snapshot: Snapshot, now: datetime, size: int) -> Judge:
    def judge(case: Case) -> list[str]:
        query = case.query(strategy, size, allow_seen=task.allow_seen)
        return [item.item_id for item in recommend(snapshot, case.visitor, query, now).items]

    return judge


def _frequency(earlier: Prepared) -> Judge:
    """What a person bought in most orders, however long ago."""
    bought = earlier.interactions.where(earlier.interactions.purchased)
    triples = np.unique(np.stack([bought.person_rows, bought.item_rows, bought.order_rows]), axis=1)
    people: dict[str, dict[str, int]] = {}
    for person, item in zip(triples[0].tolist(), triples[1].tolist(), strict=True):
        if person >= 0:
            counts = people.setdefault(bought.people[person], {})
            counts[bought.items[item]] = counts.get(bought.items[item], 0) + 1
    return lambda case: sorted(people.get(case.key, {}), key=lambda item: (-people[case.key][item], item))


def _values(ranked: list[str], case: Case, size: int) -> dict[str, float]:
    found = metrics.hits(ranked, case.relevant, size)
    return {
        "hit_rate": metrics.hit_rate(found),
        "recall": metrics.recall(found, len(case.relevant)),
        "ndcg": metrics.ndcg(found, len(case.relevant)),
        "mrr": metrics.reciprocal_rank(found),
    }


def _means(values: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    names = ("hit_rate", "recall", "ndcg", "mrr")
    return {name: round(float(np.mean([value[name] for value in values.values()])), 4) for name in names}


def _short(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=6).hexdigest()
