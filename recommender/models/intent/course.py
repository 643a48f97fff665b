"""The course of a visit as features: the same walk in training, over whole logs, and at a page, over one visitor.

A visit ends with half an hour of silence. An order ends its course, and what follows in the same visit is a new one: it
tells what was done since, and that something was just bought. A line is written where a course begins and after each of
its steps; it knows nothing that comes later. What happens at one moment in one kind (the items of a cart that is looked
at) is one step.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.days import DAY, SESSION_GAP
from recommender.events.names import EventName
from recommender.models.arrays import ByteArray, FloatArray, IntArray
from recommender.models.compiling import compiled

PAUSE = SESSION_GAP.total_seconds()
"""Seconds of silence that end a visit."""
LONGEST = 365.0
"""Days beyond which the past is equally long ago."""
NO_ITEM = -1
"""Code of a row that is about no item, such as a search."""

KINDS: Final = {
    EventName.SELECT_ITEM.value: 0,
    EventName.VIEW_ITEM.value: 1,
    EventName.ADD_TO_WISHLIST.value: 2,
    EventName.ADD_TO_CART.value: 3,
    EventName.REMOVE_FROM_CART.value: 4,
    EventName.VIEW_CART.value: 5,
    EventName.BEGIN_CHECKOUT.value: 6,
    EventName.SEARCH.value: 7,
    EventName.PURCHASE.value: 8,
}
"""What stands for an event; all but the last are steps."""
OTHER = 9
"""What keeps a visit going and is no step: a popup that was met, goods that came back."""
VIEW, ADD, REMOVE, PURCHASE = 1, 3, 4, 8

COUNTED: Final = ("selects", "views", "wishes", "adds", "removals", "cart_views", "checkouts", "searches")
FEATURES: Final = (
    *COUNTED,
    "steps", "items", "categories", "repeats", "seconds", "last_gap", "longest_gap",
    "cart_pieces", "cart_value", "steps_since_add", "last_kind", "last_price", "mean_price",
    "days_seen", "days_since_seen", "days_bought", "days_since_bought",
    "hour", "weekday",
)  # fmt: skip
"""Columns of a line. Prices are the catalogue's; the past is what lies before the course, by days (UTC)."""
(
    STEPS, ITEMS, CATEGORIES, REPEATS, SECONDS, LAST_GAP, LONGEST_GAP,
    PIECES, VALUE, SINCE_ADD, LAST_KIND, LAST_PRICE, MEAN_PRICE,
    DAYS_SEEN, SINCE_SEEN, DAYS_BOUGHT, SINCE_BOUGHT, HOUR, WEEKDAY,
) = range(len(COUNTED), len(FEATURES))  # fmt: skip
SEEN_AT, SEEN_DAYS, SEEN_DAY, BOUGHT_AT, BOUGHT_DAYS, BOUGHT_DAY = range(6)
"""Places of the past: when last, on how many days, and on which day last."""

Moments = NDArray[np.float64]


class Rows(NamedTuple):
    """What one browser did, oldest first."""

    times: Moments
    """Unix seconds."""
    kinds: ByteArray
    """See KINDS; OTHER for everything else."""
    items: IntArray
    """One number for each item, NO_ITEM for none."""
    categories: IntArray
    """The same of their categories; below 0: unknown."""
    prices: FloatArray
    """What the catalogue asks; NaN: unknown."""
    quantities: FloatArray

    def then(self, other: "Rows") -> "Rows":
        """These and others together, by time."""
        order = np.argsort(np.concatenate([self.times, other.times]), kind="stable")
        return Rows(*(_joined(*pair)[order] for pair in zip(self, other, strict=True)))

    def part(self, begin: int, end: int) -> "Rows":
        """The rows from one place to another."""
        return Rows(
            self.times[begin:end],
            self.kinds[begin:end],
            self.items[begin:end],
            self.categories[begin:end],
            self.prices[begin:end],
            self.quantities[begin:end],
        )


def _joined(first: Any, second: Any) -> Any:
    return np.concatenate([first, second])


class Lines(NamedTuple):
    """Moments of courses."""

    table: FloatArray
    """One line a moment; see FEATURES."""
    moments: Moments
    """When: at the step that the line ends with, or where the course began."""
    courses: NDArray[np.int64]
    """Which course of the rows."""
    bought: NDArray[np.bool_]
    """Whether the course went on to an order."""

    def at(self, kept: NDArray[np.bool_]) -> "Lines":
        """Only the lines that are marked."""
        return Lines(self.table[kept], self.moments[kept], self.courses[kept], self.bought[kept])


