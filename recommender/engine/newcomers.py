"""How much a visitor is drawn to items that nobody has chosen yet."""

import numpy as np
from numpy.typing import NDArray

from recommender.engine.snapshot import Snapshot
from recommender.vocabulary import Rows

Scores = NDArray[np.float32]

POPULARITY = np.float32(0.2)
"""How far the expected popularity lifts a newcomer."""


def newcomers(snapshot: Snapshot, rows: Rows, weights: Scores, among: Rows | None = None) -> tuple[Rows, Scores]:
    """Rows without a history, and how much a person who chose `rows` is drawn to each; 0 where not at all.

    Scores are on the scale of `models.factors.score`, so they can stand beside those of items with a history.

    Args:
        snapshot: the shop.
        rows: items of the person's history and session, in any order.
        weights: how much each counts.
        among: the only items of the artifact that are looked at, in rising order; None: all.
    """
    factors, model = snapshot.models.factors, snapshot.models.newcomers
    known = rows < (0 if factors is None else len(factors))
    if factors is None or model is None or not known.any():
        return np.empty(0, np.int32), np.empty(0, np.float32)
    person = factors.fold_in(rows[known], weights[known])
    own = slice(None) if among is None else _places(np.asarray(model.rows), among)
    found = np.concatenate([model.rows[own], snapshot.table.newer_rows()])
    vectors = np.concatenate([model.vectors[own], snapshot.newer.vectors])
    popularity = np.concatenate([model.popularity[own], snapshot.newer.popularity])
    drawn = np.maximum(vectors @ person, 0) * np.exp(POPULARITY * popularity)
    return found.astype(np.int32), drawn.astype(np.float32)


def _places(rows: Rows, wanted: Rows) -> Rows:
    """Where those of `wanted` that are among `rows`, which rise, stand there."""
    if not len(rows):
        return np.empty(0, np.int32)
    places = np.minimum(rows.searchsorted(wanted), len(rows) - 1)
    found: Rows = places[rows[places] == wanted].astype(np.int32)
    return found
