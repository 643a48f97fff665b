"""Filling the pool: every source adds its candidates, and says what it holds of them; compiled throughout."""

import numpy as np

from recommender.models.arrays import FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled, dot
from recommender.models.sessions.encoder import encode
from recommender.models.sessions.pool import (
    BLEND,
    COLUMNS,
    ENCODER,
    HOLDERS,
    LAST_WALK,
    LATEST,
    NEAR,
    NEIGHBOURS,
    NEXT,
    SIZE,
    SLOTS,
    WALK,
    Settings,
    Sources,
    distinct,
    neighbour_sessions,
    place_of,
)  # fmt: skip

NEAR_ITEMS = 3
"""Latest items whose closest items the encoder proposes."""


@compiled
def propose(
    steps: IntArray, strengths: FloatArray, sources: Sources, settings: Settings
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Candidates for what comes after `steps`, what each source says of them, and the session's direction."""
    keys, places = np.full(SLOTS, -1, np.int32), np.empty(SLOTS, np.int32)
    rows, columns = np.empty(SIZE, np.int32), np.empty((SIZE, COLUMNS), np.float32)
    items, ago = distinct(steps, LATEST)
    size = 0
    for which in range(len(items)):
        _, size = place_of(keys, places, rows, columns, size, items[which])
    size = add_neighbours(keys, places, rows, columns, size, steps, strengths, sources, settings)
    total = np.float32(0)
    for which in range(len(items)):
        total += np.exp(-ago[which] * settings.walk_decay) * strengths[len(steps) - 1 - ago[which]]
    for which in range(len(items)):
        share = np.exp(-ago[which] * settings.walk_decay) * strengths[len(steps) - 1 - ago[which]] / total
        begin, end = sources.walk_starts[items[which]], sources.walk_starts[items[which] + 1]
        size = add_list(
            keys, places, rows, columns, size, WALK, sources.walk_rows[begin:end], sources.walk_scores[begin:end], share
        )
    begin, end = sources.walk_starts[items[0]], sources.walk_starts[items[0] + 1]
    one = np.float32(1)
    size = add_list(
        keys, places, rows, columns, size, LAST_WALK, sources.walk_rows[begin:end], sources.walk_scores[begin:end], one
    )
    begin, end = sources.next_starts[items[0]], sources.next_starts[items[0] + 1]
    size = add_list(
        keys, places, rows, columns, size, NEXT, sources.next_rows[begin:end], sources.next_scores[begin:end], one
    )
    for which in range(min(NEAR_ITEMS, len(items))):
        for rank in range(sources.near.shape[1]):
            row = sources.near[items[which], rank]
            if row < 0:
                break
            place, size = place_of(keys, places, rows, columns, size, row)
            if place >= 0:
                columns[place, NEAR] = max(columns[place, NEAR], one / np.float32(1 + rank))
    rows, columns = rows[:size], columns[:size]
    direction = add_logits(rows, columns, steps, sources, settings)
    blend(columns, settings)
    return rows, columns, direction


@compiled
def add_neighbours(
    keys: IntArray,
    places: IntArray,
    rows: IntArray,
    columns: FloatArray,
    size: int,
    steps: IntArray,
    strengths: FloatArray,
    sources: Sources,
    settings: Settings,
) -> int:
    """Add the items of the neighbour sessions: near to the shared item they count more."""
    sessions, weights, shared = neighbour_sessions(steps, strengths, sources, settings)
    for which in range(len(sessions)):
        begin, end = sources.session_starts[sessions[which]], sources.session_starts[sessions[which] + 1]
        anchor = end - 1
        while anchor > begin and sources.session_items[anchor] != shared[which]:
            anchor -= 1
        for cell in range(begin, end):
            place, size = place_of(keys, places, rows, columns, size, sources.session_items[cell])
            if place >= 0:
                columns[place, HOLDERS] += np.float32(1)
                columns[place, NEIGHBOURS] += weights[which] * np.exp(-abs(cell - anchor) * settings.distance_decay)
    return size


@compiled
def add_list(
    keys: IntArray,
    places: IntArray,
    rows: IntArray,
    columns: FloatArray,
    size: int,
    column: int,
    added: IntArray,
    scores: FloatArray,
    share: np.float32,
) -> int:
    """Add one list to the pool, its scores times `share`."""
    for cell in range(len(added)):
        place, size = place_of(keys, places, rows, columns, size, added[cell])
        if place >= 0:
            columns[place, column] += share * scores[cell]
    return size


@compiled
def add_logits(
    rows: IntArray, columns: FloatArray, steps: IntArray, sources: Sources, settings: Settings
) -> FloatArray:
    """What the encoder says of every candidate; returns the session's direction."""
    dimensions = sources.vectors.shape[1]
    out = np.empty((1, dimensions), np.float32)
    begins, ends = np.zeros(1, np.int64), np.full(1, len(steps), np.int64)
    encode(sources.vectors, sources.positions, steps, begins, ends, out)
    direction: FloatArray = out[0]
    length = np.sqrt(np.sum(direction * direction))
    if length > np.float32(1e-6):
        direction /= length
    for place in range(len(rows)):
        columns[place, ENCODER] = (
            settings.sharpness * dot(sources.vectors[rows[place]], direction) + sources.bias[rows[place]]
        )
    return direction


@compiled
def blend(columns: FloatArray, settings: Settings) -> None:
    """Add up the sources, each as a share of what it gives to all candidates."""
    highest, neighbours, chances = np.float32(-np.inf), np.float32(1e-12), np.float32(1e-12)
    for place in range(len(columns)):
        highest = max(highest, columns[place, ENCODER])
        neighbours += columns[place, NEIGHBOURS]
    for place in range(len(columns)):
        columns[place, BLEND] = np.exp(columns[place, ENCODER] - highest)
        chances += columns[place, BLEND]
    for place in range(len(columns)):
        columns[place, NEIGHBOURS] /= neighbours
        columns[place, BLEND] = (
            settings.neighbour_share * columns[place, NEIGHBOURS]
            + settings.walk_share * columns[place, WALK]
            + settings.encoder_share * columns[place, BLEND] / chances
        )


@compiled
def best(columns: FloatArray, allowed: LongArray, most: int) -> LongArray:
    """Places of the `most` best blended candidates among `allowed`, best first; ties as in the pool."""
    scores = columns[:, BLEND][allowed]
    if len(scores) > most:
        least = np.partition(scores, len(scores) - most)[len(scores) - most]
        kept = np.flatnonzero(scores >= least)[:most]
        allowed, scores = allowed[kept], scores[kept]
    ordered: LongArray = allowed[np.argsort(-scores, kind="mergesort")]
    return ordered