def examples(rows: Rows, zone: tzinfo) -> Lines:
    """Every moment of every course, to learn from."""
    size = 2 * len(rows.times)
    table, moments = np.empty((size, len(FEATURES)), np.float32), np.empty(size)
    courses, bought = np.empty(size, np.int64), np.empty(size, np.bool_)
    count = _examples(rows, table, moments, courses, bought)
    found = Lines(table[:count], moments[:count], courses[:count], bought[:count])
    _by_the_clock(found.table, found.moments, zone)
    return found


def present(rows: Rows, now: float, zone: tzinfo) -> FloatArray:
    """One line of the table: the course as it stands now.

    Args:
        rows: all that is known of the browser; before this visit only times and kinds are looked at.
        now: Unix seconds.
        zone: of the shop's clock.
    """
    table = np.empty((1, len(FEATURES)), np.float32)
    moments = np.array([_present(rows, now, table)])
    _by_the_clock(table, moments, zone)
    return table


def _by_the_clock(table: FloatArray, moments: Moments, zone: tzinfo) -> None:
    clock: Sequence[datetime] = [datetime.fromtimestamp(moment, zone) for moment in moments.tolist()]
    table[:, HOUR] = [moment.hour for moment in clock]
    table[:, WEEKDAY] = [moment.weekday() for moment in clock]


@compiled
def _examples(
    rows: Rows, table: FloatArray, moments: Moments, courses: NDArray[np.int64], bought: NDArray[np.bool_]
) -> int:
    past, count, course, start = _nothing_past(), 0, 0, 0
    while start < len(rows.times):
        stop = _stop(rows, start)
        first = count
        count = _course(rows, start, stop, past, table, moments, count, True)
        courses[first:count] = course
        bought[first:count] = rows.kinds[stop - 1] == PURCHASE
        _remember(rows, start, stop, past)
        start, course = stop, course + 1
    return count


@compiled
def _present(rows: Rows, now: float, table: FloatArray) -> float:
    past, start, size = _nothing_past(), 0, len(rows.times)
    moments = np.empty(1)
    moments[0] = now
    while start < size:
        stop = _stop(rows, start)
        if stop == size and rows.kinds[stop - 1] != PURCHASE and now - rows.times[stop - 1] <= PAUSE:
            _course(rows, start, stop, past, table, moments, 0, False)
            return float(moments[0])
        _remember(rows, start, stop, past)
        start = stop
    _begin(table[0], past, now)
    return now


@compiled
def _stop(rows: Rows, start: int) -> int:
    """Where the course that begins in a row ends."""
    stop = start + 1
    while (
        stop < len(rows.times) and rows.times[stop] - rows.times[stop - 1] <= PAUSE and rows.kinds[stop - 1] != PURCHASE
    ):
        stop += 1
    return stop


@compiled
def _nothing_past() -> Moments:
    past = np.zeros(6)
    past[SEEN_AT], past[SEEN_DAY], past[BOUGHT_AT], past[BOUGHT_DAY] = np.nan, -1, np.nan, -1
    return past


@compiled
def _remember(rows: Rows, start: int, stop: int, past: Moments) -> None:
    """Add a course to the past."""
    for row in range(start, stop):
        kind, moment = rows.kinds[row], rows.times[row]
        if kind > ADD and kind != PURCHASE:
            continue  # no interest in an item
        day = np.floor(moment / DAY)
        past[SEEN_AT], past[SEEN_DAYS] = moment, past[SEEN_DAYS] + (day != past[SEEN_DAY])
        past[SEEN_DAY] = day
        if kind == PURCHASE:
            past[BOUGHT_AT], past[BOUGHT_DAYS] = moment, past[BOUGHT_DAYS] + (day != past[BOUGHT_DAY])
            past[BOUGHT_DAY] = day


