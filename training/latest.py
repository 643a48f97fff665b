"""The latest part of a log that is too long to be learned from as a whole."""

from datetime import UTC, datetime, time

import polars as pl

from recommender.events import schema


def latest_days(log: pl.LazyFrame, most: int) -> tuple[pl.LazyFrame, int]:
    """The last whole days (UTC) that hold at most `most` rows, and how many rows lie before them.

    The last day stays, however long it is: less would be no log at all.
    """
    day = pl.col(schema.TIMESTAMP).dt.date().alias("day")
    days = log.group_by(day).len().collect().sort("day", descending=True)
    total = int(days["len"].sum())
    kept = days.filter((pl.col("len").cum_sum() <= most) | (pl.int_range(pl.len()) == 0))
    if kept.height == days.height:
        return log, 0
    begin = datetime.combine(kept["day"].min(), time(), UTC)  # type: ignore[arg-type]
    return log.filter(pl.col(schema.TIMESTAMP) >= begin), total - int(kept["len"].sum())
