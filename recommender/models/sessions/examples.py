"""What really came next, as lines for a ranker to learn from and as places to judge it by."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import ByteArray, FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled
from recommender.models.sessions.answering import MAX_LENGTH, allowed, answer, strengths
from recommender.models.sessions.features import COUNT, Facts, describe
from recommender.models.sessions.model import SessionModel
from recommender.models.sessions.pool import Settings, Sources
from recommender.models.sessions.proposing import best, propose
from recommender.models.sessions.ranker import LambdaRanker
from recommender.models.sessions.steps import Prefixes, Sessions
from recommender.models.sessions.trees import NO_TREES, Trees

THREADS = 2
"""Blocks worked on at once; the compiled loops need no lock."""
BLOCK = 1000


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