@compiled
def _begin(line: FloatArray, past: Moments, moment: float) -> None:
    line[:] = 0
    for place in (SINCE_ADD, LAST_KIND, LAST_PRICE, MEAN_PRICE, LAST_GAP, HOUR, WEEKDAY):
        line[place] = np.nan
    line[DAYS_SEEN], line[DAYS_BOUGHT] = past[SEEN_DAYS], past[BOUGHT_DAYS]
    line[SINCE_SEEN] = np.minimum((moment - past[SEEN_AT]) / DAY, LONGEST)
    line[SINCE_BOUGHT] = np.minimum((moment - past[BOUGHT_AT]) / DAY, LONGEST)


@compiled
def _course(
    rows: Rows, start: int, stop: int, past: Moments, table: FloatArray, moments: Moments, count: int, every: bool
) -> int:
    """Write the lines of one course from line `count` on, or only the last one; returns where the next one goes."""
    line, sums, clock = np.empty(table.shape[1], np.float32), np.zeros(2), np.zeros(2)
    _begin(line, past, rows.times[start])
    moments[count] = rows.times[start]
    table[count] = line
    if every and rows.kinds[start] != PURCHASE:
        count += 1
    for row in range(start, stop):
        kind, moment = rows.kinds[row], rows.times[row]
        if kind >= PURCHASE:
            continue  # no step; an order is the last row
        if rows.items[row] != NO_ITEM:
            _look(rows, start, row, line, sums)
            _into_cart(rows, start, row, line)
        if row + 1 < stop and rows.kinds[row + 1] == kind and rows.times[row + 1] == moment:
            continue  # the same step goes on
        _step(line, kind, moment, clock)
        moments[count] = moment
        table[count] = line
        if every:
            count += 1
    return count


@compiled
def _step(line: FloatArray, kind: int, moment: float, clock: Moments) -> None:
    """Count a step; `clock` holds the moments of the first one and of the last one."""
    if line[STEPS] == 0:
        clock[0] = moment
    else:
        line[LAST_GAP] = moment - clock[1]
        line[LONGEST_GAP] = max(line[LONGEST_GAP], line[LAST_GAP])
    clock[1] = moment
    line[SECONDS] = moment - clock[0]
    line[kind] += 1
    line[STEPS] += 1
    line[LAST_KIND] = kind
    line[SINCE_ADD] = 0 if kind == ADD else line[SINCE_ADD] + 1  # NaN before the first one


@compiled
def _look(rows: Rows, start: int, row: int, line: FloatArray, sums: Moments) -> None:
    """Count the item of a row; `sums` holds how many prices of different items are known, and what they come to."""
    price = rows.prices[row]
    line[LAST_PRICE] = price
    if _is_new(rows.items, rows.kinds, OTHER, start, row):
        line[ITEMS] += 1
        if price == price:
            sums[0], sums[1] = sums[0] + 1, sums[1] + price
            line[MEAN_PRICE] = sums[1] / sums[0]
    elif rows.kinds[row] == VIEW and not _is_new(rows.items, rows.kinds, VIEW, start, row):
        line[REPEATS] += 1
    if rows.categories[row] >= 0 and _is_new(rows.categories, rows.kinds, OTHER, start, row):
        line[CATEGORIES] += 1


@compiled
def _is_new(values: IntArray, kinds: ByteArray, kind: int, start: int, row: int) -> bool:
    """Whether no row of the course before this one has its value: no view, or with OTHER no step of any kind."""
    earlier = start
    while earlier < row and (
        values[earlier] != values[row] or (kinds[earlier] == OTHER if kind == OTHER else kinds[earlier] != kind)
    ):
        earlier += 1
    return earlier == row


@compiled
def _into_cart(rows: Rows, start: int, row: int, line: FloatArray) -> None:
    """What is put into the cart, or taken out of it as far as this course put it there."""
    pieces = rows.quantities[row]
    if rows.kinds[row] == REMOVE:
        pieces = -min(pieces, _held(rows, start, row))
    elif rows.kinds[row] != ADD:
        return
    line[PIECES] += pieces
    if rows.prices[row] == rows.prices[row]:
        line[VALUE] += pieces * rows.prices[row]


@compiled
def _held(rows: Rows, start: int, row: int) -> np.float32:
    """Pieces of the row's item that the course put into the cart before."""
    held = np.float32(0)
    for earlier in range(start, row):
        if rows.items[earlier] == rows.items[row]:
            if rows.kinds[earlier] == ADD:
                held += rows.quantities[earlier]
            elif rows.kinds[earlier] == REMOVE:
                held = max(held - rows.quantities[earlier], np.float32(0))
    return held
