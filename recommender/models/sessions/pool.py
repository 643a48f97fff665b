"""The pool of candidates for one session: who proposes what, and how strongly; compiled throughout.

Everything here works on plain arrays that belong to one request, so any number of threads may ask at once.
"""

from typing import NamedTuple

import numpy as np

from recommender.models.arrays import FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled, slot_of

SLOTS = 8192
"""Of the table from items to places; a power of two, and well above the pool's size."""
SIZE = 3000
"""Candidates at most; what comes later is left out."""
FOUND = 10_000
"""Sessions that are compared with this one, at most."""
SESSION_SLOTS = 32_768
LATEST = 10
"""Distinct items of the session, from the end, that neighbours are looked for."""
COLUMNS = 8
NEIGHBOURS, HOLDERS, WALK, LAST_WALK, NEXT, ENCODER, NEAR, BLEND = range(COLUMNS)
"""What is known of a candidate: weight and number of the neighbour sessions that hold it, chance of the walk from the
whole session and from its last item, chance to follow the last item, logit, proposed by the encoder, blend."""


class Sources(NamedTuple):
    """The arrays of all sources, sealed."""

    session_starts: LongArray
    session_items: IntArray
    session_weights: FloatArray
    posting_starts: LongArray
    postings: IntArray
    idf: FloatArray
    next_starts: LongArray
    next_rows: IntArray
    next_scores: FloatArray
    walk_starts: LongArray
    walk_rows: IntArray
    walk_scores: FloatArray
    vectors: FloatArray
    positions: FloatArray
    bias: FloatArray
    near: IntArray


class Settings(NamedTuple):
    """Numbers that steer the search."""

    sharpness: np.float32
    position_decay: np.float32
    """How much less each earlier step of this session counts for neighbours."""
    distance_decay: np.float32
    """How much less items further from the shared one count in a neighbour."""
    neighbours: int
    walk_decay: np.float32
    neighbour_share: np.float32
    """Of the blend, as the next two."""
    walk_share: np.float32
    encoder_share: np.float32


@compiled
def place_of(
    keys: IntArray, places: IntArray, rows: IntArray, columns: FloatArray, size: int, row: int
) -> tuple[int, int]:
    """Place of `row` in the pool, after adding it if there is room (else -1), and the size of the pool."""
    slot = slot_of(keys, row)
    if keys[slot] == row:
        return places[slot], size
    if size == len(rows):
        return -1, size
    keys[slot], places[slot], rows[size] = row, size, row
    columns[size] = 0  # none of the pool is written before it is needed
    return size, size + 1


@compiled
def distinct(steps: IntArray, most: int) -> tuple[IntArray, IntArray]:
    """The latest distinct items of a session, the latest first, and how many steps ago each was last met."""
    items, ago = np.empty(most, np.int32), np.empty(most, np.int32)
    count = 0
    for back in range(len(steps)):
        item = steps[len(steps) - 1 - back]
        known = False
        for place in range(count):
            known = known or items[place] == item
        if not known:
            items[count], ago[count] = item, back
            count += 1
            if count == most:
                break
    return items[:count], ago[:count]


@compiled
def neighbour_sessions(
    steps: IntArray, strengths: FloatArray, sources: Sources, settings: Settings
) -> tuple[IntArray, FloatArray, IntArray]:
    """The sessions most like this one, how much each counts, and the latest item that it shares."""
    items, ago = distinct(steps, LATEST)
    keys = np.full(SESSION_SLOTS, -1, np.int32)
    places = np.empty(SESSION_SLOTS, np.int32)
    found, shared, weights = np.empty(FOUND, np.int32), np.empty(FOUND, np.int32), np.empty(FOUND, np.float32)
    count = 0
    for which in range(len(items)):
        item = items[which]
        weight = np.exp(-ago[which] * settings.position_decay) * sources.idf[item]
        weight *= strengths[len(steps) - 1 - ago[which]]
        for cell in range(sources.posting_starts[item], sources.posting_starts[item + 1]):
            session = sources.postings[cell]
            slot = slot_of(keys, session)
            if keys[slot] == -1:
                if count == FOUND:
                    continue
                keys[slot], places[slot] = session, count
                found[count], shared[count], weights[count] = session, item, np.float32(0)
                count += 1
            weights[places[slot]] += weight
    for place in range(count):
        weights[place] *= sources.session_weights[found[place]]
    if count <= settings.neighbours:
        return found[:count], weights[:count], shared[:count]
    least = np.partition(weights[:count], count - settings.neighbours)[count - settings.neighbours]
    best = np.flatnonzero(weights[:count] >= least)[: settings.neighbours]
    return found[best], weights[best], shared[best]
