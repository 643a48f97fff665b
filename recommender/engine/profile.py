"""What a visitor cares for, has seen and has bought."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.engine.trail import OTHER, Trail, latest_first
from recommender.lazy import cached_property
from recommender.models.affinity import interest
from recommender.models.interactions import PURCHASE, decay
from recommender.vocabulary import Rows

RECENT_DAYS = 30.0
"""For how long a bought item is left out."""
SESSION_DAYS = 1 / 48
"""Half an hour: what happened since is this session."""
SESSION_FACTOR = 2.0
"""What an interaction of this session counts more: it tells what the visitor wants now."""
MAX_ROWS = 200
"""Items that count; of a longer history those that tell least are dropped."""
REPEAT_HALF_LIFE = 90.0
"""Age in days at which a purchase counts half for buying again."""

Flags = NDArray[np.bool_]
Weights = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Profile:
    """A visitor's items; every part is worked out when first needed, and its rows are distinct."""

    trail: Trail
    half_life_days: float = 90.0
    """Age at which an interaction counts half."""

    @property
    def empty(self) -> bool:
        """Whether the visitor showed interest in nothing."""
        return not np.any(self.trail.codes != OTHER)

    @property
    def rows(self) -> Rows:
        """Items that the visitor showed interest in, the latest first."""
        return self._interests[0]

    @property
    def weights(self) -> Weights:
        """How much interest in each of `rows`."""
        return self._interests[1]

    @cached_property
    def bought(self) -> Flags:
        """Which of `rows` were bought."""
        return np.isin(self.rows, self.trail.rows[self.trail.bought])

    @cached_property
    def seen(self) -> Rows:
        """Every item of any event, in any order and as often as it was met."""
        return np.concatenate([self.trail.counted, self.trail.rows])

    @cached_property
    def viewed(self) -> Rows:
        """Items looked at, put into the cart or on the wish list, the latest first."""
        return latest_first(self.trail.rows[self.trail.codes < PURCHASE])

    @cached_property
    def recently_bought(self) -> Rows:
        """Items bought within the last weeks, in any order and as often as they were bought."""
        told = self.trail.rows[self.trail.bought & (self.trail.ages <= RECENT_DAYS)]
        if self.trail.purchases is None:
            return told
        counted = self.trail.counted[self.trail.purchase_ages <= RECENT_DAYS]
        return np.concatenate([counted, told])

    @cached_property
    def repeats(self) -> tuple[Rows, Weights, NDArray[np.int64]]:
        """Everything bought, on how many occasions with old ones counting less, and on how many in all."""
        fresh = self.trail.bought & self.trail.untrained
        rows, scores = [self.trail.rows[fresh]], [decay(self.trail.ages[fresh].astype(np.float32), REPEAT_HALF_LIFE)]
        counts = [np.ones(len(rows[0]), np.int64)]
        if (known := self.trail.purchases) is not None:
            rows.append(known.item_rows)
            scores.append(known.scores)
            counts.append(known.counts.astype(np.int64))
        distinct, place = np.unique(np.concatenate(rows), return_inverse=True)
        total = np.bincount(place, np.concatenate(scores), len(distinct)).astype(np.float32)
        times = np.bincount(place, np.concatenate(counts), len(distinct)).astype(np.int64)
        return distinct.astype(np.int32), total, times

    @cached_property
    def _interests(self) -> tuple[Rows, Weights]:
        """Repeated interest in an item adds up, but ever less."""
        shown = self.trail.codes != OTHER
        rows, ages = self.trail.rows[shown], self.trail.ages[shown]
        weights = interest(self.trail.codes[shown], ages, half_life_days=self.half_life_days)
        weights = weights * np.where(ages <= SESSION_DAYS, SESSION_FACTOR, 1.0)
        distinct, first, place = np.unique(rows[::-1], return_index=True, return_inverse=True)
        most = np.zeros(len(distinct))
        np.maximum.at(most, place, weights[::-1])
        total = most + np.log1p(np.maximum(np.bincount(place, weights[::-1], len(distinct)) - most, 0.0))
        latest = np.argsort(first)
        if len(latest) > MAX_ROWS:
            latest = latest[np.sort(np.argsort(-total[latest], kind="stable")[:MAX_ROWS])]
        return distinct[latest].astype(np.int32), total[latest].astype(np.float32)
