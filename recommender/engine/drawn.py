"""How much a visitor is drawn to which rows: of every row in a small shop, of the nearest ones in a large one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.engine.newcomers import newcomers
from recommender.engine.profile import Profile
from recommender.engine.snapshot import Scores, Snapshot
from recommender.models.affinity import affinity_nearby
from recommender.vocabulary import Rows

CONTENT_WEIGHT = np.float32(0.15)
"""What a likeness in content adds to the affinity of items that people's behaviour speaks of."""
NEWCOMER_WEIGHT = np.float32(0.6)
"""The same for items that nobody has chosen yet: for them it is all there is."""
NEARBY = 1000
"""Rows that each source proposes in a large shop."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows to which the visitor is drawn at all."""

    rows: Rows
    """In rising order."""
    scores: Scores
    like: Callable[[Rows], Scores] | None = None
    """How much rows are like the visitor's items in content; None when content says nothing."""

    def at(self, rows: Rows) -> Scores:
        """Of any rows; 0 where nothing is known of them."""
        found = np.zeros(len(rows), np.float32)
        if len(self.rows):
            places = np.minimum(self.rows.searchsorted(rows), len(self.rows) - 1)
            known = self.rows[places] == rows
            found[known] = self.scores[places[known]]
        return found


def drawn(snapshot: Snapshot, profile: Profile, among: Flags | None = None) -> Drawn:
    """Look at every row in a small shop, else at those that the models' indexes and lists find.

    Args:
        snapshot: the shop.
        profile: what the visitor cares for.
        among: one flag for each row that is looked for; None: all. A small shop looks at all of them anyway.
    """
    if not snapshot.large:
        return _everywhere(snapshot, profile)
    return _nearby(snapshot, profile, among)


def _everywhere(snapshot: Snapshot, profile: Profile) -> Drawn:
    models, like = snapshot.models, _likeness(snapshot, profile)
    scores = np.zeros(len(snapshot.table), np.float32)
    known = profile.rows < len(models.items)
    scores[: len(models.items)] = models.affinity(profile.rows[known], profile.weights[known])
    if like is not None:
        scores += np.where(scores > 0, CONTENT_WEIGHT, NEWCOMER_WEIGHT) * like
        rows, foretold = newcomers(snapshot, profile.rows, profile.weights)
        highest = float(foretold.max(initial=0.0))
        if highest > 0:
            # What their description foretells of their behaviour orders them better than the description itself.
            scores[rows] = foretold * (NEWCOMER_WEIGHT * float(like[rows].max()) / highest)
    rows = np.flatnonzero(scores > 0).astype(np.int32)
    return Drawn(rows, scores[rows], None if like is None else like.__getitem__)


def _likeness(snapshot: Snapshot, profile: Profile) -> Scores | None:
    """How much each row is like the visitor's items in content."""
    content, taste = snapshot.models.content, _taste(snapshot, profile)
    if content is None or taste is None:
        return None
    length = float(np.linalg.norm(taste))
    near = np.concatenate([content.vectors @ taste, snapshot.newer_vectors @ taste]) / length
    return np.maximum(near, 0).astype(np.float32)


def _taste(snapshot: Snapshot, profile: Profile) -> Scores | None:
    """Direction of the visitor's items in content; None when it says nothing."""
    if snapshot.models.content is None or profile.empty:
        return None
    taste: Scores = profile.weights @ snapshot.content_vectors(profile.rows)
    return taste if np.any(taste) else None


def _nearby(snapshot: Snapshot, profile: Profile, among: Flags | None) -> Drawn:
    models, size, taste = snapshot.models, len(snapshot.models.items), _taste(snapshot, profile)
    known = profile.rows < size
    flags = None if among is None else among[:size]
    own, scores = affinity_nearby(models, profile.rows[known], profile.weights[known], NEARBY, flags)
    if taste is None:
        return Drawn(own[scores > 0], scores[scores > 0])
    length = np.float32(np.linalg.norm(taste))

    def like(rows: Rows) -> Scores:
        near: Scores = np.maximum(snapshot.content_vectors(rows) @ taste / length, 0).astype(np.float32)
        return near

    rows = np.unique(np.concatenate([own, _described_alike(snapshot, taste, flags), snapshot.table.newer_rows()]))
    rows = rows.astype(np.int32)
    total, near = np.zeros(len(rows), np.float32), like(rows)
    total[np.searchsorted(rows, own)] = scores
    total += np.where(total > 0, CONTENT_WEIGHT, NEWCOMER_WEIGHT) * near
    new, foretold = newcomers(snapshot, profile.rows, profile.weights, rows)
    highest = float(foretold.max(initial=0.0))
    if highest > 0:
        places = np.searchsorted(rows, new)
        total[places] = foretold * (NEWCOMER_WEIGHT * float(near[places].max()) / highest)
    kept = total > 0
    return Drawn(rows[kept], total[kept], like)


def _described_alike(snapshot: Snapshot, taste: Scores, flags: Flags | None) -> Rows:
    index = snapshot.models.content_index
    if index is None:
        return np.empty(0, np.int32)
    found: Rows = index.search(taste[None], NEARBY, flags)[0][0]
    near: Rows = found[found >= 0]
    return near
