"""What each person did: the latest interactions, and what they bought how often."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat, PositiveInt

from recommender.days import DAY
from recommender.forgotten import Forgotten
from recommender.models.arrays import ByteArray, FloatArray, IntArray, LongArray, load_arrays, offsets, save_arrays
from recommender.models.identifiers import KeyTable
from recommender.models.interactions import Interactions, decay


class HistoryConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`HistoryModel.fit`."""

    max_rows: PositiveInt = 500
    """Only the latest interactions of a person are kept."""
    half_life_days: PositiveFloat = 180
    """Age at which a purchase counts half for buying again."""
    popularity: NonNegativeFloat = 1.0
    """What being the best seller counts for buying again, in purchases; other items count their share of it."""


class History(NamedTuple):
    """One person's interactions, oldest first."""

    item_rows: IntArray
    events: ByteArray
    """See EVENT_CODES."""
    timestamps: LongArray
    """Unix seconds."""
    quantities: FloatArray


class Purchases(NamedTuple):
    """What one person bought, best candidate for buying again first."""

    item_rows: IntArray
    counts: IntArray
    """On how many occasions."""
    first: LongArray
    """Unix seconds of the earliest purchase."""
    last: LongArray
    """Unix seconds of the latest purchase."""
    scores: FloatArray
    """Occasions, old ones counting less at the end of the data, and what the item's popularity adds."""


def customer_key(customer_id: str) -> str:
    """How a customer is looked up: as the event log's identities name them."""
    return f"customer:{customer_id}"


def visitor_key(visitor_id: str) -> str:
    """How a visitor is looked up."""
    return f"visitor:{visitor_id}"


class Rows(NamedTuple):
    """Interactions, oldest first, person after person."""

    counts: LongArray
    """How many of each person."""
    item_rows: IntArray
    events: ByteArray
    timestamps: LongArray
    quantities: FloatArray


class Bought(NamedTuple):
    """One entry for each person and item that they bought, person after person."""

    people: IntArray
    item_rows: IntArray
    counts: IntArray
    """On how many occasions: all of one order, or without one of one day, are one."""
    first: LongArray
    last: LongArray
    scores: NDArray[np.float64]
    """Occasions, old ones counting less at the end of the data."""


