"""A filter of the graph of people and items, in closed form.

Of X^T X, X being people by items, it keeps only the main directions V, each by s^2 / (s^2 + ridge). Without exponents
and with all directions it is EASE (Steck 2019), since its (X^T X + ridge)^-1 is 1/ridge (1 - V f V^T); with both
exponents at a half it is the ideal low-pass part of GF-CF (Shen et al. 2021).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recommender.models.arrays import FloatArray, IntArray, spread
from recommender.models.blocks import BLOCKS, Blocks
from recommender.models.decomposition import main_directions
from recommender.models.taste.config import TasteConfig

if TYPE_CHECKING:
    from scipy.sparse import csr_array

AT_ONCE = 65_536
"""Items, or people, that are weighted in one go."""
SCALED_BY = 1000
"""Items whose strongest bonds tell how large a filter's bonds are."""


@dataclass(frozen=True, eq=False)
class Filtered:
    """A filter fitted: the bond from item i to item j is `left[i]` times `right[j]`."""

    left: FloatArray
    right: FloatArray

    @classmethod
    def fit(cls, choices: "csr_array[Any]", config: TasteConfig) -> "Filtered":
        """Find the main directions of `choices`, people by items."""
        import scipy.sparse as sp

        way, items = config.filters[0], choices.shape[1]
        people = np.maximum(np.diff(choices.indptr), 1).astype(np.float64)
        degrees = np.maximum(np.bincount(choices.indices, minlength=items), 1).astype(np.float64)
        weighted = sp.csr_array(
            (
                np.repeat(people**-way.person_exponent, np.diff(choices.indptr))
                * degrees[choices.indices] ** -way.item_exponent,
                choices.indices,
                choices.indptr,
            ),
            shape=choices.shape,
        )
        size = max(1, min(config.dimensions, config.max_cells // max(items, 1)))
        directions = main_directions(weighted, size, config.seed).T
        strengths = np.zeros(directions.shape[1])
        for begin in range(0, len(people), AT_ONCE):
            strengths += ((weighted[begin : begin + AT_ONCE] @ directions) ** 2).sum(axis=0)
        kept = strengths / (strengths + way.ridge * max(strengths.mean(), 1e-12))
        scale = degrees**way.item_exponent
        left, right = (np.empty(directions.shape, np.float32) for _ in range(2))
        for begin in range(0, len(directions), AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            itself = (directions[part] ** 2 * kept).sum(axis=1)
            left[part] = directions[part] * kept / scale[part, None]
            # EASE forbids an item to explain itself: what it explains of others grows by the part that was its own.
            right[part] = directions[part] * (scale[part] / np.maximum(1 - itself, 0.05))[:, None]
        return cls(left, right)

    def strength(self, blocks: Blocks = BLOCKS) -> float:
        """How strong an item's strongest bond is, on average."""
        known = np.flatnonzero(np.any(self.left, axis=1))
        if not len(known):
            return 1.0
        drawn = spread(known, SCALED_BY)
        height = max(1, blocks.products // len(self.right))
        best = [self._strongest(drawn[begin : begin + height]) for begin in range(0, len(drawn), height)]
        return max(float(np.concatenate(best).mean()), 1e-9)

    def _strongest(self, rows: IntArray) -> FloatArray:
        bonds = self.left[rows] @ self.right.T
        bonds[np.arange(len(rows)), rows] = 0
        best: FloatArray = bonds.max(axis=1)
        return best
