"""From a session to its ordered candidates, and to the step that speaks for one; compiled throughout."""

import numpy as np

from recommender.models.affinity import EVENT_INTEREST
from recommender.models.arrays import ByteArray, FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled, dot
from recommender.models.interactions import PURCHASE
from recommender.models.sessions.features import COUNT, Facts, describe
from recommender.models.sessions.pool import BLEND, Settings, Sources
from recommender.models.sessions.proposing import best, propose
from recommender.models.sessions.trees import Trees, evaluate

MAX_LENGTH = 50
"""Latest steps of a session that are looked at."""


def strengths(events: ByteArray) -> FloatArray:
    """How much each step counts by its event."""
    weights: FloatArray = EVENT_INTEREST[np.minimum(events, PURCHASE)]
    return weights


@compiled
def answer(
    steps: IntArray,
    events: ByteArray,
    strength: FloatArray,
    sources: Sources,
    facts: Facts,
    settings: Settings,
    most: int,
    discover: bool,
    trees: Trees,
) -> tuple[IntArray, FloatArray]:
    """Rows and scores of the candidates, best first."""
    rows, columns, _ = propose(steps, strength, sources, settings)
    chosen = best(columns, allowed(rows, steps, discover), most)
    values = columns[:, BLEND][chosen].astype(np.float64)
    if len(trees.roots) and len(chosen):
        lines = np.empty((len(chosen), COUNT), np.float32)
        describe(rows, columns, chosen, steps, events, sources, facts, lines)
        evaluate(trees, lines, values)
        values = np.exp(values - values.max())
    elif len(chosen):
        values /= values.max() + 1e-12
    order = np.argsort(-values, kind="mergesort")
    return rows[chosen[order]], values[order].astype(np.float32)


@compiled
def witness(row: int, steps: IntArray, vectors: FloatArray, fading: np.float32) -> int:
    """Place of the step that speaks most for the item in `row`; the item itself is its own best witness."""
    strongest, found = np.float32(0), -1
    for back in range(len(steps)):
        place = len(steps) - 1 - back
        if steps[place] == row:
            return place
        bond = np.exp(-fading * back) * dot(vectors[steps[place]], vectors[row])
        if bond > strongest:
            strongest, found = bond, place
    return found


@compiled
def witnesses(rows: IntArray, steps: IntArray, vectors: FloatArray, fading: np.float32) -> IntArray:
    """The :func:`witness` for each of `rows`."""
    found = np.empty(len(rows), np.int32)
    for which in range(len(rows)):
        found[which] = witness(rows[which], steps, vectors, fading)
    return found


@compiled
def allowed(rows: IntArray, steps: IntArray, discover: bool) -> LongArray:
    """Places of the candidates that may be shown."""
    kept = np.empty(len(rows), np.int64)
    count = 0
    for place in range(len(rows)):
        met = False
        if discover:
            for step in steps:
                met = met or step == rows[place]
        if not met:
            kept[count] = place
            count += 1
    return kept[:count]
