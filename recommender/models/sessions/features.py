"""What the second stage looks at: each candidate against the session; compiled."""

from typing import NamedTuple

import numpy as np

from recommender.models.arrays import ByteArray, FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled, dot
from recommender.models.sessions.pool import (
    BLEND,
    ENCODER,
    HOLDERS,
    LAST_WALK,
    NEAR,
    NEIGHBOURS,
    NEXT,
    WALK,
    Sources,
)  # fmt: skip

FEATURES = (
    "neighbours", "neighbours_rank", "holders", "walk", "walk_rank", "last_walk", "next", "near",
    "encoder", "encoder_rank", "encoder_gap", "blend", "blend_gap", "blend_rank",
    "cosine_last", "cosine_second", "cosine_best", "cosine_mean",
    "steps_since_last", "steps_since_first", "times", "times_share", "strongest_event",
    "popularity", "trend", "repeat_rate", "item_age",
    "length", "distinct", "repeats_share", "last_is_repeat", "last_popularity", "last_repeat_rate", "pool",
    "price_ratio", "same_category", "category_share",
)  # fmt: skip
"""Names of the features, in their order; part of the artifact's format."""
COUNT = len(FEATURES)
COMPARED = 10
"""Latest steps that vectors and categories are compared with."""


class Facts(NamedTuple):
    """What is known of each item by itself, sealed."""

    popularity: FloatArray
    """Logarithm of its recent steps."""
    trend: FloatArray
    """Logarithm of how much more it is met than before."""
    repeat_rate: FloatArray
    """Share of the sessions with it that came back to it."""
    age: FloatArray
    """Days since it was first met."""
    prices: FloatArray
    """nan: unknown."""
    categories: IntArray
    """-1: unknown."""


@compiled
def describe(
    rows: IntArray,
    columns: FloatArray,
    chosen: LongArray,
    steps: IntArray,
    events: ByteArray,
    sources: Sources,
    facts: Facts,
    out: FloatArray,
) -> None:
    """Write the features of the candidates at the places `chosen`, best blend first, into the rows of `out`."""
    by_neighbours, by_walk = ranks(columns, chosen, NEIGHBOURS), ranks(columns, chosen, WALK)
    by_encoder = ranks(columns, chosen, ENCODER)
    session = summary(steps, facts)
    highest, top = np.float32(-np.inf), np.float32(1e-12)
    for place in chosen:
        highest, top = max(highest, columns[place, ENCODER]), max(top, columns[place, BLEND])
    for rank in range(len(chosen)):
        place = chosen[rank]
        row, line = rows[place], out[rank]
        line[0], line[1], line[2] = columns[place, NEIGHBOURS], by_neighbours[rank], columns[place, HOLDERS]
        line[3], line[4], line[5] = columns[place, WALK], by_walk[rank], columns[place, LAST_WALK]
        line[6], line[7] = columns[place, NEXT], columns[place, NEAR]
        line[8], line[9], line[10] = columns[place, ENCODER], by_encoder[rank], columns[place, ENCODER] - highest
        line[11], line[12], line[13] = columns[place, BLEND], columns[place, BLEND] / top, rank
        against_vectors(row, steps, sources, line)
        against_steps(row, steps, events, line)
        line[23], line[24], line[25] = facts.popularity[row], facts.trend[row], facts.repeat_rate[row]
        line[26] = facts.age[row]
        line[27:33] = session[:6]
        line[33] = len(rows)
        line[34] = np.log(facts.prices[row] / session[6])
        against_categories(row, steps, facts, line)


@compiled
def ranks(columns: FloatArray, chosen: LongArray, column: int) -> LongArray:
    """Rank of each chosen candidate in one column; equal values share the better rank."""
    values = columns[:, column][chosen]
    order = np.argsort(-values, kind="mergesort")
    found = np.empty(len(order), np.int64)
    for place in range(len(order)):
        same = place > 0 and values[order[place]] == values[order[place - 1]]
        found[order[place]] = found[order[place - 1]] if same else place
    return found


@compiled
def summary(steps: IntArray, facts: Facts) -> FloatArray:
    """The session by itself: length, distinct items, share of repeats, and its last item; at the end its price."""
    different = 0
    total, priced = np.float32(0), 0
    for place in range(len(steps)):
        new = True
        for earlier in range(place):
            new = new and steps[earlier] != steps[place]
        different += new
        if np.isfinite(facts.prices[steps[place]]) and facts.prices[steps[place]] > 0:
            total += np.log(facts.prices[steps[place]])
            priced += 1
    last = steps[-1]
    back = False
    for earlier in range(len(steps) - 1):
        back = back or steps[earlier] == last
    found = np.empty(7, np.float32)
    found[0], found[1], found[2] = len(steps), different, 1 - different / len(steps)
    found[3], found[4], found[5] = back, facts.popularity[last], facts.repeat_rate[last]
    found[6] = np.exp(total / priced) if priced else np.nan
    return found


@compiled
def against_vectors(row: int, steps: IntArray, sources: Sources, line: FloatArray) -> None:
    """How close the candidate lies to the latest items."""
    highest, total, count = np.float32(-1), np.float32(0), min(COMPARED, len(steps))
    vector = sources.vectors[row]
    line[14], line[15] = np.nan, np.nan
    for back in range(count):
        near = dot(vector, sources.vectors[steps[len(steps) - 1 - back]])
        highest, total = max(highest, near), total + near
        if back == 0:
            line[14] = near
        elif back == 1:
            line[15] = near
    line[16], line[17] = highest, total / count


@compiled
def against_steps(row: int, steps: IntArray, events: ByteArray, line: FloatArray) -> None:
    """When, how often and how eagerly the session met the candidate."""
    last, first, times, strongest = -1, -1, 0, -1
    for back in range(len(steps)):
        at = len(steps) - 1 - back
        if steps[at] == row:
            last = back if last < 0 else last
            first = back
            times += 1
            strongest = max(strongest, events[at])
    line[18], line[19], line[20], line[21], line[22] = last, first, times, times / len(steps), strongest


@compiled
def against_categories(row: int, steps: IntArray, facts: Facts, line: FloatArray) -> None:
    """Whether the session looked at the candidate's category."""
    category = facts.categories[row]
    if category < 0:
        line[35], line[36] = np.nan, np.nan
        return
    same, count = 0, min(COMPARED, len(steps))
    for back in range(count):
        same += facts.categories[steps[len(steps) - 1 - back]] == category
    line[35], line[36] = facts.categories[steps[-1]] == category, same / count
