"""When everybody bought: days of purchase, and what of them the models of purchasing need to know."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommender.models.arrays import IntArray, LongArray, spread

Floats = NDArray[np.float64]
WEEK, LONGEST = 7.0, 3650
BITS = 21
"""Of each of three whole numbers in one: days of 5,700 years, and as many purchases."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """Customers by their history: all that BG/NBD and Pareto/NBD know of one are three whole numbers.

    Customers of one history are one row, so that likelihoods and predictions take time by rows, not by customers.
    """

    repeats: IntArray
    """x: days of purchase after the first."""
    last: IntArray
    """t_x: days from the first to the last; 0 without repeats."""
    age: IntArray
    """T: days from the first to the end."""
    customers: LongArray
    """How many have this history."""
    rows: NDArray[np.int64]
    """The row of each customer."""

    @classmethod
    def of(cls, repeats: IntArray, last: IntArray, age: IntArray) -> Self:
        """Gather customers, of whom each array holds one number."""
        packed = (repeats.astype(np.int64) << 2 * BITS) | (last.astype(np.int64) << BITS) | age.astype(np.int64)
        distinct, rows, customers = np.unique(packed, return_inverse=True, return_counts=True)
        low = (1 << BITS) - 1
        return cls(
            (distinct >> 2 * BITS).astype(np.int32),
            (distinct >> BITS & low).astype(np.int32),
            (distinct & low).astype(np.int32),
            customers,
            rows.reshape(-1),
        )

    def __len__(self) -> int:
        return len(self.repeats)

    @cached_property
    def numbers(self) -> tuple[Floats, Floats, Floats]:
        """x, t_x and T of each row; times in weeks."""
        return self.repeats.astype(np.float64), self.last / WEEK, self.age / WEEK

    @property
    def total(self) -> float:
        """How many customers."""
        return float(self.customers.sum())

    def sample(self, most: int) -> Self:
        """At most so many customers, evenly spread over their rows."""
        if len(self.rows) <= most:
            return self
        drawn = spread(np.sort(self.rows), most)
        return type(self).of(self.repeats[drawn], self.last[drawn], self.age[drawn])

    def coarse(self, most: int) -> Self:
        """The same customers by whole weeks, or as many weeks as leave at most so many rows: for what can be rough."""
        grain = WEEK
        while True:
            found = type(self).of(self.repeats, _rounded(self.last, grain), _rounded(self.age, grain))
            if len(found) <= most or grain > LONGEST:
                break
            grain *= 2
        customers = np.bincount(found.rows, self.customers).astype(np.int64)
        return replace(found, customers=customers, rows=found.rows[self.rows])


class Summary(NamedTuple):
    """Everybody who had bought by some day."""

    customers: IntArray
    """Rows of the customers in `Purchases`."""
    statistics: Statistics
    value: Floats
    """Mean value of the repeated purchases of each customer; nan where none is known."""


@dataclass(frozen=True, eq=False)
class Purchases:
    """Days on which customers bought, each once a customer and day; sorted by customer, then by day."""

    customers: IntArray
    """Rows."""
    days: IntArray
    """Since some day that is the same for all."""
    values: Floats
    """What the customer's orders of the day came to; nan: that is not known."""

    @classmethod
    def of(cls, customers: IntArray, days: IntArray, values: Floats) -> Self:
        """Gather orders, of whom each array holds one number, into days."""
        packed = (customers.astype(np.int64) << 32) | days.astype(np.int64)
        distinct, places = np.unique(packed, return_inverse=True)
        sums = _sums(places.reshape(-1), values, len(distinct))
        return cls((distinct >> 32).astype(np.int32), (distinct & 0xFFFFFFFF).astype(np.int32), sums)

    def __len__(self) -> int:
        return len(self.days)

    def until(self, end: int) -> Self:
        """Those up to a day, itself included."""
        return self._where(self.days <= end)

    def after(self, begin: int, end: int) -> Self:
        """Those after a day up to another."""
        return self._where((self.days > begin) & (self.days <= end))

    def of_those(self, chosen: NDArray[np.bool_]) -> Self:
        """Those of some customers; `chosen` holds one flag for each row."""
        return self._where(chosen[self.customers])

    def _where(self, mask: NDArray[np.bool_]) -> Self:
        return type(self)(self.customers[mask], self.days[mask], self.values[mask])

    def summary(self, end: int) -> Summary:
        """What was known at the end of a day; the models count time from each customer's first purchase."""
        known = self.until(end)
        begins = np.flatnonzero(np.r_[True, known.customers[1:] != known.customers[:-1]]) if len(known) else _NOBODY
        counts = np.diff(np.r_[begins, len(known)])
        first, last = known.days[begins], known.days[begins + counts - 1]
        repeats = (counts - 1).astype(np.int32)
        again = np.ones(len(known), bool)
        again[begins] = False
        again &= ~np.isnan(known.values)
        groups = np.repeat(np.arange(len(begins)), counts)[again]
        with np.errstate(invalid="ignore"):
            value = np.bincount(groups, known.values[again], len(begins)) / np.bincount(groups, minlength=len(begins))
        statistics = Statistics.of(repeats, last - first, end - first)
        return Summary(known.customers[begins], statistics, value)

    def counted(self, customers: int) -> tuple[Floats, Floats]:
        """Days of purchase of each of so many customers, and what they came to."""
        days = np.bincount(self.customers, minlength=customers).astype(np.float64)
        value: Floats = np.bincount(self.customers, np.nan_to_num(self.values), minlength=customers).astype(np.float64)
        return days, value


_NOBODY = np.empty(0, np.int64)


def _sums(places: NDArray[np.int64], values: Floats, count: int) -> Floats:
    known = ~np.isnan(values)
    told = np.bincount(places[known], minlength=count) > 0
    found: Floats = np.where(told, np.bincount(places[known], values[known], minlength=count), np.nan)
    return found


def _rounded(days: IntArray, grain: float) -> IntArray:
    return (np.rint(days / grain) * grain).astype(np.int32)
