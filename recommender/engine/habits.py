"""What a shop's orders say beyond single items: which categories meet, and whether like goes with like."""

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.labels import NONE, Labels
from recommender.models.arrays import spread
from recommender.models.index import EXACT_ITEMS
from recommender.models.models import Models
from recommender.models.neighbours import NeighbourModel

Scores = NDArray[np.float32]
Places = NDArray[np.int64]

CHANCE_MEETINGS = 5.0
"""Orders in which two categories are counted to meet by chance, so that of rare ones little is believed."""
NEAREST = 10
"""Of each item's companions the best ones are looked at."""
ALIKE = 0.5
"""Cosine of descriptions from which two items are alike."""
FEW_ORDERS = 200.0
"""Orders counted as saying nothing, so that a few pairs prove no habit."""
SAMPLED = 10_000
"""In a large shop the companions of so many items, evenly spread, are looked at, the same in every model."""
MOST = 0.5
"""The most that likeness may add to a bond or take from it."""


def category_bonds(labels: Labels, models: Models) -> Scores:
    """How many times more often than by chance two categories meet in an order; one row and column a category."""
    size, pairs = len(labels.names), models.bought_together
    if pairs is None:
        return np.zeros((size, size), np.float32)
    sources, cells = _cells(pairs)
    first, second = labels.codes[sources], labels.codes[pairs.rows[cells]]
    known = (first != NONE) & (second != NONE)
    places = first[known].astype(np.int64) * size + second[known]
    counted = np.bincount(places, pairs.support[cells][known], size * size).reshape(size, size)
    # Either of two items may be too weak a bond for the other's list.
    met = (counted + counted.T) / 2
    each = met.sum(axis=1)
    expected = np.outer(each, each) / max(float(met.sum()), 1.0)
    return (met / (expected + CHANCE_MEETINGS)).astype(np.float32)


def alike_together(models: Models) -> float:
    """How much more, or less when negative, a bond counts between items that are described alike; `MOST` at most.

    Where the same people buy things that are alike in one order rather than one after the other, like goes with
    like; where they come one after the other, one stands in for the other.
    """
    pairs, people, content = models.bought_together, models.purchases, models.content
    if pairs is None or people is None or content is None:
        return 0.0
    sources, place = _cells(people, NEAREST)
    others, bought = people.rows[place], people.support[place].astype(np.float64)
    like = np.einsum("ij,ij->i", content.vectors[sources], content.vectors[others]) > ALIKE
    width = len(people)
    owners, cells = _cells(pairs)
    known, support = owners.astype(np.int64) * width + pairs.rows[cells], pairs.support[cells]
    order = np.argsort(known)
    asked = sources.astype(np.int64) * width + others
    found = np.minimum(np.searchsorted(known[order], asked), max(len(known) - 1, 0))
    same = np.where(known[order][found] == asked, support[order][found], 0) if len(known) else np.zeros(len(asked))
    usual = same.sum() / max(bought.sum(), 1.0)
    share = (same[like].sum() + FEW_ORDERS * usual) / (bought[like].sum() + FEW_ORDERS)
    return float(np.clip(share / usual - 1, -MOST, MOST)) if usual > 0 else 0.0


def _cells(model: NeighbourModel, most: int | None = None) -> tuple[Places, Places]:
    """Items whose lists are looked at, once for each of the best `most` of the list, and where these lie."""
    items = np.arange(len(model)) if len(model) <= EXACT_ITEMS else spread(np.arange(len(model)), SAMPLED)
    lengths = np.diff(model.indptr)[items]
    lengths = lengths if most is None else np.minimum(lengths, most)
    begins = np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(items, lengths), np.repeat(model.indptr[items], lengths) + np.arange(len(begins)) - begins
