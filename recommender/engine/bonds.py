"""What binds items to one another, as compiled code reads it."""

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np

from recommender.engine.blending import NO_VECTORS, Alike, lists, near
from recommender.models.arrays import FloatArray
from recommender.models.compiling import sealed
from recommender.models.models import Models
from recommender.models.neighbours import Lists, NeighbourModel


class Bonds(NamedTuple):
    """All of a snapshot's lists, sealed; empty ones where a model is missing."""

    alike: Alike
    """What makes items alike."""
    orders: Lists
    purchases: Lists
    basket: Lists
    strong_together: FloatArray
    """What a strong bond is in `orders`, `purchases` and `basket`."""
    vectors: FloatArray
    """Of the items' content; none where nothing is described."""
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

        purchases, factor = lists(models.purchases), sealed(described)
        alike = Alike(
            lists(models.views),
            purchases,
            strengths(models.views, models.purchases),
            near(models.near_factors),
            near(models.near_content),
            sealed(familiarity),
            factor,
        )
        return cls(
            alike,
            lists(models.bought_together),
            purchases,
            lists(models.completion),
            strengths(models.bought_together, models.purchases, models.completion),
            NO_VECTORS if models.content is None else sealed(models.content.vectors),
            factor,
        )
