"""What one request is about; worked out once for all its lists."""

from dataclasses import dataclass
from datetime import datetime
from math import floor

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.table import epoch_days
from recommender.engine.course import Course
from recommender.engine.drawn import CONTENT_WEIGHT, Drawn, drawn
from recommender.engine.page import Page, PageType
from recommender.engine.profile import Profile
from recommender.engine.request import NOBODY, Visitor
from recommender.engine.snapshot import Scores, Snapshot
from recommender.engine.trail import Trail
from recommender.lazy import cached_property
from recommender.models.compiling import sealed
from recommender.models.neighbours import NeighbourModel
from recommender.retention import knowledge
from recommender.retention.facts import Facts
from recommender.retention.knowledge import Told
from recommender.vocabulary import Rows

MAX_WITNESSES = 40
"""Items of a profile among which the one is looked for that explains a recommendation."""


@dataclass(frozen=True, eq=False)
class Situation:
    """A visitor before a snapshot at a moment."""

    snapshot: Snapshot
    visitor: Visitor
    now: datetime
    known: Facts | None = None
    """What somebody found out of the visitor before."""

    @cached_property
    def facts(self) -> Facts:
        """What segments ask for."""
        return self.known or knowledge.facts(self.snapshot, self.visitor, Told(Page(PageType.OTHER)), self.now)

    @property
    def nobody(self) -> bool:
        """Whether nothing can be known of the visitor."""
        return not self.visitor.personal or self.visitor is NOBODY

    @cached_property
    def profile(self) -> Profile:
        """What the visitor cares for."""
        models, table = self.snapshot.models, self.snapshot.table
        trail = Trail.of(self.visitor, models, table, self.now)
        return Profile(trail) if models.taste is None else Profile(trail, models.taste.half_life_days)

    def rows(self, item_ids: tuple[str, ...]) -> Rows:
        """Rows of the known items among `item_ids`; the lists of a page ask for the same ones."""
        if item_ids not in self._rows:
            self._rows[item_ids] = self.snapshot.table.rows(item_ids)
        return self._rows[item_ids]

    def title(self, row: int) -> str:
        """What shoppers call an item that reasons speak of, over and over."""
        if row not in self._titles:
            self._titles[row] = self.snapshot.table.title(row)
        return self._titles[row]

    @cached_property
    def _titles(self) -> dict[int, str]:
        return {}

    @cached_property
    def _rows(self) -> dict[tuple[str, ...], Rows]:
        return {}

    @cached_property
    def course(self) -> Course:
        """What the visitor did in this session, as far as the models know its items."""
        return Course.of(self.visitor, self.snapshot.models.items, self.now)

    @cached_property
    def cart(self) -> Rows:
        """Rows in the cart."""
        return self.snapshot.table.rows(item.item_id for item in self.visitor.cart)

    @cached_property
    def affinity(self) -> Drawn:
        """How much the visitor is drawn to which rows of the table."""
        return drawn(self.snapshot, self.profile)

    def affinity_among(self, flags: NDArray[np.bool_]) -> Drawn:
        """The same of the rows in `flags`, one for each of the table; only these are looked for."""
        return drawn(self.snapshot, self.profile, flags)

    @cached_property
    def day(self) -> int:
        """Days since 1970."""
        return floor(epoch_days(self.now))

    def new_items(self, seeds: Rows | None) -> tuple[Rows, Scores]:
        """Rows that are new today, and how well each fits to some items; None: to what the visitor cares for."""
        key = None if seeds is None else tuple(seeds.tolist())
        if key not in self._new_items:
            rows, vectors = self.snapshot.newcomers(self.day)
            near = self.snapshot.content_vectors(self.profile.rows if seeds is None else seeds)
            taste: Scores = near.sum(axis=0) if seeds is not None else self.profile.weights @ near
            length = np.float32(np.sqrt(taste @ taste))
            self._new_items[key] = rows, sealed(vectors @ (taste / length if length else taste))
        return self._new_items[key]

    @cached_property
    def _new_items(self) -> dict[tuple[int, ...] | None, tuple[Rows, Scores]]:
        return {}

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


def _lists(model: NeighbourModel, rows: Rows) -> tuple[Rows, Rows, Scores]:
    found = [model.neighbours(int(row)) for row in rows]
    owners = np.repeat(np.arange(len(found), dtype=np.int32), [len(near.rows) for near in found])
    scores = np.concatenate([near.scores for near in found])
    highest = np.float32(max(float(scores.max(initial=0.0)), 1e-9))
    return owners, np.concatenate([near.rows for near in found]), np.divide(scores, highest, dtype=np.float32)
