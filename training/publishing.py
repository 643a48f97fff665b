"""Publishing: a new model goes into service unless it is clearly worse than the one there."""

from collections.abc import Iterator
from dataclasses import dataclass

from recommender.artifact import Artifact, ArtifactStore
from recommender.bootstrap import bootstrap_interval
from recommender.errors import ArtifactError
from recommender.strategy import State
from recommender.training import PublishingConfig
from training.comparison import Pair, opened_evaluation, pairs
from training.evaluation import Evaluation

MIN_SHARED = 20
"""Cases that two evaluations must share to be compared case by case."""
DECIDING = "ndcg"
"""The metric by which a model is found worse."""


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
    yield from compare(opened_evaluation(served), opened_evaluation(candidate), config.tolerance)


def compare(before: Evaluation, after: Evaluation, tolerance: float) -> Iterator[str]:
    """In which respects `after` is worse than `before` beyond tolerance and beyond chance."""
    for pair in pairs(before, after, MIN_SHARED):
        if pair.metric == DECIDING and (_lost_paired if pair.same_cases else _lost)(pair, tolerance):
            which = "the same" if pair.same_cases else "other"
            means = f"{pair.before.mean():.4f} to {pair.after.mean():.4f}"
            yield f"{pair.task} by {pair.by}: {pair.metric.upper()} fell from {means} on {which} cases"


def _lost_paired(pair: Pair, tolerance: float) -> bool:
    """Whether even the upper end of the interval of the differences is beyond tolerance."""
    _, high = bootstrap_interval(pair.after - pair.before, seed=0)
    return high < -tolerance * float(pair.before.mean())


def _lost(pair: Pair, tolerance: float) -> bool:
    """Whether the intervals of different cases lie apart by more than tolerance."""
    low, _ = bootstrap_interval(pair.before, seed=0)
    _, high = bootstrap_interval(pair.after, seed=0)
    return high < low * (1 - tolerance)
