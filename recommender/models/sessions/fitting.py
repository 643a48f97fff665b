"""Fitting the session model: sources on the past, rankers on what came after, sources again on everything."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import ByteArray, FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled
from recommender.models.sessions.features import COUNT, Facts, describe
from recommender.models.sessions.model import (
    MAX_LENGTH,
    SessionConfig,
    SessionModel,
    allowed,
    answer,
    strengths,
)
from recommender.models.sessions.pool import Settings, Sources
from recommender.models.sessions.proposing import best, propose
from recommender.models.sessions.ranker import LambdaRanker, Rankers
from recommender.models.sessions.steps import Prefixes, Sessions
from recommender.models.sessions.trees import NO_TREES, Trees

THREADS = 2
BLOCK = 1000


def fit_sessions(
    sessions: Sessions,
    config: SessionConfig,
    *,
    prices: FloatArray,
    categories: IntArray,
    rankers: Rankers | None = None,
) -> SessionModel:
    """Fit the sources to all `sessions`, and rankers unless they are given."""
    rankers = fit_rankers(sessions, config, prices=prices, categories=categories) if rankers is None else rankers
    model = SessionModel.fit_sources(sessions, config, prices=prices, categories=categories)
    return replace(model, rankers=rankers)


def fit_rankers(sessions: Sessions, config: SessionConfig, *, prices: FloatArray, categories: IntArray) -> Rankers:
    """Learn from the latest sessions how to order what the earlier ones propose; keep what beats the blend."""
    lesson = len(sessions) - round(len(sessions) * (config.ranker_share + config.validation_share))
    exam = len(sessions) - round(len(sessions) * config.validation_share)
    if sessions.starts[exam] - sessions.starts[lesson] < config.min_examples:
        return Rankers()
    earlier = SessionModel.fit_sources(sessions.part(0, lesson), config, prices=prices, categories=categories)
    lessons, exams = sessions.part(lesson, exam), sessions.part(exam, len(sessions))
    return Rankers(
        *(_passed(earlier, _learned(earlier, lessons, discover), exams, discover) for discover in (False, True))
    )


def _learned(model: SessionModel, sessions: Sessions, discover: bool) -> LambdaRanker | None:
    prefixes = _asked(sessions, discover, model.config.max_examples, model.config.ranker.seed)
    lines, right, sizes = tabulate(model, sessions, prefixes, discover)
    return LambdaRanker.fit(lines, right, sizes, model.config.ranker) if len(sizes) else None


def _passed(
    model: SessionModel, ranker: LambdaRanker | None, sessions: Sessions, discover: bool
) -> LambdaRanker | None:
    """The ranker if it puts the right items higher than the blend does."""
    prefixes = _asked(sessions, discover, model.config.max_examples, model.config.ranker.seed)
    if ranker is None or not len(prefixes):
        return None
    size = model.config.ranker.size
    plain = gains(places(model, sessions, prefixes, None, discover), size)
    learned = gains(places(model, sessions, prefixes, ranker, discover), size)
    return ranker if learned.mean() > plain.mean() else None


def gains(found: IntArray, size: int) -> NDArray[np.float64]:
    """Worth of the right item at each place: the less the lower, nothing beyond `size` or where it is missing (-1)."""
    return np.where((found >= 0) & (found < size), 1 / np.log2(2.0 + np.maximum(found, 0)), 0.0)


def _asked(sessions: Sessions, discover: bool, most: int, seed: int) -> Prefixes:
    prefixes = Prefixes.of(sessions)
    if discover:
        prefixes = prefixes.at(np.flatnonzero(~repeated(sessions.item_rows, prefixes.begins, prefixes.ends)))
    return prefixes.drawn(most, seed)


def places(
    model: SessionModel, sessions: Sessions, prefixes: Prefixes, ranker: LambdaRanker | None, discover: bool
) -> IntArray:
    """Where the model puts what came after each prefix; -1 where it does not propose it."""
    found = np.empty(len(prefixes), np.int32)
    trees = ranker.trees if ranker else NO_TREES
    steps, events, weights = _sealed(sessions)

    def block(begin: int, end: int) -> None:
        _places(
            steps, events, weights, prefixes.begins[begin:end], prefixes.ends[begin:end], prefixes.targets[begin:end],
            model.sources, model.facts, model.settings, model.config.candidates, discover, trees, found[begin:end],
        )  # fmt: skip

    _in_blocks(block, len(prefixes))
    return found


def tabulate(
    model: SessionModel, sessions: Sessions, prefixes: Prefixes, discover: bool
) -> tuple[FloatArray, NDArray[np.bool_], IntArray]:
    """Features of candidates for each prefix after which the right one is among them; see :meth:`LambdaRanker.fit`."""
    width = model.config.candidates
    lines = np.empty((len(prefixes), width, COUNT), np.float32)
    right, sizes = np.zeros((len(prefixes), width), np.bool_), np.zeros(len(prefixes), np.int32)
    steps, events, weights = _sealed(sessions)

    def block(begin: int, end: int) -> None:
        _tabulate(
            steps, events, weights, prefixes.begins[begin:end], prefixes.ends[begin:end], prefixes.targets[begin:end],
            model.sources, model.facts, model.settings, model.config.candidates, discover,
            lines[begin:end], right[begin:end], sizes[begin:end],
        )  # fmt: skip

    _in_blocks(block, len(prefixes))
    kept = np.arange(width) < sizes[:, None]
    return lines[kept], right[kept], sizes[sizes > 0]


def _in_blocks(work: Callable[[int, int], None], size: int) -> None:
    """Do `work` in blocks on several cores; what a block does depends on its place alone."""
    begins = range(0, size, BLOCK)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, begins, [min(begin + BLOCK, size) for begin in begins]))


def _sealed(sessions: Sessions) -> tuple[IntArray, ByteArray, FloatArray]:
    return (
        np.ascontiguousarray(sessions.item_rows),
        np.ascontiguousarray(sessions.events),
        np.ascontiguousarray(strengths(sessions.events)),
    )


@compiled
def repeated(item_rows: IntArray, begins: LongArray, ends: LongArray) -> NDArray[np.bool_]:
    """Whether the item at each of `ends` came before in its session."""
    found = np.zeros(len(begins), np.bool_)
    for which in range(len(begins)):
        for place in range(begins[which], ends[which]):
            found[which] = found[which] or item_rows[place] == item_rows[ends[which]]
    return found


@compiled
def _places(
    steps: IntArray,
    events: ByteArray,
    weights: FloatArray,
    begins: LongArray,
    ends: LongArray,
    targets: IntArray,
    sources: Sources,
    facts: Facts,
    settings: Settings,
    most: int,
    discover: bool,
    trees: Trees,
    found: IntArray,
) -> None:
    for which in range(len(begins)):
        end = ends[which]
        begin = max(begins[which], end - MAX_LENGTH)
        rows, _ = answer(
            steps[begin:end], events[begin:end], weights[begin:end], sources, facts, settings, most, discover, trees
        )
        found[which] = -1
        for place in range(len(rows)):
            if rows[place] == targets[which]:
                found[which] = place
                break


@compiled
def _tabulate(
    steps: IntArray,
    events: ByteArray,
    weights: FloatArray,
    begins: LongArray,
    ends: LongArray,
    targets: IntArray,
    sources: Sources,
    facts: Facts,
    settings: Settings,
    most: int,
    discover: bool,
    lines: FloatArray,
    right: NDArray[np.bool_],
    sizes: IntArray,
) -> None:
    for which in range(len(begins)):
        end = ends[which]
        begin = max(begins[which], end - MAX_LENGTH)
        part = steps[begin:end]
        rows, columns, _ = propose(part, weights[begin:end], sources, settings)
        chosen = best(columns, allowed(rows, part, discover), most)
        target = -1
        for place in range(len(chosen)):
            if rows[chosen[place]] == targets[which]:
                target = place
        sizes[which] = 0
        if target < 0:
            continue
        describe(rows, columns, chosen, part, events[begin:end], sources, facts, lines[which])
        right[which, target] = True
        sizes[which] = len(chosen)
