"""The past as counts: what each person, session or order held, for baselines and for telling cases apart."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recommender.days import DAY
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.interactions import Interactions
from training.cases import Case, Unit
from training.interactions import Prepared

MAX_ROWS = 2_000_000
"""Only the latest rows of the log are counted, so that baselines stay affordable."""
RECENT_DAYS = 30
"""How many of the last days tell what is popular."""


@dataclass(frozen=True, eq=False)
class Past:
    """What happened before the judged days, by the unit that a task counts in."""

    counts: Any
    """Sparse, units by items: on how many occasions (orders, or days) each held the item."""
    popular: FloatArray
    """For each item: how many units held it lately, ties broken by how many ever did."""
    profiles: Any
    """Sparse, lookup keys of people by items, counted likewise."""
    earlier: Prepared

    @classmethod
    def of(cls, earlier: Prepared, unit: Unit) -> Self:
        """Count what `earlier` holds."""
        rows, groups = _of_unit(earlier.interactions, unit)
        counts = occasions(rows, groups)
        lately = rows.ages_days < RECENT_DAYS
        recent = occasions(rows.where(lately), groups[lately])
        ever = np.asarray((counts > 0).sum(axis=0)).ravel()
        popular = np.asarray((recent > 0).sum(axis=0)).ravel() + ever / (1.0 + ever.max(initial=0))
        profiles = earlier.profiles
        if unit is Unit.BUYERS:
            profiles = profiles.where(profiles.purchased)
        by_key = occasions(profiles, profiles.person_rows, len(profiles.people))
        return cls(counts, popular.astype(np.float32), by_key, earlier)

    def known(self, cases: tuple[Case, ...]) -> Any:
        """Sparse, cases by items: what each case tells of its visitor, counted."""
        from scipy.sparse import csr_matrix, vstack

        if not cases:
            return csr_matrix((0, self.profiles.shape[1]), dtype=np.float32)
        return vstack([self._known(case) for case in cases], format="csr", dtype=np.float32)

    def _known(self, case: Case) -> Any:
        from scipy.sparse import csr_matrix

        ids = case.seeds or tuple(one.item_id for one in case.visitor.session)
        person = self.earlier.profiles.people.row(case.person) if not ids and case.person else None
        if person is not None:
            return self.profiles[person]
        rows, times = np.unique(self.earlier.items.rows(ids), return_counts=True)
        shape = (1, self.profiles.shape[1])
        return csr_matrix((times.astype(np.float32), (np.zeros(len(rows), np.int32), rows)), shape=shape)


def occasions(interactions: Interactions, groups: IntArray, size: int | None = None) -> Any:
    """Sparse, groups by items: the number of orders, or days without one, on which a group held an item.

    Args:
        interactions: rows to count.
        groups: the group of each row; rows of group -1 are left out.
        size: the number of groups; None numbers those that are there.
    """
    from scipy.sparse import csr_matrix

    told = groups >= 0
    rows: Any = groups[told]
    if size is None:
        distinct, rows = np.unique(rows, return_inverse=True)
        size = len(distinct)
    days = -1 - interactions.timestamps[told] // DAY
    occasion = np.where(interactions.order_rows[told] >= 0, interactions.order_rows[told], days)
    triples = np.unique(np.stack([rows, interactions.item_rows[told], occasion]), axis=1)
    ones = np.ones(triples.shape[1], np.float32)
    counts = csr_matrix((ones, (triples[0], triples[1])), shape=(size, len(interactions.items)), dtype=np.float32)
    counts.sum_duplicates()
    return counts


def _of_unit(interactions: Interactions, unit: Unit) -> tuple[Interactions, IntArray]:
    """The latest rows that count for a unit, and the unit of each."""
    groups = {
        Unit.PEOPLE: interactions.person_rows,
        Unit.BUYERS: np.where(interactions.purchased, interactions.person_rows, -1),
        Unit.SESSIONS: np.where(interactions.purchased, -1, interactions.session_rows),
        Unit.ORDERS: interactions.order_rows,
    }[unit]
    kept = groups >= 0
    kept[np.flatnonzero(kept)[: max(0, int(kept.sum()) - MAX_ROWS)]] = False
    return interactions.where(kept), groups[kept].astype(np.int32)
