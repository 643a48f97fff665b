"""Publishing: a new model goes into service unless it is clearly worse than the one there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.artifact import Artifact, ArtifactStore
from recommender.errors import ArtifactError
from recommender.metrics import bootstrap_interval
from recommender.strategy import State
from recommender.training import PublishingConfig
from training.evaluation import BASELINES, Evaluation

MIN_SHARED = 20
"""Cases that two evaluations must share to be compared case by case."""


@dataclass(frozen=True)
class Decision:
    """Whether a model was published, and why or why not."""

    published: bool
    reason: str


def decide(
    store: ArtifactStore, candidate: Artifact, config: PublishingConfig, *, publish: bool, force: bool
) -> Decision:
    """Publish `candidate` unless it was not wanted or is clearly worse than the model in service."""
    if not publish:
        return Decision(False, "publishing was not asked for")
    worse = [*_worse(store, candidate, config)]
    if worse and not force:
        return Decision(False, f"clearly worse than {store.current()}: {'; '.join(worse)}; publish it with --force")
    store.publish(candidate.version)
    return Decision(True, f"published in spite of: {'; '.join(worse)}" if worse else "published")


def _worse(store: ArtifactStore, candidate: Artifact, config: PublishingConfig) -> Iterator[str]:
    current = store.current()
    if current is None or current == candidate.version:
        return
    try:
        served = store.open(current)
    except ArtifactError:
        return  # whatever can be opened is better than what cannot
    for strategy, before in served.manifest.strategies.items():
        now = candidate.manifest.strategies.get(strategy)
        if before.state is State.READY and now is not None and now.state is State.INSUFFICIENT:
            yield f"{strategy} was ready and is insufficient now ({now.reason})"
    yield from compare(_evaluation(served), _evaluation(candidate), config.tolerance)


def _evaluation(artifact: Artifact) -> Evaluation:
    return Evaluation.decode((artifact.path / "evaluation.json").read_bytes())


def compare(before: Evaluation, after: Evaluation, tolerance: float) -> Iterator[str]:
    """In which respects `after` is worse than `before` beyond tolerance and beyond chance."""
    same_days = before.metrics["window"] == after.metrics["window"]
    for name in sorted(before.cases.keys() & after.cases.keys()):
        if name.endswith(BASELINES):
            continue
        shared = sorted(before.cases[name].keys() & after.cases[name].keys()) if same_days else []
        old, new = before.cases[name], after.cases[name]
        if len(shared) >= MIN_SHARED:
            lost = _paired(_array(old, shared), _array(new, shared), tolerance)
        else:
            lost = _unpaired(_array(old, [*old]), _array(new, [*new]), tolerance)
        if lost:
            yield f"{name.replace('/', ' by ')}: {lost}"


def _array(values: dict[str, float], keys: list[str]) -> NDArray[np.float64]:
    return np.array([values[key] for key in keys], np.float64)


def _paired(old: NDArray[np.float64], new: NDArray[np.float64], tolerance: float) -> str:
    """What was lost on the same cases, when even the upper end of its interval is beyond tolerance."""
    _, high = bootstrap_interval(new - old, seed=0)
    return _loss(old, new, "the same") if high < -tolerance * old.mean() else ""


def _unpaired(old: NDArray[np.float64], new: NDArray[np.float64], tolerance: float) -> str:
    """What was lost between different cases, when their intervals lie apart by more than tolerance."""
    low, _ = bootstrap_interval(old, seed=0)
    _, high = bootstrap_interval(new, seed=0)
    return _loss(old, new, "other") if high < low * (1 - tolerance) else ""


def _loss(old: NDArray[np.float64], new: NDArray[np.float64], which: str) -> str:
    return f"NDCG fell from {old.mean():.4f} to {new.mean():.4f} on {which} cases"
