"""Small shops of sessions, written down by hand or drawn with a seed."""

import numpy as np

from recommender.models.arrays import FloatArray, IntArray
from recommender.models.sessions import EncoderConfig, RankerConfig, SessionConfig, Sessions

VIEW = 1
SMALL = SessionConfig(
    encoder=EncoderConfig(dimensions=16, epochs=6, negatives=16, batch=64, neighbours=5),
    ranker=RankerConfig(trees=10, leaves=7, min_leaf=5),
    min_examples=200,
    candidates=20,
)


def sessions(*written: str, items: int = 26) -> Sessions:
    """Each word a session, each letter a view; the first word is the oldest, one day before the next."""
    rows = [[ord(letter) - ord("a") for letter in word] for word in written]
    starts = np.cumsum([0, *map(len, rows)])
    flat = np.array([row for session in rows for row in session], np.int32)
    ages = np.arange(len(rows) - 1, -1, -1, dtype=np.float32)
    return Sessions(starts, flat, np.full(len(flat), VIEW, np.uint8), ages, items)


def wandering(count: int = 1500, items: int = 60, seed: int = 3) -> Sessions:
    """Sessions that go round in one of the shop's rings of ten items, mostly onward, at times back."""
    random = np.random.default_rng(seed)
    rows: list[list[int]] = []
    for _ in range(count):
        ring, place = random.integers(items // 10) * 10, random.integers(10)
        session = [int(ring + place)]
        for move in random.choice([1, 1, 1, 2, -1], size=random.integers(2, 7)):
            place = (place + move) % 10
            session.append(int(ring + place))
        rows.append(session)
    starts = np.cumsum([0, *map(len, rows)])
    flat = np.array([row for session in rows for row in session], np.int32)
    ages = np.linspace(90, 0, count).astype(np.float32)
    return Sessions(starts, flat, np.full(len(flat), VIEW, np.uint8), ages, items)


def nothing_known(items: int) -> dict[str, FloatArray | IntArray]:
    """A catalogue that tells neither prices nor categories."""
    return {"prices": np.full(items, np.nan, np.float32), "categories": np.full(items, -1, np.int32)}