@dataclass(frozen=True, eq=False)
class HistoryModel:
    """Interactions and purchases of every known person."""

    people: KeyTable
    history_ends: LongArray
    item_rows: IntArray
    events: ByteArray
    timestamps: LongArray
    quantities: FloatArray
    purchase_ends: LongArray
    purchase_rows: IntArray
    purchase_counts: IntArray
    purchase_first: LongArray
    purchase_last: LongArray
    purchase_scores: FloatArray

    def __len__(self) -> int:
        return len(self.history_ends) - 1

    @classmethod
    def fit(cls, interactions: Interactions, config: HistoryConfig, best_sellers: FloatArray | None = None) -> Self:
        """Gather each person's rows; `interactions.people` holds what they are looked up by.

        A browser's history is what happened in it; a customer's is what happened in their account, and in browsers
        that are known to be theirs. So one interaction may be given twice, under either key.

        Args:
            interactions: cleaned log rows.
            config: how much is kept.
            best_sellers: how well each item sells; of two items bought as often the better seller is bought again.
        """
        known = interactions.where(interactions.person_rows >= 0)
        bought = _bought(known.where(known.purchased), config)
        sellers = np.zeros(len(interactions.items), np.float32) if best_sellers is None else best_sellers
        return cls.of(interactions.people.ids, _latest(known, config.max_rows), bought, config, sellers)

    @classmethod
    def of(
        cls, people: Sequence[str], latest: Rows, bought: Bought, config: HistoryConfig, best_sellers: FloatArray
    ) -> Self:
        """The model of what each of `people` did and bought; see :meth:`fit`."""
        table = KeyTable.build(people, np.arange(len(people), dtype=np.int32))
        ranked = _ranked(bought, len(people), config.popularity * _shares(best_sellers))
        return cls(
            table,
            offsets(latest.counts),
            latest.item_rows,
            latest.events,
            latest.timestamps,
            latest.quantities,
            *ranked,
        )

    def person(self, *, visitor_id: str | None = None, customer_id: str | None = None) -> int | None:
        """Row of the person with these ids, the customer's first; None when nobody is known by them."""
        row = self.people.row(customer_key(customer_id)) if customer_id else None
        if row is None and visitor_id:
            row = self.people.row(visitor_key(visitor_id))
        return row

    def history(self, person: int) -> History:
        """The latest interactions of the person in this row."""
        part = slice(self.history_ends[person], self.history_ends[person + 1])
        return History(self.item_rows[part], self.events[part], self.timestamps[part], self.quantities[part])

    def purchases(self, person: int) -> Purchases:
        """What the person in this row bought."""
        part = slice(self.purchase_ends[person], self.purchase_ends[person + 1])
        return Purchases(
            self.purchase_rows[part],
            self.purchase_counts[part],
            self.purchase_first[part],
            self.purchase_last[part],
            self.purchase_scores[part],
        )

    def without(self, forgotten: Forgotten) -> Self:
        """Everybody but those who are to be forgotten; itself where it holds none of them.

        Their rows stay, empty, so that nobody else's number changes.
        """
        gone = forgotten.among(self.people)
        if not gone.any():
            return self
        stays = np.zeros(len(self), np.bool_)
        stays[self.people.rows[~gone]] = True
        columns = {**_kept(self, "history_ends", stays, _HISTORY), **_kept(self, "purchase_ends", stays, _PURCHASES)}
        return replace(self, people=self.people.where(~gone), **columns)

    def save(self, folder: Path) -> None:
        """Write everything below `folder`."""
        self.people.save(folder / "people")
        save_arrays(folder, **{name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(KeyTable.load(folder / "people"), *load_arrays(folder, *_ARRAYS))


_ARRAYS = tuple(name for name in HistoryModel.__dataclass_fields__ if name != "people")
_PURCHASES: Final = tuple(name for name in _ARRAYS if name.startswith("purchase_") and name != "purchase_ends")
_HISTORY: Final = tuple(name for name in _ARRAYS if name not in {"history_ends", "purchase_ends", *_PURCHASES})


def _kept(model: HistoryModel, ends: str, stays: NDArray[np.bool_], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Columns, and where each person's part of them ends, without the parts of those who do not stay."""
    counts = np.diff(getattr(model, ends))
    rows = np.repeat(stays, counts)
    return {ends: offsets(counts * stays), **{name: getattr(model, name)[rows] for name in names}}


def _latest(known: Interactions, size: int) -> Rows:
    counts = np.bincount(known.person_rows, minlength=len(known.people))
    order = np.lexsort((known.timestamps, known.person_rows))
    left = np.repeat(np.cumsum(counts), counts) - np.arange(len(order))
    kept = order[left <= size]
    return Rows(
        np.minimum(counts, size),
        known.item_rows[kept],
        known.events[kept],
        known.timestamps[kept],
        known.quantities[kept],
    )


def _bought(bought: Interactions, config: HistoryConfig) -> Bought:
    """Purchases by person and item."""
    occasion = np.where(bought.order_rows >= 0, bought.order_rows, -1 - bought.timestamps // DAY)
    order = np.lexsort((bought.timestamps, occasion, bought.item_rows, bought.person_rows))
    last_of = _changes(bought.person_rows[order], bought.item_rows[order], occasion[order])
    kept = order[last_of]
    kept = kept[np.lexsort((bought.timestamps[kept], bought.item_rows[kept], bought.person_rows[kept]))]
    people, items = bought.person_rows[kept], bought.item_rows[kept]
    ends = _changes(people, items)
    group = np.concatenate([[0], np.cumsum(ends)[:-1]]) if len(ends) else np.empty(0, np.int64)
    scores = np.bincount(group, decay(bought.ages_days[kept], config.half_life_days), minlength=int(ends.sum()))
    counts = np.bincount(group, minlength=int(ends.sum()))
    first = bought.timestamps[kept][np.concatenate([[True], ends[:-1]]) if len(ends) else ends]
    last = bought.timestamps[kept][ends]
    return Bought(people[ends], items[ends], counts.astype(np.int32), first, last, scores.astype(np.float64))


def _ranked(
    bought: Bought, people: int, popular: FloatArray
) -> tuple[LongArray, IntArray, IntArray, LongArray, LongArray, FloatArray]:
    """Where each person's purchases end, and these, the best first; `popular` is what each item's popularity adds."""
    scores = bought.scores + popular[bought.item_rows]
    best = np.lexsort((bought.item_rows, -scores, bought.people))
    return (
        offsets(np.bincount(bought.people, minlength=people)),
        bought.item_rows[best].astype(np.int32),
        bought.counts[best].astype(np.int32),
        bought.first[best].astype(np.int64),
        bought.last[best].astype(np.int64),
        scores[best].astype(np.float32),
    )


def _shares(best_sellers: FloatArray) -> FloatArray:
    shares: FloatArray = best_sellers / max(best_sellers.max(initial=0), np.float32(1e-12))
    return shares


def _changes(*columns: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Where each group of equal neighbouring rows ends."""
    last = np.ones(len(columns[0]), bool)
    last[:-1] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return last
