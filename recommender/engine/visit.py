"""The present visit: when it began, and its course as the model of orders takes it."""

from datetime import datetime
from itertools import pairwise

import numpy as np

from recommender.engine.filter import paid
from recommender.engine.request import Interaction, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.models.arrays import FloatArray
from recommender.models.intent.course import KINDS, NO_ITEM, OTHER, PAUSE, Rows, present
from recommender.models.interactions import EVENT_NAMES

UNKNOWN = NO_ITEM - 1
"""Code of an item that nobody has told of; of others that are unknown, too, lower ones."""
APART = 1e-3
"""Seconds between steps that were told without their times."""
PAST_KINDS = np.array([KINDS[EVENT_NAMES[code].value] for code in range(len(EVENT_NAMES))], np.uint8)
"""What the artifact's codes of events are in courses."""


def begun(visitor: Visitor, now: float) -> float:
    """When this visit began, in Unix seconds: after the last long silence; now, when nothing of it is known yet."""
    times = [one.timestamp for one in visitor.encounters]
    times += [one.timestamp for one in visitor.history if one.timestamp is not None]
    found = now
    for later, earlier in pairwise([now, *sorted(times, reverse=True)]):
        if later - earlier > PAUSE:
            return found
        found = earlier
    return found


def line(snapshot: Snapshot, visitor: Visitor, now: datetime) -> FloatArray:
    """Features of the visitor's course as it stands; a table of one line."""
    return present(rows(snapshot, visitor, now.timestamp()), now.timestamp(), snapshot.configuration.shop.zone)


def rows(snapshot: Snapshot, visitor: Visitor, now: float) -> Rows:
    """What the visitor did before this visit, as far as its time and kind matter, and everything of this visit."""
    start = begun(visitor, now)
    told = _told(visitor, start, now)
    before = _past(snapshot, visitor, start)
    here = [one if moment >= start else None for moment, one in told]
    items = np.array(_codes(snapshot, here), np.int32)
    categories, prices = np.full(len(items), NO_ITEM, np.int32), np.full(len(items), np.nan, np.float32)
    known = np.flatnonzero(items >= 0)
    categories[known] = snapshot.table.category.codes[items[known]]
    prices[known] = paid(snapshot.table, items[known])
    found = Rows(
        np.array([moment for moment, _ in told], np.float64),
        np.array([OTHER if one is None else KINDS.get(one.event, OTHER) for _, one in told], np.uint8),
        items,
        categories,
        prices,
        np.array([1.0 if one is None else one.quantity for one in here], np.float32),
    )
    return before.then(found) if len(before.times) else found


def _told(visitor: Visitor, start: float, now: float) -> list[tuple[float, Interaction | None]]:
    """What the visitor did and, as None, which popups they met, with the moments; the oldest first.

    A session that came with the request counts where nothing of this visit is known by itself.
    """
    told: list[tuple[float, Interaction | None]] = [(one.timestamp, None) for one in visitor.encounters]
    told += [(one.timestamp, one) for one in visitor.history if one.timestamp is not None]
    if not any(moment >= start and one is not None for moment, one in told):
        first = now - APART * len(visitor.session)
        told += [(first + APART * place, one) for place, one in enumerate(visitor.session)]
    told.sort(key=lambda one: one[0])
    return told


def _past(snapshot: Snapshot, visitor: Visitor, start: float) -> Rows:
    """What the artifact tells of the time before this visit.

    What the visitor's state holds, too, is there twice: the past only counts days.
    """
    histories = snapshot.models.histories
    person = snapshot.models.person(visitor.visitor_id, visitor.customer_id)
    if histories is None or person is None:
        return NO_PAST
    history = histories.history(person)
    earlier = np.asarray(history.timestamps) < start
    found = _blank(int(earlier.sum()))
    found.times[:], found.kinds[:] = history.timestamps[earlier], PAST_KINDS[history.events[earlier]]
    return found


def _blank(size: int) -> Rows:
    nothing = np.full(size, NO_ITEM, np.int32)
    unknown = np.full(size, np.nan, np.float32)
    return Rows(np.empty(size), np.empty(size, np.uint8), nothing, nothing.copy(), unknown, np.ones(size, np.float32))


NO_PAST = _blank(0)


def _codes(snapshot: Snapshot, about: list[Interaction | None]) -> list[int]:
    """One number for each item; `NO_ITEM` for none."""
    unknown: dict[str, int] = {}
    found = []
    for one in about:
        if one is None or not one.item_id:
            found.append(NO_ITEM)
            continue
        row = snapshot.table.row(one.item_id)
        found.append(unknown.setdefault(one.item_id, UNKNOWN - len(unknown)) if row is None else row)
    return found
