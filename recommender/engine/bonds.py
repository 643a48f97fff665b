"""What binds items to one another, as compiled code reads it."""

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np

from recommender.engine.blending import NO_VECTORS, Near, lists, near
from recommender.models.arrays import FloatArray
from recommender.models.compiling import sealed
from recommender.models.models import Models
from recommender.models.neighbours import Lists, NeighbourModel


class Bonds(NamedTuple):
    """All of a snapshot's lists, sealed; empty ones where a model is missing."""

    views: Lists
    purchases: Lists
    orders: Lists
    basket: Lists
    strong_alike: FloatArray
    """What a strong bond is in `views` and `purchases`."""
    strong_together: FloatArray
    """The same in `orders`, `purchases` and `basket`."""
    near_factors: Near
    near_content: Near
    vectors: FloatArray
    """Of the items' content; none where nothing is described."""
    familiarity: FloatArray
    described: FloatArray

    @classmethod
    def of(
        cls,
        models: Models,
        strong: Callable[[NeighbourModel], float],
        familiarity: FloatArray,
        described: FloatArray,
    ) -> Self:
        """Those of `models`.

        Args:
            models: what was fitted.
            strong: the score of a strong bond in one of them.
            familiarity: how well each row of the table is known.
            described: a factor for each row of the table.
        """

        def strengths(*found: NeighbourModel | None) -> FloatArray:
            return sealed(np.array([1.0 if model is None else strong(model) for model in found], np.float32))

        return cls(
            lists(models.views),
            lists(models.purchases),
            lists(models.bought_together),
            lists(models.completion),
            strengths(models.views, models.purchases),
            strengths(models.bought_together, models.purchases, models.completion),
            near(models.near_factors),
            near(models.near_content),
            NO_VECTORS if models.content is None else sealed(models.content.vectors),
            sealed(familiarity),
            sealed(described),
        )
