"""Comparison of two evaluations, case by case: a paired bootstrap of what changed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from recommender.artifact import Artifact, ArtifactStore, read_manifest
from recommender.bootstrap import bootstrap_interval
from recommender.errors import ArtifactError, InputError
from recommender.metrics import Values
from training.baselines import Baseline
from training.evaluation import Evaluation
from training.scoring import COMPARED

EVALUATION = "evaluation.json"
"""The file of an artifact that keeps its evaluation."""


class Pair(NamedTuple):
    """What a strategy reached in a task, before and after."""

    task: str
    by: str
    metric: str
    before: Values
    """One value a case."""
    after: Values
    same_cases: bool
    """Whether the places of `before` and `after` are the same cases."""


def evaluation_of(store: ArtifactStore, version: str) -> Evaluation:
    """What an artifact keeps of its evaluation.

    Raises:
        ArtifactError: there is no such artifact, or its file cannot be read.
    """
    path = store.path(version)
    read_manifest(path)
    return _read(path / EVALUATION)


def opened_evaluation(artifact: Artifact) -> Evaluation:
    """The same of an artifact that is open, and so has been verified."""
    return _read(artifact.path / EVALUATION)


def pairs(before: Evaluation, after: Evaluation, min_shared: int = 1) -> Iterator[Pair]:
    """Every strategy that both judged; on the cases they share, if there are `min_shared` of the same days."""
    same_days = before.metrics.get("window") == after.metrics.get("window")
    for task in sorted(before.tasks.keys() & after.tasks.keys()):
        old, new = before.tasks[task], after.tasks[task]
        _, left, right = np.intersect1d(old.keys, new.keys, return_indices=True)
        paired = same_days and len(left) >= min_shared
        for by in sorted((old.values.keys() & new.values.keys()) - set(Baseline)):
            for metric in COMPARED:
                one, other = old.values[by][metric], new.values[by][metric]
                yield Pair(task, by, metric, *((one[left], other[right]) if paired else (one, other)), paired)


def compared(first: str, before: Evaluation, second: str, after: Evaluation, *, seed: int = 0) -> dict[str, Any]:
    """How `after` differs from `before`, with the paired interval of each difference.

    Raises:
        InputError: the two were not judged on the same days, or on no case in common.
    """
    old, new = _window(first, before), _window(second, after)
    if old != new:
        when = f"{first} was judged on {_days(old)}, {second} on {_days(new)}"
        raise InputError("--compare", second, f"use versions judged on the same days: {when}")
    rows = [_row(pair, seed) for pair in pairs(before, after) if pair.same_cases]
    if not rows:
        raise InputError("--compare", second, f"it shares no case with {first}")
    return {"before": first, "after": second, "window": old, "differences": rows}


def _row(pair: Pair, seed: int) -> dict[str, Any]:
    low, high = bootstrap_interval(pair.after - pair.before, seed=seed)
    return {
        "task": pair.task,
        "by": pair.by,
        "metric": pair.metric,
        "cases": len(pair.before),
        "before": round(float(pair.before.mean()), 4),
        "after": round(float(pair.after.mean()), 4),
        "difference": round(float((pair.after - pair.before).mean()), 4),
        "interval": [round(low, 4), round(high, 4)],
    }


def _window(version: str, evaluation: Evaluation) -> dict[str, Any]:
    window: dict[str, Any] | None = evaluation.metrics.get("window")
    if window is None:
        why = evaluation.metrics.get("skipped", "nothing is stored with it")
        raise InputError("--compare", version, f"use versions whose training judged them: {why}")
    return window


def _days(window: dict[str, Any]) -> str:
    return f"{window['from'][:16]} to {window['to'][:16]} (first {window['size']}, recall of {window['recall_of']})"


def _read(file: Any) -> Evaluation:
    try:
        return Evaluation.decode(file.read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}") from None
