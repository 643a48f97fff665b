"""Vectors of items as large shops have them: families of like items in kinds and categories, a few of them very large.

How they lie follows the content vectors of a synthetic shop of 100,000 items, which have the 10th nearest at a cosine
of .79 (here .74), the 100th at .65 (.54), the 2,000th at .33 (.24), and .981 (.974) of the 100 nearest in 8 of 632
lists, .999 (.999) in 64. Large families are harder for codes: those of 32 bytes put .997 (.913) of what the lists hold
among the first 200, all but .0003 (.002) among the first 800.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.synthetic.drawing import zipf

FloatArray = NDArray[np.float32]

DIMENSIONS: Final = 192
SHARES: Final = (0.16, 0.16, 0.38, 0.30)
"""What of an item's vector is its category, its kind, its family, and its features; squares of lengths, on average."""
CATEGORIES, ITEMS_A_FAMILY, FAMILIES_A_KIND = 200, 60, 15
FEATURES, FEATURES_AN_ITEM = 3000, 4
"""Words, so to say; some are in many items."""
TAIL: Final = 1.5
"""Exponent of the sizes of families (Pareto): the smaller, the larger the largest."""
FALL: Final = -0.2
"""How the directions fall: the j-th has j to this power."""
AT_ONCE = 100_000


@dataclass(frozen=True, eq=False)
class Mixture:
    """Where families lie, and how large they are."""

    centres: FloatArray
    """One a family; what its items have in common."""
    chances: NDArray[np.float64]
    """Of an item to be of each family, added up."""
    features: FloatArray
    """What an item has beside its family, in common with some items of others."""

    @classmethod
    def of(cls, items: int, seed: int = 7, dimensions: int = DIMENSIONS) -> Self:
        """The mixture of a shop of so many items."""
        draw = np.random.default_rng([seed, 0])
        families = max(items // ITEMS_A_FAMILY, 4)
        kinds = max(families // FAMILIES_A_KIND, 2)
        sizes = 1 + draw.pareto(TAIL, families)
        kind = _drawn(draw, zipf(kinds, 0.5), families)
        category = _drawn(draw, zipf(CATEGORIES, 0.5), kinds)
        above = _directions(draw, CATEGORIES, dimensions, SHARES[0])[category]
        above += _directions(draw, kinds, dimensions, SHARES[1])
        centres = above[kind] + _directions(draw, families, dimensions, SHARES[2])
        return cls(centres, np.cumsum(sizes), _directions(draw, FEATURES, dimensions, SHARES[3] / FEATURES_AN_ITEM))

    def items(self, count: int, stream: int = 0) -> FloatArray:
        """So many items, in no order; another `stream` has others of the same shop."""
        draw = np.random.default_rng([stream, count])
        family = np.searchsorted(self.chances, draw.uniform(0, self.chances[-1], count))
        vectors = self.centres[family]
        for _ in range(FEATURES_AN_ITEM):
            vectors += self.features[_drawn(draw, zipf(FEATURES, 0.7), count)]
        scaled: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return scaled

    def write(self, folder: Path, count: int) -> None:
        """Write so many items to `vectors.npy` below `folder`, block by block."""
        folder.mkdir(parents=True, exist_ok=True)
        shape = (count, self.centres.shape[1])
        file = np.lib.format.open_memmap(folder / "vectors.npy", mode="w+", dtype=np.float32, shape=shape)
        for stream, begin in enumerate(range(0, count, AT_ONCE), 1):
            file[begin : begin + AT_ONCE] = self.items(min(AT_ONCE, count - begin), stream)
        file.flush()


def _drawn(draw: np.random.Generator, weights: NDArray[np.float64], count: int) -> NDArray[Any]:
    return draw.choice(len(weights), count, p=weights / weights.sum())


def _directions(draw: np.random.Generator, count: int, dimensions: int, share: float) -> FloatArray:
    scale = np.arange(1, dimensions + 1, dtype=np.float32) ** FALL
    scale *= np.sqrt(share / np.square(scale).sum())
    found: FloatArray = draw.standard_normal((count, dimensions), np.float32) * scale
    return found
