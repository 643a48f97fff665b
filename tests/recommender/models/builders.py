"""Small interactions, written down by hand."""

from typing import NamedTuple

import numpy as np

from recommender.days import DAY
from recommender.events.names import EventName
from recommender.models.affinity import EVENT_INTEREST
from recommender.models.interactions import EVENT_CODES, Interactions
from recommender.vocabulary import Vocabulary

END = 20_000 * DAY
"""Unix seconds at which hand-written data ends."""


class Row(NamedTuple):
    """One interaction."""

    person: str | None
    item: str
    event: str = "purchase"
    age: float = 0.0
    """Days before the end."""
    order: int = -1
    session: int = -1


def interactions(rows: list[Row], items: str | list[str] = "") -> Interactions:
    """The rows as arrays, oldest first; `items` fixes the vocabulary."""
    rows = sorted(rows, key=lambda row: -row.age)
    known = Vocabulary(sorted({*items, *(row.item for row in rows)}))
    people = Vocabulary(sorted({row.person for row in rows if row.person}))
    ages = np.array([row.age for row in rows], np.float32)
    events = np.array([EVENT_CODES[EventName(row.event)] for row in rows], np.uint8)
    return Interactions(
        items=known,
        people=people,
        item_rows=known.rows(row.item for row in rows),
        person_rows=np.array([_row(people, row.person) for row in rows], np.int32),
        session_rows=np.array([row.session for row in rows], np.int32),
        order_rows=np.array([row.order for row in rows], np.int32),
        events=events,
        timestamps=(END - ages * DAY).astype(np.int64),
        ages_days=ages,
        weights=EVENT_INTEREST[events],
        quantities=np.ones(len(rows), np.float32),
        prices=np.full(len(rows), np.nan, np.float32),
    )


def _row(people: Vocabulary, person: str | None) -> int:
    row = None if person is None else people.row(person)
    return -1 if row is None else row
