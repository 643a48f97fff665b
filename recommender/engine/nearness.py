"""What lies nearest to an item in an index of vectors."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recommender.engine.candidates import Scores
from recommender.models.compiling import sealed
from recommender.models.index import ItemIndex
from recommender.models.models import Models
from recommender.vocabulary import Rows

NEAREST = 100
"""How many items an index is asked for."""
KEPT = 4096
"""Items without a list whose nearest ones are remembered, 3 MB in all: visitors look at the same new items."""

Nearest = tuple[Rows, Scores]


def nearest(
    index: ItemIndex, vector: Scores, row: int, among: NDArray[np.bool_] | None = None, size: int = NEAREST
) -> Nearest:
    """The `size` rows nearest to a vector, without `row`, and their likeness from 0 to 1."""
    rows, scores = index.search(vector[None], size + 1, among)
    kept = (rows[0] != row) & (rows[0] >= 0) & (scores[0] > 0)
    return rows[0][kept], scores[0][kept] ** 2


def remembered(models: Models) -> Callable[[str, int], Nearest]:
    """Searches for the rows nearest to one of the artifact's, by `factors` or `content`; remembers the latest."""

    def find(source: str, row: int) -> Nearest:
        model, index = {
            "factors": (models.factors, models.factor_index),
            "content": (models.content, models.content_index),
        }[source]
        if model is None or index is None or row >= len(model) or not np.any(vector := model.vectors[row]):
            return np.empty(0, np.int32), np.empty(0, np.float32)
        rows, scores = nearest(index, vector, row)
        return sealed(rows), sealed(scores)

    return lru_cache(KEPT)(find)
