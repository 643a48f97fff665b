"""How the session encoder learns: sampled softmax over cosines, corrected for how often each item is drawn."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray, LongArray
from recommender.models.compiling import compiled
from recommender.models.interactions import decay
from recommender.models.sessions.encoder import EncoderConfig, encode
from recommender.models.sessions.steps import Prefixes, Sessions
from recommender.models.threads import one_blas_thread

CAUTION = np.float32(0.1)
"""Squared slope that every parameter starts with, so that first steps stay small."""
SLOWDOWN = 0.95
"""Share of the rate that is gone when learning ends."""
AT_ONCE = 65_536
"""Vectors that are drawn at once: random numbers are twice as wide."""


class State(NamedTuple):
    """Parameters, and the sum of their squared slopes so far (Adagrad)."""

    vectors: FloatArray
    vector_slopes: FloatArray
    positions: FloatArray
    position_slopes: FloatArray
    bias: FloatArray
    bias_slopes: FloatArray


class Slopes(NamedTuple):
    """What a batch wants changed."""

    sessions: FloatArray
    drawn: FloatArray
    targets: FloatArray
    drawn_bias: FloatArray
    target_bias: FloatArray


def learn(sessions: Sessions, prefixes: Prefixes, config: EncoderConfig) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Item vectors, weights of the positions, and bias of the items."""
    random = np.random.default_rng(config.seed)
    state = _first(sessions, config, random)
    weights = decay(sessions.ages_days, config.half_life_days)[prefixes.sessions]
    chances = (np.bincount(prefixes.targets, weights, sessions.items) + 1.0) ** config.popularity_exponent
    chances /= chances.sum()
    sharpness = np.float32(config.sharpness)
    bounds, expected = np.cumsum(chances), np.log(chances * config.negatives).astype(np.float32)
    epochs = config.rounds(len(prefixes))
    with one_blas_thread():
        for epoch in range(epochs):
            order = random.permutation(len(prefixes))
            for begin in range(0, len(order), config.batch):
                places = order[begin : begin + config.batch]
                done = (epoch + begin / len(order)) / epochs
                drawn = np.minimum(np.searchsorted(bounds, random.random(config.negatives)), sessions.items - 1)
                rate = np.float32(config.rate * (1 - SLOWDOWN * done))
                _step(state, sessions, prefixes.at(places), weights[places], drawn, expected, rate, sharpness)
    met = np.bincount(sessions.item_rows, minlength=sessions.items) > 0
    state.vectors[~met] = 0
    return state.vectors, state.positions, state.bias


def _first(sessions: Sessions, config: EncoderConfig, random: np.random.Generator) -> State:
    vectors = np.empty((sessions.items, config.dimensions), np.float32)
    for begin in range(0, len(vectors), AT_ONCE):
        part = vectors[begin : begin + AT_ONCE]
        part[:] = random.standard_normal(part.shape) * config.spread
    fading = np.exp(-config.position_decay * np.arange(config.positions))
    positions = np.repeat(fading[:, None], config.dimensions, axis=1).astype(np.float32)
    bias = np.zeros(sessions.items, np.float32)
    return State(
        vectors,
        np.full_like(vectors, CAUTION),
        positions,
        np.full_like(positions, 1.0),
        bias,
        np.full_like(bias, CAUTION),
    )


def _step(
    state: State,
    sessions: Sessions,
    batch: Prefixes,
    weights: FloatArray,
    drawn: IntArray,
    expected: FloatArray,
    rate: np.float32,
    sharpness: np.float32,
) -> None:
    raw = np.empty((len(batch), state.vectors.shape[1]), np.float32)
    encode(state.vectors, state.positions, sessions.item_rows, batch.begins, batch.ends, raw)
    here, here_scale = _scaled(raw)
    there, there_scale = _scaled(state.vectors[drawn])
    right, right_scale = _scaled(state.vectors[batch.targets])
    logits = sharpness * (here @ there.T) + (state.bias - expected)[drawn]
    logits[batch.targets[:, None] == drawn[None, :]] = -1e4
    aims = sharpness * np.einsum("bd,bd->b", here, right) + (state.bias - expected)[batch.targets]
    surplus, missing = _errors(logits, aims, weights)
    slopes = Slopes(
        _tangent(here, here_scale, sharpness * (surplus @ there + missing[:, None] * right)),
        _tangent(there, there_scale, sharpness * (surplus.T @ here)),
        _tangent(right, right_scale, sharpness * (missing[:, None] * here)),
        surplus.sum(axis=0),
        missing,
    )
    descend(state.vectors, state.vector_slopes, drawn, slopes.drawn, rate)
    descend(state.vectors, state.vector_slopes, batch.targets, slopes.targets, rate)
    descend(state.bias[:, None], state.bias_slopes[:, None], drawn, slopes.drawn_bias[:, None], rate)
    descend(state.bias[:, None], state.bias_slopes[:, None], batch.targets, slopes.target_bias[:, None], rate)
    descend_sessions(
        state.vectors, state.vector_slopes, state.positions, state.position_slopes,
        sessions.item_rows, batch.begins, batch.ends, slopes.sessions, rate,
    )  # fmt: skip


def _errors(logits: FloatArray, aims: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far the chance of each drawn item is above nothing, and that of each target below certainty."""
    highest = np.maximum(logits.max(axis=1), aims)
    logits -= highest[:, None]
    np.exp(logits, out=logits)
    aims = np.exp(aims - highest)
    share = weights / (logits.sum(axis=1) + aims)
    logits *= share[:, None]
    return logits, aims * share - weights


def _scaled(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Vectors of length 1, and what they were multiplied with."""
    scale = 1 / np.sqrt(np.einsum("bd,bd->b", vectors, vectors) + np.float32(1e-6))
    return vectors * scale[:, None], scale


def _tangent(directions: FloatArray, scale: FloatArray, slopes: FloatArray) -> FloatArray:
    """Slopes of vectors from those of their directions."""
    along = np.einsum("bd,bd->b", directions, slopes)
    result: FloatArray = (slopes - along[:, None] * directions) * scale[:, None]
    return result


@compiled
def descend(
    values: NDArray[np.float32], history: FloatArray, rows: IntArray, slopes: FloatArray, rate: np.float32
) -> None:
    """Move `rows` of `values` against their slopes, one after the other."""
    for place in range(len(rows)):
        row = rows[place]
        for column in range(values.shape[1]):
            slope = slopes[place, column]
            history[row, column] += slope * slope
            values[row, column] -= rate * slope / np.sqrt(history[row, column])


@compiled
def descend_sessions(
    vectors: FloatArray,
    history: FloatArray,
    positions: FloatArray,
    position_history: FloatArray,
    item_rows: IntArray,
    begins: LongArray,
    ends: LongArray,
    slopes: FloatArray,
    rate: np.float32,
) -> None:
    """Move the vectors of the items of each session and the weights of the positions against the session's slopes."""
    reach, dimensions = positions.shape
    wanted = np.zeros((reach, dimensions), np.float32)
    for session in range(len(begins)):
        for step in range(min(reach, ends[session] - begins[session])):
            item = item_rows[ends[session] - 1 - step]
            for place in range(dimensions):
                slope = slopes[session, place]
                wanted[step, place] += slope * vectors[item, place]
                slope *= positions[step, place]
                history[item, place] += slope * slope
                vectors[item, place] -= rate * slope / np.sqrt(history[item, place])
    for step in range(reach):
        for place in range(dimensions):
            position_history[step, place] += wanted[step, place] ** 2
            positions[step, place] -= rate * wanted[step, place] / np.sqrt(position_history[step, place])
