"""What one request is about; worked out once for all its lists."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.engine.course import Course
from recommender.engine.newcomers import newcomers
from recommender.engine.profile import Profile
from recommender.engine.request import Visitor
from recommender.engine.snapshot import Scores, Snapshot
from recommender.engine.trail import Trail
from recommender.models.neighbours import NeighbourModel
from recommender.vocabulary import Rows

CONTENT_WEIGHT = np.float32(0.15)
"""What a likeness in content adds to the affinity of items that people's behaviour speaks of."""
MAX_WITNESSES = 40
"""Items of a profile among which the one is looked for that explains a recommendation."""
NEWCOMER_WEIGHT = np.float32(0.6)
"""The same for items that nobody has chosen yet: for them it is all there is."""


@dataclass(frozen=True, eq=False)
class Situation:
    """A visitor before a snapshot at a moment."""

    snapshot: Snapshot
    visitor: Visitor
    now: datetime

    @cached_property
    def profile(self) -> Profile:
        """What the visitor cares for."""
        models, table = self.snapshot.models, self.snapshot.table
        trail = Trail.of(self.visitor, models, table, self.now)
        return Profile(trail) if models.taste is None else Profile(trail, models.taste.half_life_days)

    @cached_property
    def course(self) -> Course:
        """What the visitor did in this session, as far as the models know its items."""
        return Course.of(self.visitor, self.snapshot.models.items, self.now)

    @cached_property
    def cart(self) -> Rows:
        """Rows in the cart."""
        return self.snapshot.table.rows(item.item_id for item in self.visitor.cart)

    @cached_property
    def affinity(self) -> Scores:
        """How much the visitor is drawn to each row of the table."""
        models, profile = self.snapshot.models, self.profile
        scores = np.zeros(len(self.snapshot.table), np.float32)
        known = profile.rows < len(models.items)
        scores[: len(models.items)] = models.affinity(profile.rows[known], profile.weights[known])
        if len(self.likeness):
            scores += np.where(scores > 0, CONTENT_WEIGHT, NEWCOMER_WEIGHT) * self.likeness
            rows, drawn = newcomers(self.snapshot, profile.rows, profile.weights)
            highest = float(drawn.max(initial=0.0))
            if highest > 0:
                # What their description foretells of their behaviour orders them better than the description itself.
                scores[rows] = drawn * (NEWCOMER_WEIGHT * float(self.likeness[rows].max()) / highest)
        return scores

    @cached_property
    def likeness(self) -> Scores:
        """How much each row is like the visitor's items in content; empty when content says nothing."""
        content, profile = self.snapshot.models.content, self.profile
        if content is None or profile.empty:
            return np.empty(0, np.float32)
        taste = profile.weights @ self.snapshot.content_vectors(profile.rows)
        length = float(np.linalg.norm(taste))
        if length == 0:
            return np.empty(0, np.float32)
        near = np.concatenate([content.vectors @ taste, self.snapshot.newer_vectors @ taste]) / length
        return np.maximum(near, 0).astype(np.float32)

    @cached_property
    def witnesses(self) -> NDArray[np.intp]:
        """Places of the profile's items that count most: those named when a reason is asked for."""
        return np.argsort(-self.profile.weights, kind="stable")[:MAX_WITNESSES]

    def bonds(self, row: int) -> Scores:
        """How strongly each of the `witnesses` speaks for the item in `row`."""
        total = np.zeros(len(self.witnesses), np.float32)
        for owners, rows, scores in self._lists:
            hit = np.flatnonzero(rows == row)
            total[owners[hit]] += scores[hit]
        vector = self.snapshot.content_vector(row)
        if vector is not None:
            total += CONTENT_WEIGHT * np.maximum(self._contents @ vector, 0) ** 2
        return total * self.profile.weights[self.witnesses]

    @cached_property
    def _lists(self) -> list[tuple[Rows, Rows, Scores]]:
        """Of each item-item model: the witnesses, their neighbours, and how near those are, 1 at most."""
        models = (self.snapshot.models.bonds, self.snapshot.models.views, self.snapshot.models.purchases)
        rows = self.profile.rows[self.witnesses]
        return [_lists(model, rows) for model in models if model is not None]

    @cached_property
    def _contents(self) -> Scores:
        return self.snapshot.content_vectors(self.profile.rows[self.witnesses])

    def blocked(self, *groups: Rows) -> NDArray[np.bool_]:
        """Flags of the rows in any of `groups`."""
        flags = np.zeros(len(self.snapshot.table), np.bool_)
        for rows in groups:
            flags[rows] = True
        return flags


def _lists(model: NeighbourModel, rows: Rows) -> tuple[Rows, Rows, Scores]:
    found = [model.neighbours(int(row)) for row in rows]
    owners = np.repeat(np.arange(len(found), dtype=np.int32), [len(near.rows) for near in found])
    scores = np.concatenate([near.scores for near in found])
    highest = np.float32(max(float(scores.max(initial=0.0)), 1e-9))
    return owners, np.concatenate([near.rows for near in found]), np.divide(scores, highest, dtype=np.float32)
