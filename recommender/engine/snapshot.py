"""Everything that is known before anybody asks: models, catalogue and configuration, read only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.table import CatalogTable
from recommender.catalog.text import within
from recommender.configuration import Configuration
from recommender.days import DAY
from recommender.engine.bonds import Bonds
from recommender.engine.caps import Cap, Kinds, Tally
from recommender.engine.choosing import NO_CAPS, NO_KINDS
from recommender.engine.filter import Filter, Test
from recommender.engine.habits import alike_together, category_bonds
from recommender.engine.kin import Kin
from recommender.engine.nearness import Nearest, remembered
from recommender.engine.newer import Newer
from recommender.engine.rules import Rulebook
from recommender.forgotten import Forgotten
from recommender.models.arrays import offsets, spread
from recommender.models.compiling import sealed
from recommender.models.index import EXACT_ITEMS
from recommender.models.models import Models
from recommender.models.neighbours import NeighbourModel
from recommender.vocabulary import Rows

Scores = NDArray[np.float32]

NO_MODEL = "none"
"""Version of a shop for which nothing has been trained."""
UNDESCRIBED = np.float32(0.5)
"""What counts of the score of an item that the shop's catalogue does not describe: it may be sold out for good."""
STRONG_SHARE = 0.9
"""A bond is strong when it is above the best bond of this share of the items."""
HALF_KNOWN = np.float32(30)
"""Views and purchases after which an item is half known."""
NEW_DAYS = 60.0
"""For how long an item is a new arrival."""
WELL_KNOWN = np.float32(0.5)
"""Familiarity from which an item needs no place kept for it."""
MOST_NEWCOMERS = 2000
"""Of more new items than this, the newest are looked at."""
OPENING_DAYS = 14.0
"""Items that came up this soon after the log begins were there before it."""
BULK_SHARE = 0.5
"""When more of the catalogue than this came on one day, that was an import and nobody's arrival."""
MOST_LISTS = 50_000
"""Lists from which what is strong in a model is told; of more, evenly spread ones."""
MOST_KEPT = 32
"""Sets of flags that are remembered for filters and for categories."""
STAR_SHARE = 0.9
"""Items that sell better than this share of the sold ones are best sellers; the rest are merely popular."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One shop at one moment. Orders and vectors are worked out once, when first needed."""

    models: Models
    table: CatalogTable
    configuration: Configuration
    version: str = NO_MODEL

    @classmethod
    def bare(cls, table: CatalogTable, configuration: Configuration | None = None) -> Self:
        """A shop without an artifact."""
        return cls(Models.empty(), table, configuration or Configuration())

    @property
    def large(self) -> bool:
        """Whether there are too many items to look at each for one answer."""
        return len(self.table) > EXACT_ITEMS

    def with_table(self, table: CatalogTable) -> Self:
        """The same shop after a change of its catalogue; the table must be of the same artifact."""
        changed = replace(self, table=table)
        # Worked out here, off the requests: of thousands of items that came at once only what is new is described.
        changed.__dict__["newer"] = self.newer.after(self.models, self.table, table)
        same = {name for name in COLUMNS if getattr(table, name) is getattr(self.table, name)}
        kept = (name for name, read in READ.items() if name in self.__dict__ and same.issuperset(read))
        changed.__dict__.update({name: self.__dict__[name] for name in kept})
        trained = slice(len(self.models.items))
        if np.array_equal(changed.described[trained], self.described[trained]):
            changed.__dict__["kin"] = self.kin
        return changed

    def without(self, forgotten: Forgotten) -> Self:
        """The same shop, which knows some persons no more; nothing that was worked out depends on single ones."""
        models = self.models.without(forgotten)
        if models is self.models:
            return self
        changed = replace(self, models=models)
        worked_out = self.__dict__.keys() - self.__dataclass_fields__.keys()
        changed.__dict__.update({name: self.__dict__[name] for name in worked_out})
        return changed

    @cached_property
    def popularity(self) -> Scores:
        """How well each row sells, from 0 to 1."""
        scores = np.zeros(len(self.table), np.float32)
        sold = np.asarray(self.models.popularity.best_sellers)
        scores[: len(sold)] = sold / max(float(sold.max(initial=0.0)), 1e-9)
        return scores * self.described

    @cached_property
    def trending(self) -> Scores:
        """How surely interest in each row rises; 0 for most."""
        scores = np.zeros(len(self.table), np.float32)
        rising = np.asarray(self.models.popularity.trending)
        scores[: len(rising)] = rising
        return scores * self.described

    @cached_property
    def familiarity(self) -> Scores:
        """How well people know each row, from 0 to 1: half when `HALF_KNOWN` of them met it."""
        popularity, met = self.models.popularity, np.zeros(len(self.table), np.float32)
        met[: len(popularity)] = np.add(popularity.purchases, popularity.views, dtype=np.float32)
        return met / (met + HALF_KNOWN)

    @cached_property
    def described(self) -> Scores:
        """A factor for each row: 1 where the catalogue describes it, or describes nothing at all."""
        known = self.table.known
        return np.where(known, np.float32(1.0), UNDESCRIBED) if known.any() else np.ones(len(known), np.float32)

    @cached_property
    def by_popularity(self) -> Rows:
        """Every row, best sellers first; rows that never sold come last, the described and newest of them first."""
        added = np.nan_to_num(self.table.added, nan=-np.inf)
        return np.lexsort((-added, -self.described, -self.popularity)).astype(np.int32)

    @cached_property
    def by_trend(self) -> Rows:
        """Rows that rise, the surest first."""
        rising = np.flatnonzero(self.trending > 0)
        return rising[np.argsort(-self.trending[rising], kind="stable")].astype(np.int32)

    @cached_property
    def star(self) -> float:
        """Popularity from which an item is called a best seller."""
        sold = self.popularity[self.popularity > 0]
        return float(np.quantile(sold, STAR_SHARE)) if len(sold) else np.inf

    @cached_property
    def on_sale(self) -> Rows:
        """Rows whose price is reduced."""
        return np.flatnonzero(np.isfinite(self.table.sale_price)).astype(np.int32)

    def filed(self, code: int) -> Rows:
        """Rows of one category, by its code, in rising order; best sellers first where they are very many."""
        order, starts = self.by_category
        rows: Rows = order[starts[code] : starts[code + 1]]
        return rows

    @cached_property
    def by_category(self) -> tuple[Rows, NDArray[np.int64]]:
        """Rows by category, and where each category begins; see :meth:`filed`."""
        codes = self.table.category.codes
        order = self.by_popularity if self.large else np.arange(len(codes), dtype=np.int32)
        order = order[np.argsort(codes[order], kind="stable")]
        counts = np.bincount(codes + 1, minlength=len(self.table.category.names) + 1)
        return order[counts[0] :], offsets(counts[1:])

    def within(self, category: str) -> NDArray[np.bool_]:
        """One flag for each category by code, and a last one for items without any: whether it lies in `category`."""
        known = self._within.get(category)
        if known is None:
            paths = self.table.category.names
            known = np.fromiter((*(within(path, category) for path in paths), False), np.bool_, len(paths) + 1)
            _keep(self._within, category, known)
        return known

    @cached_property
    def _within(self) -> dict[str, NDArray[np.bool_]]:
        return {}

    def narrowed(self, tests: tuple[Test, ...], category: str | None) -> NDArray[np.bool_]:
        """One flag for each row: whether it passes all `tests` and lies in `category`.

        Tests of placements and rules live as long as the configuration, so theirs are worked out once.
        """
        key = (tests, category)
        known = self._narrowed.get(key)
        if known is None:
            rows = np.arange(len(self.table), dtype=np.int32)
            known = Filter(tests).mask(self.table, rows) & self.table.available
            if category is not None:
                known &= self.within(category)[self.table.category.codes]
            _keep(self._narrowed, key, known)
        return known

    @cached_property
    def _narrowed(self) -> dict[tuple[tuple[Test, ...], str | None], NDArray[np.bool_]]:
        return {}

    @cached_property
    def arrived(self) -> NDArray[np.float64]:
        """Day on which each row arrived; NaN where nobody can tell."""
        told, bulk = self.table.added, _bulk(self.table.added)
        seen = np.full(len(told), np.nan)
        seen[: len(self.models.items)] = self.models.popularity.added_day
        start = np.nanmin(seen) if np.isfinite(seen).any() else np.nan
        # Of an item that came with everything else the log may know an earlier day, never a later one.
        seen[(seen < start + OPENING_DAYS) | (bulk & (seen > told))] = np.nan
        return np.where(bulk | np.isnan(told), seen, told)

    @cached_property
    def arrivals(self) -> Rows:
        """Rows that may be new arrivals at some time; in rising order, or the newest first where they are very many."""
        days, end = self.arrived, self.models.data_end.timestamp() / DAY
        rows = np.flatnonzero(days >= end - NEW_DAYS).astype(np.int32)
        if not self.large:
            return rows
        fresh = np.floor(days[rows]) + self.popularity[rows] / 2
        return rows[np.lexsort((-fresh, -self.described[rows]))]

    @cached_property
    def reduced(self) -> Rows:
        """The rows of `on_sale`, the largest reductions and best sellers first."""
        rows = self.on_sale
        discount = 1 - self.table.sale_price[rows] / self.table.price[rows]
        return rows[np.argsort(-(discount + self.popularity[rows] / 2), kind="stable")]

    @cached_property
    def newer(self) -> Newer:
        """What is known of the rows that the artifact does not know."""
        return Newer.of(self.models, self.table)

    @property
    def newer_vectors(self) -> Scores:
        """Content vectors of the rows that the artifact does not know."""
        return self.newer.contents

    @cached_property
    def category_bonds(self) -> Scores:
        """How much each category goes with each; see :func:`recommender.engine.habits.category_bonds`."""
        return category_bonds(self.table.category, self.models)

    @cached_property
    def alike_together(self) -> float:
        """Whether like goes with like in this shop; see :func:`recommender.engine.habits.alike_together`."""
        return alike_together(self.models)

    @cached_property
    def rulebook(self) -> Rulebook:
        """The shop's rules over this catalogue."""
        return Rulebook.build(self.configuration.rules, self.table)

    def tally(self, caps: Sequence[Cap]) -> Tally:
        """An empty count of what `caps` are about."""
        return Tally(caps, self._kinds_of([cap.field for cap in caps]))

    def _kinds_of(self, fields: Sequence[str]) -> list[Kinds]:
        for field in fields:
            if field not in self._kinds:
                self._kinds[field] = Kinds.of(self.table, field)
        return [self._kinds[field] for field in fields]

    def kinds(self, caps: Sequence[Cap]) -> tuple[Rows, Rows] | None:
        """By cap: of which kind each row is, -1 is of none, and how many of a kind there may be.

        None where the field of a cap holds several values in one item.
        """
        if not caps:
            return NO_KINDS, NO_CAPS
        fields = tuple(cap.field for cap in caps)
        if fields not in self._single:
            found = [kind.single for kind in self._kinds_of(fields)]
            plain = [kind for kind in found if kind is not None]
            self._single[fields] = sealed(np.stack(plain)) if len(plain) == len(fields) else None
        kinds = self._single[fields]
        return None if kinds is None else (kinds, sealed(np.array([cap.most for cap in caps], np.int32)))

    @cached_property
    def _single(self) -> dict[tuple[str, ...], Rows | None]:
        return {}

    @cached_property
    def columns(self) -> tuple[NDArray[np.bool_], Rows]:
        """Which rows are to be had, and of which product each is a variant, for compiled code."""
        return sealed(self.table.available), sealed(self.table.group.codes)

    @cached_property
    def _kinds(self) -> dict[str, Kinds]:
        return {}

    def newcomers(self, day: int) -> tuple[Rows, Scores]:
        """Rows of the items that are new on this day since 1970 and that few people met, the newest first.

        Beside them their content vectors. Items of the artifact age with its data, later ones with the clock. What
        the catalogue does not describe is nobody's new item.
        """
        known = self._newcomers.get(day)
        if known is None:
            arrived, end = np.floor(self.arrived), self.models.data_end.timestamp() // DAY
            age = np.where(arrived <= end, end, day) - arrived
            new = (age >= 0) & (age <= NEW_DAYS) & (self.familiarity < WELL_KNOWN) & self.table.known
            rows = np.flatnonzero(new).astype(np.int32)
            rows = rows[np.argsort(age[rows], kind="stable")[:MOST_NEWCOMERS]]
            known = sealed(rows), self.content_vectors(rows)
            self._newcomers.clear()  # yesterday's
            self._newcomers[day] = known
        return known

    def new_rows(self, day: int) -> frozenset[int]:
        """The rows of :meth:`newcomers`."""
        known = self._new_rows.get(day)
        if known is None:
            known = frozenset(self.newcomers(day)[0].tolist())
            self._new_rows.clear()  # yesterday's
            self._new_rows[day] = known
        return known

    @cached_property
    def _new_rows(self) -> dict[int, frozenset[int]]:
        return {}

    @cached_property
    def _newcomers(self) -> dict[int, tuple[Rows, Scores]]:
        return {}

    def strong(self, model: NeighbourModel) -> float:
        """The score of a strong bond in this model."""
        if id(model) not in self._strong:
            firsts = spread(model.indptr[:-1][np.diff(model.indptr) > 0], MOST_LISTS)
            strong = np.quantile(model.scores[firsts], STRONG_SHARE) if len(firsts) else 0.0
            self._strong[id(model)] = max(float(strong), 1e-9)
        return self._strong[id(model)]

    @cached_property
    def bonds(self) -> Bonds:
        """What binds items to one another, for compiled code."""
        return Bonds.of(self.models, self.strong, self.familiarity, self.described)

    @cached_property
    def kin(self) -> Kin:
        """Beginnings of lists, where somebody had them made; see :func:`recommender.engine.plain.prepare`."""
        return Kin()

    @cached_property
    def _strong(self) -> dict[int, float]:
        return {}

    @cached_property
    def nearest(self) -> Callable[[str, int], Nearest]:
        """See :func:`~recommender.engine.nearness.remembered`."""
        return remembered(self.models)

    def content_vectors(self, rows: Rows) -> Scores:
        """What the items in `rows` are like; zeros for those whose description says nothing."""
        content = self.models.content
        if content is None:
            return np.zeros((len(rows), 0), np.float32)
        if len(self.table) == len(content):
            return content.vectors[rows]
        newer = rows >= len(content)
        vectors: Scores = content.vectors[np.where(newer, 0, rows)]
        vectors[newer] = self.newer_vectors[rows[newer] - len(content)]
        return vectors

    def content_vector(self, row: int) -> Scores | None:
        """What the item in `row` is like, or None when its description says nothing."""
        content = self.models.content
        if content is None:
            return None
        known = len(content)
        vector = content.vectors[row] if row < known else self.newer_vectors[row - known]
        return vector if np.any(vector) else None


COLUMNS = ("known", "added", "sale_price", "category")
READ = {
    "nearest": (),
    "described": ("known",),
    "popularity": ("known",),
    "trending": ("known",),
    "familiarity": ("known",),
    "by_popularity": ("known", "added"),
    "by_trend": ("known",),
    "star": ("known",),
    "on_sale": ("sale_price",),
    "arrived": ("added",),
    "arrivals": ("added", "known"),
    "category_bonds": ("category",),
    "alike_together": (),
    "_strong": (),
    "bonds": ("known",),
    "_within": ("category",),
    "by_category": ("category", "known", "added"),
}
"""What of a snapshot is read from which columns of the table: it outlasts a change of the others."""


def _keep(cache: dict[Any, NDArray[np.bool_]], key: object, flags: NDArray[np.bool_]) -> None:
    """Remember `flags`; the oldest are forgotten."""
    while len(cache) >= MOST_KEPT:
        cache.pop(next(iter(cache)), None)
    cache[key] = flags


def _bulk(added: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows came on a day on which most of the catalogue came."""
    days, counts = np.unique(np.floor(added[np.isfinite(added)]), return_counts=True)
    return np.isin(np.floor(added), days[counts > max(1.0, BULK_SHARE * len(added))])
