"""How good ranked lists are, alone and as a whole; all of it by place, over many lists at once.

What was found is a boolean array whose last axis is the places of a list, best first; every accuracy metric takes any
number of axes before it and gives one value for each list. Items of lists are rows of the catalogue, -1 where a list
has ended.

Sources: Järvelin & Kekäläinen 2002 (NDCG); Voorhees 1999 (reciprocal rank); Manning, Raghavan & Schütze 2008
(precision, recall, average precision); Ge et al. 2010 (catalogue coverage); Zhou et al. 2010 (novelty as
self-information); Abdollahpouri et al. 2019 (popularity of what is recommended against what was chosen); Ziegler
et al. 2005 (intra-list similarity).
"""

from collections.abc import Container, Hashable, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]
Values = NDArray[np.float64]
Rows = NDArray[np.int32]


class RecallOf(StrEnum):
    """What hits are divided by."""

    LIST = "list"
    """All that is relevant, or as much of it as the list can hold: a perfect list reaches 1."""
    ALL = "all"
    """All that is relevant, even where no list can hold it (the convention of LightGCN's splits)."""


def hits(ranked: Sequence[Hashable], relevant: Container[Hashable], k: int) -> Hits:
    """Which of the first `k` places hold something relevant; missing places hold nothing."""
    found = np.zeros(k, bool)
    found[: len(ranked)] = [item in relevant for item in ranked[:k]]
    return found


def hit_rate(found: Hits) -> Any:
    """1 when anything relevant was found."""
    return found.any(axis=-1).astype(np.float64)


def recall(found: Hits, relevant: Any, of: RecallOf = RecallOf.LIST) -> Any:
    """Hits as a share of what could be found; `relevant` is how many items were right."""
    reachable = relevant if of is RecallOf.ALL else np.minimum(found.shape[-1], relevant)
    return found.sum(axis=-1) / np.maximum(1, reachable)


def precision(found: Hits) -> Any:
    """Hits as a share of the places, missing ones included."""
    return found.sum(axis=-1) / max(1, found.shape[-1])


def reciprocal_rank(found: Hits) -> Any:
    """1 divided by the place of the first hit; 0 without one."""
    return np.where(found.any(axis=-1), 1.0 / (1 + found.argmax(axis=-1)), 0.0)


def ndcg(found: Hits, relevant: Any) -> Any:
    """Hits weighed by place, 1 / log2(1 + place), as a share of what the best order would reach."""
    gains = 1.0 / np.log2(np.arange(2, found.shape[-1] + 2))
    ideal = np.cumsum(gains)[np.clip(relevant, 1, found.shape[-1]) - 1]
    return (found * gains).sum(axis=-1) / ideal


def average_precision(found: Hits, relevant: Any) -> Any:
    """Precision at the place of each hit, as a share of what the best order would reach."""
    at_hits = np.cumsum(found, axis=-1) / np.arange(1, found.shape[-1] + 1) * found
    return at_hits.sum(axis=-1) / np.clip(relevant, 1, found.shape[-1])


def coverage(ranked: Rows, items: int) -> float:
    """Share of the catalogue's `items` that stands in any list."""
    return float(len(np.unique(ranked[ranked >= 0])) / items) if items else 0.0


def self_information(chosen_by: NDArray[Any], people: int) -> Values:
    """Bits of surprise in meeting each item: -log2 of the share of people who chose it, one more counted on each."""
    bits: Values = -np.log2((np.asarray(chosen_by, np.float64) + 1) / (people + 1))
    return bits


def percentile(chosen_by: NDArray[Any]) -> Values:
    """Share of the catalogue that each item is more popular than, from 0 to 1; equals share their mean."""
    _, place, counts = np.unique(chosen_by, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    shares: Values = ((below + (counts - 1) / 2) / max(1, len(chosen_by) - 1))[place]
    return shares


def mean_of_items(ranked: Rows, values: Values) -> Values:
    """Mean of `values`, one for each item, over each list; NaN for an empty one, and items of NaN are left out."""
    told = np.where(ranked >= 0, values[ranked], np.nan) if len(values) else np.full(ranked.shape, np.nan)
    known = np.isfinite(told)
    return _ratio(np.where(known, told, 0.0).sum(axis=-1), known.sum(axis=-1))


def share_among(ranked: Rows, labels: NDArray[Any], wanted: Sequence[Container[int]]) -> Values:
    """Share of each list whose label is one of those `wanted` for it, among items with a label; NaN without any.

    Args:
        ranked: lists by places.
        labels: a number for each item, -1 for none.
        wanted: the labels that count, for each list; a list that wants none has no share.
    """
    found = np.where(ranked >= 0, labels[ranked], -1) if len(labels) else np.full(ranked.shape, -1)
    same = np.array([[code in mine for code in row] for row, mine in zip(found.tolist(), wanted, strict=True)], bool)
    told = (found >= 0) & np.array([bool(mine) for mine in wanted], bool)[:, None]
    return _ratio((same.reshape(found.shape) & told).sum(axis=-1), told.sum(axis=-1))


def diversity(ranked: Rows, vectors: NDArray[Any]) -> Values:
    """1 minus the mean cosine of the items of each list; NaN where fewer than two have a vector.

    Args:
        ranked: lists by places.
        vectors: of length 1, one for each item; zero where nothing is known of it.
    """
    described = np.append((vectors != 0).any(axis=1), False)
    padded = np.concatenate([vectors, np.zeros((1, vectors.shape[1]), vectors.dtype)])
    count = described[ranked].sum(axis=-1)
    # The squared length of a sum of unit vectors is their number plus twice the cosines of all pairs.
    length = np.array([np.square(padded[row].sum(axis=0, dtype=np.float64)).sum() for row in ranked])
    unlike: Values = 1.0 - _ratio(length - count, np.where(count > 1, count * (count - 1), 0))
    return unlike


def variety(ranked: Rows, labels: NDArray[Any]) -> Values:
    """Share of the pairs of each list whose labels differ, among items with one; NaN where fewer than two have one."""
    found = np.where(ranked >= 0, labels[ranked], -1)
    counts = [np.unique(row[row >= 0], return_counts=True)[1] for row in found]
    told = np.array([count.sum() for count in counts], np.int64)
    same = np.array([(count * (count - 1)).sum() for count in counts], np.int64)
    different: Values = 1.0 - _ratio(same, told * (told - 1))
    return different


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> Values:
    """`part` divided by `whole`; NaN where that is 0."""
    shares: Values = np.full(len(part), np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
