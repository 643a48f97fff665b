"""Evaluation: models fitted before a moment, asked through the engine for what happened after it.

The whole catalogue is ranked, by the very function that serves visitors, and every strategy stands beside baselines
that answer the same cases with the same items left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypedDict

import numpy as np
import orjson

from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine.snapshot import Snapshot
from recommender.metrics import RecallOf
from recommender.models.models import Models
from recommender.training import TrainingConfiguration
from training.baselines import CHEAP, Baseline
from training.cases import Task, tasks
from training.facts import Facts
from training.interactions import Prepared
from training.past import Past
from training.planning import Progress
from training.scoring import Judged, Scorer, Scores
from training.slices import On, Slice, cut

MIN_CASES = 20
"""Fewer cases say nothing."""
HEADLINES = ("skipped", "window", "results", "against")
"""What a manifest holds of the metrics; the rest stays in the file beside the models."""


class Judging(TypedDict, total=False):
    """How :func:`evaluate` judges; what is left out keeps its default."""

    on: On | Literal["validation", "test"]
    baselines: frozenset[Baseline]
    recall_of: RecallOf


@dataclass(frozen=True)
class Evaluation:
    """How good each strategy was."""

    metrics: dict[str, Any]
    """For people: `window`, `results` (one row for each task and judge), `against` (each strategy minus the best
    baseline) and `segments`; or `skipped` with the reason."""
    tasks: dict[str, Judged] = field(default_factory=dict)
    """What everybody reached in each case: what two evaluations are compared by."""

    @classmethod
    def of(cls, window: Mapping[str, Any], scores: Mapping[str, Scores]) -> Self:
        """Put the tasks together."""
        document: dict[str, Any] = {"window": dict(window)}
        for name in ("results", "against", "segments"):
            document[name] = [row for found in scores.values() for row in getattr(found, name)]
        return cls(document, {name: found.judged for name, found in scores.items()})

    @property
    def headlines(self) -> dict[str, Any]:
        """What a manifest says of the models' quality."""
        return {name: self.metrics[name] for name in HEADLINES if name in self.metrics}

    def encoded(self) -> bytes:
        """Metrics and cases, to be kept beside the models."""
        kept = {name: {"keys": task.keys, "values": task.values} for name, task in self.tasks.items()}
        document = {"metrics": self.metrics, "tasks": kept}
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """What :meth:`encoded` kept; nothing, where it was kept in another form."""
        document = orjson.loads(content)
        kept = {name: _judged(task) for name, task in document.get("tasks", {}).items()}
        return cls(document.get("metrics", {}), kept)


def evaluate(
    prepared: Prepared,
    configuration: TrainingConfiguration,
    *,
    fit: Callable[[Prepared], Models],
    on: On | Literal["validation", "test"] = On.TEST,
    baselines: frozenset[Baseline] = CHEAP,
    recall_of: RecallOf = RecallOf.LIST,
    progress: Progress | None = None,
) -> Evaluation:
    """Judge what `fit` makes of the time before the judged days.

    Args:
        prepared: a shop's log and catalogue.
        configuration: how many days and cases are judged, and the seed.
        fit: makes models of a part of the log.
        on: `test`: the last days; `validation`: those before, with nothing of the last days to be seen.
        baselines: which of them answer beside the strategies.
        recall_of: what hits are divided by.
        progress: told who is being asked, and how far the whole is.
    """
    config = configuration.evaluation
    found = cut(prepared, config.days, On(on))
    if found is None:
        return Evaluation({"skipped": "the log is shorter than five days: nothing can be held back to judge by"})
    posed = [*tasks(found.whole, found.cutoff, max_cases=config.max_cases, seed=configuration.seed)]
    posed = [task for task in posed if len(task.cases) >= MIN_CASES]
    if not posed:
        why = f"fewer than {MIN_CASES} people, sessions or orders since {found.cutoff:%Y-%m-%d} can be judged"
        return Evaluation({"skipped": why})
    scorer = _scorer(found, configuration, fit, baselines, recall_of)
    window = {
        "from": found.cutoff.isoformat(),
        "to": found.whole.data_end.isoformat(),
        "size": config.size,
        "on": On(on).value,
        "recall_of": recall_of.value,
    }
    return Evaluation.of(window, score_all(scorer, posed, found.earlier, progress))


def score_all(
    scorer: Scorer, posed: list[Task], earlier: Prepared, progress: Progress | None = None
) -> dict[str, Scores]:
    """Score every task in turn; see :meth:`Scorer.score`."""
    report, lists = progress or _silent, sum(len(task.cases) * len(task.strategies) for task in posed)
    pasts: dict[str, Past] = {}
    scores: dict[str, Scores] = {}
    before = 0
    for task in posed:
        if task.unit not in pasts:
            pasts[task.unit] = Past.of(earlier, task.unit)
        start, strategies = before, [one.value for one in task.strategies]

        def asked(name: str, done: int, total: int, *, start: int = start, names: list[str] = strategies) -> None:
            report(f"asking {name}", (start + names.index(name) * total + done) / lists)

        scores[task.name] = scorer.score(task, pasts[task.unit], asked)
        before += len(task.cases) * len(task.strategies)
    return scores


def _scorer(
    found: Slice,
    configuration: TrainingConfiguration,
    fit: Callable[[Prepared], Models],
    baselines: frozenset[Baseline],
    recall_of: RecallOf,
) -> Scorer:
    earlier = found.earlier
    models = fit(earlier)
    return Scorer(
        snapshot=Snapshot(models, CatalogTable.build(models.items), Configuration()),
        facts=Facts.of(earlier, models),
        now=found.cutoff,
        size=configuration.evaluation.size,
        seed=configuration.seed,
        baselines=baselines,
        recall_of=recall_of,
    )


def _judged(document: Mapping[str, Any]) -> Judged:
    values = {
        by: {name: np.array(column, np.float64) for name, column in kept.items()}
        for by, kept in document["values"].items()
    }
    return Judged(tuple(document["keys"]), values)


def _silent(step: str, done: float) -> None:
    """Report to nobody."""
