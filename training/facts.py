"""What a catalogue's items are, for measuring lists as a whole: known or novel, alike or varied, dear or cheap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from recommender import metrics
from recommender.metrics import Values
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.models import Models
from training.attributes import categories, prices
from training.interactions import Prepared
from training.past import occasions
from training.questions import Questions

BANDS = 5
"""A price band is a fifth of the catalogue's prices."""
ABOUT_LISTS = (
    "coverage",
    "novelty",
    "popularity",
    "popularity_of_history",
    "diversity",
    "same_category",
    "same_price_band",
)
"""What is measured of lists as a whole, in this order."""


@dataclass(frozen=True, eq=False)
class Facts:
    """One value for each item in each column."""

    information: Values
    """Bits of surprise in meeting the item."""
    percentile: Values
    """Share of the catalogue that it is more popular than."""
    category: IntArray
    """-1: unknown."""
    band: IntArray
    """Price band, 0 the cheapest; -1: unknown."""
    price: FloatArray
    vectors: FloatArray | None
    """What the item is like, of length 1 or zero; None where the catalogue has no text, and categories stand in."""

    @classmethod
    def of(cls, earlier: Prepared, models: Models) -> Self:
        """Gather what was known before the judged days."""
        people = occasions(earlier.interactions, earlier.interactions.person_rows)
        chosen = np.asarray((people > 0).sum(axis=0)).ravel()
        price, category = prices(earlier.documents), categories(earlier.documents)
        return cls(
            information=metrics.self_information(chosen, people.shape[0]),
            percentile=metrics.percentile(chosen),
            category=category,
            band=_bands(price),
            price=price,
            vectors=_vectors(models, earlier),
        )

    def of_lists(self, questions: Questions, ranked: IntArray) -> dict[str, float | None]:
        """What `ABOUT_LISTS` names, as means over the lists that have a value; None where none has."""
        held = _held(questions)
        means: dict[str, Values] = {
            "novelty": metrics.mean_of_items(ranked, self.information),
            "popularity": metrics.mean_of_items(ranked, self.percentile),
            "popularity_of_history": np.array([self.percentile[rows].mean() for rows in held if len(rows)]),
            "diversity": self._diversity(ranked),
            "same_category": metrics.share_among(ranked, self.category, [self._categories(rows) for rows in held]),
            "same_price_band": metrics.share_among(ranked, self.band, [self._band(rows) for rows in held]),
        }
        found = {name: _mean(values) for name, values in means.items()}
        return {"coverage": round(metrics.coverage(ranked, questions.items), 4)} | found

    def _diversity(self, ranked: IntArray) -> Values:
        if self.vectors is None:
            return metrics.variety(ranked, self.category)
        return metrics.diversity(ranked, self.vectors)

    def _categories(self, rows: IntArray) -> set[int]:
        return {code for code in self.category[rows].tolist() if code >= 0}

    def _band(self, rows: IntArray) -> set[int]:
        """The band of the middle price of a visitor's items."""
        told = np.sort(self.price[rows][np.isfinite(self.price[rows])])
        if not len(told):
            return set()
        middle = int(np.flatnonzero(self.price == told[(len(told) - 1) // 2])[0])
        return {int(self.band[middle])}


def _held(questions: Questions) -> Sequence[IntArray]:
    """Rows that each case tells of its visitor."""
    return np.split(questions.known.indices, questions.known.indptr[1:-1])


def _mean(values: Values) -> float | None:
    told = values[np.isfinite(values)]
    return round(float(told.mean()), 4) if len(told) else None


def _bands(price: FloatArray) -> IntArray:
    told = np.isfinite(price)
    edges = np.quantile(price[told], np.arange(1, BANDS) / BANDS) if told.any() else np.empty(0)
    return np.where(told, np.searchsorted(edges, price, side="left"), -1).astype(np.int32)


def _vectors(models: Models, earlier: Prepared) -> FloatArray | None:
    """Content vectors in the order of the log's items, which may know more than the models do."""
    if models.content is None:
        return None
    if models.items == earlier.items:
        return np.asarray(models.content.vectors)
    vectors = np.zeros((len(earlier.items), models.content.vectors.shape[1]), np.float32)
    known = [id_ for id_ in earlier.items if id_ in models.items]
    vectors[earlier.items.rows(known)] = models.content.vectors[models.items.rows(known)]
    return vectors
