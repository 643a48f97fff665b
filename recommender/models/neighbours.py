"""Item-item neighbours: for each item the items that the same people, sessions or orders chose with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat, PositiveInt

from recommender.models.arrays import FloatArray, IntArray, LongArray, laid, load_arrays, offsets, save_arrays
from recommender.models.blocks import BLOCKS, Blocks
from recommender.models.compiling import compiled, sealed, slot_of

if TYPE_CHECKING:
    from recommender.models.cooccurrence import Baskets, Score


class NeighbourConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`NeighbourModel.fit`."""

    neighbours: PositiveInt = 200
    """How many neighbours an item keeps."""
    source_exponent: NonNegativeFloat = 0.5
    """How strongly the popularity of the item itself is discounted."""
    target_exponent: NonNegativeFloat = 0.4
    """How strongly the popularity of its neighbour is discounted."""
    basket_exponent: NonNegativeFloat = 0.7
    """How strongly baskets of many items are discounted."""
    power: PositiveFloat = 1.5
    """Exponent of the finished score; above 1 favours strong neighbours when lists are added up."""
    half_life_days: PositiveFloat = 180
    """Age at which a basket counts half."""
    min_support: PositiveInt = 1
    """Pairs seen together in fewer baskets are dropped."""
    max_basket: PositiveInt = 500
    """Only the latest items of a longer basket count."""


class Neighbours(NamedTuple):
    """Neighbours of one item, best first."""

    rows: IntArray
    scores: FloatArray
    support: IntArray
    """How many baskets held both."""


class Lists(NamedTuple):
    """All lists of a model, sealed for compiled code."""

    starts: LongArray
    rows: IntArray
    scores: FloatArray
    support: IntArray


def scoring(degrees: IntArray, config: NeighbourConfig) -> "Score":
    """What a pair is worth by how often it was chosen; `degrees` are the baskets that hold each item."""
    degree = np.maximum(degrees, 1).astype(np.float64)
    source, target = degree**-config.source_exponent, degree**-config.target_exponent
    return lambda i, j, together, _count: (source[i] * target[j] * together) ** config.power


Part = tuple[IntArray, IntArray, FloatArray, IntArray]
"""Lists of consecutive items: how long each is; then end to end rows, scores and support."""


@dataclass(frozen=True, eq=False)
class NeighbourModel:
    """One list of neighbours an item, end to end in flat arrays."""

    indptr: LongArray
    rows: IntArray
    scores: FloatArray
    support: IntArray

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @classmethod
    def fit(cls, baskets: "Baskets", config: NeighbourConfig, blocks: Blocks = BLOCKS) -> Self:
        """Find the neighbours of every item by S_ij = (d_i^-a d_j^-b sum_u d_u^-g x_ui x_uj)^s, block by block."""
        from recommender.models.cooccurrence import top_pairs

        baskets = baskets.latest(config.max_basket)
        strength = baskets.weights * np.maximum(baskets.sizes(), 1).astype(np.float64) ** -config.basket_exponent

        return cls.from_parts(
            top_pairs(
                baskets,
                strength,
                score=scoring(baskets.item_degrees(), config),
                k=config.neighbours,
                min_support=config.min_support,
                cells=blocks.pairs,
            ),
        )

    @classmethod
    def from_lists(cls, lists: list[Neighbours]) -> Self:
        """Lay one list an item end to end."""
        return cls.from_parts((np.full(1, len(found.rows), np.int32), *found) for found in lists)

    @classmethod
    def from_parts(cls, parts: Iterable[Part]) -> Self:
        """Lay the lists of consecutive items end to end; each part holds lengths, rows, scores and support."""
        lengths, *columns = laid(parts, np.int64, np.int32, np.float32, np.int32)
        return cls(offsets(lengths), *columns)

    def neighbours(self, row: int) -> Neighbours:
        """Neighbours of the item in `row`; none when the model does not know the row."""
        if not 0 <= row < len(self):
            return Neighbours(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int32))
        part = slice(self.indptr[row], self.indptr[row + 1])
        return Neighbours(self.rows[part], self.scores[part], self.support[part])

    def score(self, rows: IntArray, weights: FloatArray) -> FloatArray:
        """For every item the sum of its scores in the lists of `rows`, each times its weight."""
        total = np.zeros(len(self), np.float32)
        add_up(*self.sealed[:3], rows.astype(np.int32), weights.astype(np.float32), total)
        return total

    def gathered(self, rows: IntArray, weights: FloatArray) -> tuple[IntArray, FloatArray]:
        """As :meth:`score`, but only the items of those lists: their rows, in rising order, and their sums."""
        found, total = gather(*self.sealed[:3], rows.astype(np.int32), weights.astype(np.float32))
        order = np.argsort(found)
        return found[order], total[order]

    @cached_property
    def sealed(self) -> Lists:
        """The lists for compiled code."""
        return Lists(sealed(self.indptr), sealed(self.rows), sealed(self.scores), sealed(self.support))

    def save(self, folder: Path) -> None:
        """Write the lists below `folder`."""
        save_arrays(folder, indptr=self.indptr, rows=self.rows, scores=self.scores, support=self.support)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, "indptr", "rows", "scores", "support"))


@compiled
def add_up(
    starts: LongArray, rows: IntArray, scores: FloatArray, asked: IntArray, weights: FloatArray, total: FloatArray
) -> None:
    """Add to `total` the lists of the items `asked`, each times its weight; unknown items have none."""
    for which in range(len(asked)):
        item = asked[which]
        if 0 <= item < len(starts) - 1:
            for place in range(starts[item], starts[item + 1]):
                total[rows[place]] += weights[which] * scores[place]


@compiled
def gather(
    starts: LongArray, rows: IntArray, scores: FloatArray, asked: IntArray, weights: FloatArray
) -> tuple[IntArray, FloatArray]:
    """The distinct items in the lists of the items `asked`, and what :func:`add_up` would give each."""
    cells = 0
    for item in asked:
        if 0 <= item < len(starts) - 1:
            cells += starts[item + 1] - starts[item]
    slots = 16
    while slots < 2 * cells:
        slots *= 2
    keys, places = np.full(slots, -1, np.int32), np.empty(slots, np.int32)
    found, total = np.empty(cells, np.int32), np.zeros(cells, np.float32)
    count = 0
    for which in range(len(asked)):
        item = asked[which]
        if 0 <= item < len(starts) - 1:
            for cell in range(starts[item], starts[item + 1]):
                slot = slot_of(keys, rows[cell])
                if keys[slot] == -1:
                    keys[slot], places[slot], found[count] = rows[cell], count, rows[cell]
                    count += 1
                total[places[slot]] += weights[which] * scores[cell]
    return found[:count], total[:count]
