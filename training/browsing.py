"""What customers did besides buying, up to a day: columns that tell who is about to leave."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from recommender.events import schema
from recommender.events.identity import PERSON, login, with_person
from recommender.events.names import INTERACTIONS, EventName
from recommender.lifecycle.histories import Floats

BROWSING: Final = sorted(INTERACTIONS - {EventName.PURCHASE})
WINDOWS: Final = (7, 30, 90)
"""Days over which events are counted."""
NEVER: Final = 365.0
"""Days since the last visit of somebody who was not seen lately."""


def browsing(log: pl.LazyFrame, people: Sequence[str]) -> pl.DataFrame:
    """Days on which some people browsed: `row` of the person, `day` since 1970, `events` and `carts`.

    Args:
        log: the event log.
        people: as `Buying.people`.
    """
    rows = pl.LazyFrame({PERSON: people, "row": np.arange(len(people), dtype=np.int32)})
    browsed = pl.col(schema.EVENT).is_in([name.value for name in BROWSING])
    told = log.filter(browsed | login()).select(schema.EVENT, schema.TIMESTAMP, schema.VISITOR_ID, schema.CUSTOMER_ID)
    return (
        with_person(told)
        .filter(browsed)
        .join(rows, on=PERSON, how="inner")
        .group_by("row", pl.col(schema.TIMESTAMP).dt.epoch("d").cast(pl.Int32).alias("day"))
        .agg(pl.len().alias("events"), (pl.col(schema.EVENT) == EventName.ADD_TO_CART.value).sum().alias("carts"))
        .collect()
    )


def seen(browsed: pl.DataFrame, end: int, people: int) -> Floats:
    """One row for each of so many people: events of `WINDOWS`, days with any, carts, and days since the last.

    Args:
        browsed: what :func:`browsing` found.
        end: the last day that counts.
        people: how many.
    """
    known = browsed.filter((pl.col("day") <= end) & (pl.col("day") > end - max(WINDOWS)))
    who, age = known["row"].to_numpy(), end - known["day"].to_numpy()
    events, carts = known["events"].to_numpy(), known["carts"].to_numpy()

    def counted(values: Floats) -> Floats:
        found: Floats = np.bincount(who, values, minlength=people).astype(np.float64)
        return found

    since = np.full(people, NEVER)
    np.minimum.at(since, who, age)
    windows = [counted(events * (age < window)) for window in WINDOWS]
    return np.column_stack([*windows, counted(np.ones(len(who))), counted(carts), since])
