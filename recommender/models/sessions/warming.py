"""Compiling ahead: run once after installing, so that no server start waits for the compiler.

python -m recommender.models.sessions.warming
"""

import numpy as np

from recommender.models.sessions.config import SessionConfig
from recommender.models.sessions.encoder import EncoderConfig
from recommender.models.sessions.fitting import fit_sessions
from recommender.models.sessions.ranker import RankerConfig
from recommender.models.sessions.steps import Sessions


def warm() -> None:
    """Fit a tiny shop and ask it: everything that training and serving need is compiled and kept on disk."""
    items, steps = 8, 400
    sessions = Sessions(
        np.arange(0, steps + 1, 4, dtype=np.int64),
        np.resize(np.arange(items, dtype=np.int32), steps),
        np.ones(steps, np.uint8),
        np.zeros(steps // 4, np.float32),
        items,
    )
    config = SessionConfig(
        encoder=EncoderConfig(dimensions=8, epochs=1, negatives=8),
        ranker=RankerConfig(trees=1, min_leaf=1),
        min_examples=1,
    )
    nothing, nowhere = np.full(items, np.nan, np.float32), np.full(items, -1, np.int32)
    fit_sessions(sessions, config, prices=nothing, categories=nowhere).warm()


if __name__ == "__main__":
    warm()
