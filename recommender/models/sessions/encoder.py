"""A linear session encoder: a session is the direction in which its latest items point, an item is close or not."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray, LongArray, load_arrays, save_arrays, unit
from recommender.models.compiling import compiled
from recommender.models.sessions.steps import Prefixes, Sessions


class EncoderConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`SessionEncoder.fit`."""

    dimensions: PositiveInt = 96
    """Length of the vectors."""
    positions: PositiveInt = 12
    """Latest steps of a session that count."""
    position_decay: NonNegativeFloat = 0.8
    """How much less each earlier step counts before anything is learned."""
    sharpness: PositiveFloat = 10.0
    """What a cosine is multiplied with before it becomes a probability."""
    epochs: PositiveInt = 4
    """How often each prefix is learned from."""
    batch: PositiveInt = 512
    """Prefixes learned from at once."""
    negatives: PositiveInt = 1024
    """Drawn items that each batch is told apart from."""
    popularity_exponent: NonNegativeFloat = 0.75
    """How much more often popular items are drawn; the loss is corrected for it."""
    rate: PositiveFloat = 0.1
    """Length of the first learning steps."""
    half_life_days: PositiveFloat = 120
    """Age at which a session counts half."""
    spread: float = Field(0.05, gt=0)
    """Of the random first vectors."""
    neighbours: PositiveInt = 50
    """Closest items kept for each item, as candidates."""
    max_lessons: PositiveInt = 4_000_000
    """Prefixes learned from in all: of more there are fewer epochs, and of more than this the latest are taken once."""
    seed: NonNegativeInt = 7
    """Of every random choice."""

    def rounds(self, prefixes: int) -> int:
        """How often each of so many prefixes is learned from."""
        return max(1, min(self.epochs, self.max_lessons // max(prefixes, 1)))


@dataclass(frozen=True, eq=False)
class SessionEncoder:
    """Item vectors of length 1, and how much each of the latest steps counts in each dimension."""

    vectors: FloatArray
    positions: FloatArray
    """Steps from the end by dimensions."""
    bias: FloatArray
    """How likely each item is at any session's end."""
    near: IntArray
    """Items by their closest items, the closest first."""
    sharpness: float

    def __len__(self) -> int:
        return len(self.vectors)

    @classmethod
    def fit(cls, sessions: Sessions, config: EncoderConfig) -> Self:
        """Learn which item comes next from every prefix of `sessions`."""
        from recommender.models.sessions.closest import closest
        from recommender.models.sessions.learning import learn

        vectors, positions, bias = learn(sessions, Prefixes.of(sessions).latest(config.max_lessons), config)
        vectors = unit(vectors)
        near = closest(vectors, bias, config.sharpness, config.neighbours)
        return cls(vectors, positions, bias, near, config.sharpness)

    def encode(self, steps: IntArray) -> FloatArray:
        """The direction of a session with these items, the oldest first."""
        out = np.empty((1, self.vectors.shape[1]), np.float32)
        begins, ends = np.zeros(1, np.int64), np.full(1, len(steps), np.int64)
        encode(self.vectors, np.asarray(self.positions), steps.astype(np.int32), begins, ends, out)
        direction: FloatArray = unit(out)[0]
        return direction

    def score(self, steps: IntArray) -> FloatArray:
        """Logit of every item to come next."""
        scores: FloatArray = self.sharpness * (self.vectors @ self.encode(steps)) + self.bias
        return scores

    def save(self, folder: Path) -> None:
        """Write the vectors below `folder`."""
        save_arrays(folder, **{name: getattr(self, name) for name in ARRAYS})
        (folder / "encoder.json").write_text(json.dumps({"sharpness": self.sharpness}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        vectors, positions, bias, near = load_arrays(folder, *ARRAYS)
        try:
            sharpness = float(json.loads((folder / "encoder.json").read_text())["sharpness"])
        except (OSError, ValueError, KeyError) as error:
            raise ArtifactError(f"encoder.json in {folder} cannot be read: {error}") from None
        return cls(vectors, positions, bias, near, sharpness)


ARRAYS = ("vectors", "positions", "bias", "near")


@compiled
def encode(
    vectors: FloatArray, positions: FloatArray, item_rows: IntArray, begins: LongArray, ends: LongArray, out: FloatArray
) -> None:
    """Write into each row of `out` the weighted sum of the vectors of the items before `ends`."""
    reach, dimensions = positions.shape
    for row in range(len(begins)):
        out[row, :] = np.float32(0)
        for step in range(min(reach, ends[row] - begins[row])):
            item = item_rows[ends[row] - 1 - step]
            for place in range(dimensions):
                out[row, place] += positions[step, place] * vectors[item, place]
