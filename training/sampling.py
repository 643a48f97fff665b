"""A sample of a large shop: some of its people with all that they did, and the items that they met.

What is chosen and judged needs enough people, not all of them; so its cost stays the same however large the log is.
"""

import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import IntArray
from recommender.models.content import ContentModel
from recommender.models.interactions import Interactions
from recommender.vocabulary import Vocabulary
from training.interactions import Prepared


@dataclass(frozen=True, eq=False)
class Sample:
    """Some people of a shop."""

    prepared: Prepared
    """What they did; vocabularies hold them and the items that they met, and nothing else."""
    rows: IntArray
    """Rows of these items in the whole shop's vocabulary."""

    def content(self, model: ContentModel | None) -> ContentModel | None:
        """What the whole shop's `model` says of the items of the sample."""
        return None if model is None else replace(model, vectors=np.ascontiguousarray(model.vectors[self.rows]))


def drawn(prepared: Prepared, most: int, seed: int) -> Sample:
    """People who have at most so many interactions together.

    Who is drawn depends on their ids alone: the same people are drawn again when the log has grown.
    """
    interactions = prepared.interactions
    people = _people(interactions, most, seed)
    chosen = {interactions.people[row] for row in np.flatnonzero(people).tolist()}
    kept = interactions.where(_told(interactions.person_rows, people))
    profiles = prepared.profiles
    known = np.fromiter((id_ in chosen for id_ in profiles.people), np.bool_, len(profiles.people))
    profiles = profiles.where(_told(profiles.person_rows, known))
    met = np.zeros(len(interactions.items), np.bool_)
    met[kept.item_rows] = met[profiles.item_rows] = True
    rows = np.flatnonzero(met).astype(np.int32)
    items = Vocabulary([interactions.items[row] for row in rows.tolist()])
    sample = replace(
        prepared,
        interactions=_renumbered(kept, items, met, people),
        profiles=_renumbered(profiles, items, met, known),
        documents=[prepared.documents[row] for row in rows.tolist()],
    )
    return Sample(sample, rows)


def of_some(interactions: Interactions, most: int, seed: int) -> Interactions:
    """The interactions of known people: all, or at most so many, of the people whom :func:`drawn` draws."""
    if np.count_nonzero(interactions.person_rows >= 0) <= most:
        return interactions.where(interactions.person_rows >= 0)
    return interactions.where(_told(interactions.person_rows, _people(interactions, most, seed)))


def _people(interactions: Interactions, most: int, seed: int) -> NDArray[np.bool_]:
    """Which people are drawn: those of the lowest digests."""
    size = len(interactions.people)
    digests = np.fromiter((zlib.crc32(f"{seed} {id_}".encode()) for id_ in interactions.people), np.uint32, size)
    order = np.lexsort((np.arange(size), digests))
    counts = np.bincount(interactions.person_rows[interactions.person_rows >= 0], minlength=size)
    chosen = np.zeros(size, np.bool_)
    chosen[order[np.cumsum(counts[order]) <= most]] = True
    return chosen


def _told(rows: IntArray, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of `rows` are of those chosen; -1 is nobody."""
    found: NDArray[np.bool_] = (rows >= 0) & np.append(chosen, False)[rows]
    return found


def _renumbered(
    interactions: Interactions, items: Vocabulary, met: NDArray[np.bool_], people: NDArray[np.bool_]
) -> Interactions:
    return replace(
        interactions,
        items=items,
        people=Vocabulary([interactions.people[row] for row in np.flatnonzero(people).tolist()]),
        item_rows=_places(met)[interactions.item_rows],
        person_rows=_places(people)[interactions.person_rows],
        session_rows=_compact(interactions.session_rows),
        order_rows=_compact(interactions.order_rows),
    )


def _places(kept: NDArray[np.bool_]) -> IntArray:
    """New row of each row that is kept."""
    return (np.cumsum(kept) - 1).astype(np.int32)


def _compact(rows: IntArray) -> IntArray:
    """Rows numbered without gaps, in their order; -1 stays."""
    distinct, places = np.unique(rows, return_inverse=True)
    return (places - int(len(distinct) > 0 and distinct[0] < 0)).astype(np.int32)
