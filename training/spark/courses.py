"""Rows of the log from which the chance of an order is learned: all, or those of people who are drawn."""

from collections.abc import Iterable
from enum import StrEnum

import polars as pl
from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from recommender.events import schema
from recommender.events.names import ITEMLESS, MEETINGS, PASSING
from training.cleaning import PURCHASE
from training.courses import COLUMNS, SEED
from training.spark.drawing import digest
from training.spark.people import login, with_person


def told(log: DataFrame, most: int) -> pl.LazyFrame:
    """What leaves something in the visitors' state, or says who they are: about `most` rows, or fewer."""
    event = fn.col(schema.EVENT)
    itemless = event.isin(_names(ITEMLESS | MEETINGS)) | ((event == PURCHASE) & fn.col(schema.VERIFIED))
    leaves = ~event.isin(_names(PASSING)) & (fn.col(schema.ITEM_ID).isNotNull() | itemless)
    rows = log.select(*COLUMNS).where(leaves | login())
    total = rows.count()
    if total > most:
        drawn = with_person(rows).where(digest(SEED) < int(2**32 * most / total))
        rows = drawn.select(*COLUMNS)
    found = pl.from_arrow(rows.toArrow())
    assert isinstance(found, pl.DataFrame)
    return found.lazy()


def _names(events: Iterable[StrEnum]) -> list[str]:
    return sorted(event.value for event in events)
