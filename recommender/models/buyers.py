"""What each person ordered: how often, for how much, and when last. Only orders that somebody vouched for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import IntArray, LongArray, load_arrays, save_arrays
from recommender.models.histories import customer_key, visitor_key
from recommender.models.identifiers import KeyTable


class Buyer(NamedTuple):
    """One person's orders."""

    orders: int
    spend: float
    """In the currency in which the shop sells most; orders in others count as orders only."""
    last: float
    """Unix seconds."""


@dataclass(frozen=True, eq=False)
class BuyerModel:
    """Totals of every person who ordered, under the keys of their account and of their browsers."""

    people: KeyTable
    orders: IntArray
    spend: NDArray[np.float64]
    last: LongArray

    @classmethod
    def fit(cls, keys: Sequence[str], orders: IntArray, spend: NDArray[np.float64], last: LongArray) -> Self:
        """Totals by key; see `customer_key` and `visitor_key`.

        Args:
            keys: one for each person, distinct.
            orders: how many.
            spend: what they came to.
            last: Unix seconds of the latest.
        """
        return cls(KeyTable.build(keys, np.arange(len(keys), dtype=np.int32)), orders, spend, last)

    def __len__(self) -> int:
        return len(self.orders)

    def of(self, *, visitor_id: str | None = None, customer_id: str | None = None) -> Buyer | None:
        """The orders of a person, the customer's first; None when there are none."""
        row = self.people.row(customer_key(customer_id)) if customer_id else None
        if row is None and visitor_id:
            row = self.people.row(visitor_key(visitor_id))
        return None if row is None else Buyer(int(self.orders[row]), float(self.spend[row]), float(self.last[row]))

    def save(self, folder: Path) -> None:
        """Write everything below `folder`."""
        self.people.save(folder / "people")
        save_arrays(folder, orders=self.orders, spend=self.spend, last=self.last)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(KeyTable.load(folder / "people"), *load_arrays(folder, "orders", "spend", "last"))
