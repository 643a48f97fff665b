"""Fitting the session model: sources on the past, rankers on what came after, sources again on everything."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray, IntArray
from recommender.models.sessions.config import SessionConfig
from recommender.models.sessions.examples import places, repeated, tabulate
from recommender.models.sessions.model import SessionModel
from recommender.models.sessions.ranker import LambdaRanker, Rankers
from recommender.models.sessions.steps import Prefixes, Sessions


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
