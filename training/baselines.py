"""Baselines: what a recommendation must beat, answering the very cases that the engine answers.

Popular items and personal frequency cost nothing; cosine and BM25 item-kNN and ALS are those of the library
`implicit` (Frederickson), left at its defaults but for the number of neighbours. A list that its method cannot fill
is topped up with popular items, as the engine does, so that none loses for being short.
"""

import warnings
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from recommender.models.arrays import FloatArray, IntArray
from recommender.models.threads import one_blas_thread
from training.past import Past

NEIGHBOURS = 200
"""The library's default of 20 could not fill a list of 20 without the item itself."""
FACTORS = 100
NONE = -1


class Baseline(StrEnum):
    """One simple way to rank the catalogue."""

    POPULAR = "popular"
    """What most had in the last 30 days."""
    PERSONAL_FREQUENCY = "personal_frequency"
    """What the visitor had most often; only where repeats count."""
    COSINE = "cosine_knn"
    BM25 = "bm25_knn"
    ALS = "als"


CHEAP = frozenset({Baseline.POPULAR, Baseline.PERSONAL_FREQUENCY})
"""Those that cost next to nothing."""
ALL = frozenset(Baseline)


def answers(
    wanted: frozenset[Baseline], past: Past, known: Any, *, size: int, repeats: bool, seed: int
) -> dict[Baseline, IntArray]:
    """Item rows of each wanted baseline: cases by places, best first, -1 where there is nothing left.

    Args:
        wanted: which baselines.
        past: what they learn from.
        known: sparse, cases by items: what is known of each visitor.
        size: length of the lists.
        repeats: whether known items may be shown.
        seed: of the factors.
    """
    methods: Mapping[Baseline, Callable[[], IntArray]] = {
        Baseline.POPULAR: lambda: np.full((known.shape[0], size), NONE, np.int32),
        Baseline.PERSONAL_FREQUENCY: lambda: _frequency(known, past.popular, size),
        Baseline.COSINE: lambda: _neighbours("CosineRecommender", past, known, size, repeats),
        Baseline.BM25: lambda: _neighbours("BM25Recommender", past, known, size, repeats),
        Baseline.ALS: lambda: _factors(past, known, size, repeats, seed),
    }
    able = [one for one in Baseline if one in wanted and (repeats or one is not Baseline.PERSONAL_FREQUENCY)]
    if not past.counts.nnz:
        able = [one for one in able if one in CHEAP]
    with one_blas_thread():
        return {one: _topped_up(methods[one](), past.popular, known, repeats) for one in able}


def _frequency(known: Any, popular: FloatArray, size: int) -> IntArray:
    """Items by how often the visitor had them, then by popularity."""
    ranked = np.full((known.shape[0], size), NONE, np.int32)
    for case in range(len(ranked)):
        part = slice(known.indptr[case], known.indptr[case + 1])
        rows, times = known.indices[part], known.data[part]
        best = rows[np.lexsort((rows, -popular[rows], -times))][:size]
        ranked[case, : len(best)] = best
    return ranked


def _neighbours(name: str, past: Past, known: Any, size: int, repeats: bool) -> IntArray:
    from implicit import nearest_neighbours
    from implicit.utils import ParameterWarning

    model = getattr(nearest_neighbours, name)(K=NEIGHBOURS, num_threads=1)
    with warnings.catch_warnings():
        # The library warns of the form of a matrix that it made itself.
        warnings.simplefilter("ignore", ParameterWarning)
        model.fit(past.counts if name.startswith("BM25") else past.counts > 0, show_progress=False)
    return _asked(model, past, known, size, repeats)


def _factors(past: Past, known: Any, size: int, repeats: bool, seed: int) -> IntArray:
    from implicit.cpu.als import AlternatingLeastSquares

    # As many factors as a small shop has items would learn its log by heart.
    factors = min(FACTORS, max(1, min(past.counts.shape) // 4))
    model = AlternatingLeastSquares(factors=factors, random_state=seed, num_threads=1)
    model.fit(past.counts, show_progress=False)
    return _asked(model, past, known, size, repeats, recalculate_user=True)


def _asked(model: Any, past: Past, known: Any, size: int, repeats: bool, **options: Any) -> IntArray:
    """What a model of `implicit` ranks first for each case; items that it says nothing of are left out."""
    places = min(size, past.counts.shape[1])
    cases = np.arange(known.shape[0])
    ids, scores = model.recommend(cases, known, N=places, filter_already_liked_items=not repeats, **options)
    ids = np.where((scores > np.finfo(np.float32).min) & (scores != 0), ids, NONE)
    ranked = np.full((len(cases), size), NONE, np.int32)
    ranked[:, :places] = ids
    return ranked


def _topped_up(ranked: IntArray, popular: FloatArray, known: Any, repeats: bool) -> IntArray:
    """The lists, their empty places filled with popular items that they do not hold and that may be shown."""
    best = np.argsort(-popular, kind="stable").astype(np.int32)
    for case in np.flatnonzero((ranked < 0).any(axis=1)):
        own = ranked[case][ranked[case] >= 0]
        barred = set(own.tolist())
        if not repeats:
            barred.update(known.indices[known.indptr[case] : known.indptr[case + 1]].tolist())
        head = best[: len(barred) + ranked.shape[1]]
        fill = [row for row in head.tolist() if row not in barred]
        full = np.concatenate([own, np.array(fill, np.int32)])[: ranked.shape[1]]
        ranked[case] = NONE
        ranked[case, : len(full)] = full
    return ranked
