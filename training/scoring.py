"""Scoring: everybody who answers a task, measured side by side on the same cases."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from recommender.bootstrap import bootstrap_means, interval
from recommender.engine.snapshot import Snapshot
from recommender.metrics import RecallOf, Values
from recommender.models.arrays import IntArray
from recommender.strategy import State
from training import baselines, segments
from training.baselines import Baseline
from training.cases import Task
from training.facts import Facts
from training.past import Past
from training.questions import METRICS, Asked, Questions, measure

COMPARED = ("ndcg", "recall")
"""Metrics whose value of every case is kept, and by which everybody is compared."""
DEPTHS = (1, 2, 5, 10, 20, 50, 100)
"""Lengths at which recall is told, as far as the lists go."""
DIGITS = 4


@dataclass(frozen=True)
class Judged:
    """What everybody reached in each case of one task."""

    keys: tuple[str, ...]
    """Names the same case in every evaluation of the same days."""
    values: Mapping[str, Mapping[str, Values]]
    """For each judge and each metric of `COMPARED`, one value a case."""


@dataclass(frozen=True)
class Scores:
    """What came of one task."""

    judged: Judged
    results: list[dict[str, Any]] = field(default_factory=list)
    against: list[dict[str, Any]] = field(default_factory=list)
    """Each strategy minus the best baseline."""
    segments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Scorer:
    """Who is asked, when, and how answers are measured."""

    snapshot: Snapshot
    facts: Facts
    now: datetime
    size: int
    seed: int
    baselines: frozenset[Baseline]
    recall_of: RecallOf = RecallOf.LIST

    def score(self, task: Task, past: Past, asked: Callable[[str, int, int], None]) -> Scores:
        """Ask every able strategy and the baselines for all cases of `task`.

        Args:
            task: the cases.
            past: what baselines learn from.
            asked: told who is being asked, how many cases are done and how many there are.
        """
        questions = Questions.of(task, past)
        lists = self._strategies(questions, asked)
        simple = baselines.answers(
            self.baselines, past, questions.known, size=self.size, repeats=task.allow_seen is True, seed=self.seed
        )
        lists |= {name.value: ranked for name, ranked in simple.items()}
        return self._measured(questions, lists)

    def _strategies(self, questions: Questions, asked: Callable[[str, int, int], None]) -> dict[str, IntArray]:
        """Lists of the strategies that can be relied on."""
        status, total = self.snapshot.models.status, len(questions.task.cases)

        def told(name: str) -> Asked:
            return lambda done: asked(name, done, total)

        able = [one for one in questions.task.strategies if status[one].state is not State.INSUFFICIENT]
        return {one.value: questions.engine(self.snapshot, one, self.now, self.size, told(one.value)) for one in able}

    def _measured(self, questions: Questions, lists: dict[str, IntArray]) -> Scores:
        found = {by: questions.hits(ranked) for by, ranked in lists.items()}
        values = {by: measure(hits, questions.counts, self.recall_of) for by, hits in found.items()}
        drawn = bootstrap_means(np.concatenate([*values.values()], axis=1), seed=self.seed)
        means = dict(zip(values, np.split(drawn, len(values), axis=1), strict=True))
        results = []
        for by, ranked in lists.items():
            row = {"task": questions.task.name, "by": by, "baseline": by in set(Baseline), "cases": len(ranked)}
            curve = [[k, _mean(self._recall(found[by][:, :k], questions))] for k in self._depths()]
            results.append(row | _described(values[by], means[by]) | self.facts.of_lists(questions, ranked))
            results[-1]["recall_at"] = curve
        return Scores(
            Judged(tuple(_short(case.key) for case in questions.task.cases), _kept(values)),
            results,
            _against(questions.task.name, values, means),
            segments.rows(questions, lists, seed=self.seed, recall_of=self.recall_of),
        )

    def _depths(self) -> list[int]:
        return sorted({*(k for k in DEPTHS if k < self.size), self.size})

    def _recall(self, found: Any, questions: Questions) -> Values:
        return measure(found, questions.counts, self.recall_of)[:, METRICS.index("recall")]


def _described(values: Values, means: Values) -> dict[str, Any]:
    """Every metric and its interval."""
    spans = {name: _rounded(interval(means[:, place])) for place, name in enumerate(METRICS)}
    return {name: _mean(values[:, place]) for place, name in enumerate(METRICS)} | {"intervals": spans}


def _against(task: str, values: Mapping[str, Values], means: Mapping[str, Values]) -> list[dict[str, Any]]:
    """What each strategy has before the best baseline, by each compared metric, with the interval of the difference."""
    simple = [by for by in values if by in set(Baseline)]
    rows = []
    for metric in COMPARED if simple else ():
        place = METRICS.index(metric)
        best = max(simple, key=lambda by: values[by][:, place].mean())
        for by in values.keys() - set(simple):
            ahead = float((values[by][:, place] - values[best][:, place]).mean())
            span = _rounded(interval(means[by][:, place] - means[best][:, place]))
            rows.append({"task": task, "by": by, "metric": metric, "against": best, "ahead": round(ahead, DIGITS)})
            rows[-1]["interval"] = span
    return sorted(rows, key=lambda row: (COMPARED.index(row["metric"]), [*values].index(row["by"])))


def _kept(values: Mapping[str, Values]) -> dict[str, dict[str, Values]]:
    return {by: {name: table[:, METRICS.index(name)].round(5) for name in COMPARED} for by, table in values.items()}


def _rounded(span: tuple[float, float]) -> list[float]:
    return [round(value, DIGITS) for value in span]


def _mean(values: Values) -> float:
    return round(float(values.mean()), DIGITS)


def _short(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=6).hexdigest()
