"""Sessions: rows of one browser with no long pause between them."""

import polars as pl

from recommender.events import schema
from training.cleaning import ACTOR

SESSION = "session"


def sessionise(rows: pl.DataFrame, idle_minutes: float) -> pl.DataFrame:
    """Number the sessions of `rows`, in column `session`; -1 where nobody is known.

    A session that the shop names ends where its name ends; elsewhere a pause longer than `idle_minutes` ends it.
    """
    named = pl.col(schema.SESSION_ID).fill_null("")
    pause = pl.col(schema.TIMESTAMP).diff().over(ACTOR, schema.SESSION_ID)
    begins = pause.is_null() | ((named == "") & (pause > pl.duration(seconds=int(idle_minutes * 60))))
    numbered = (
        rows.with_row_index("place")
        .sort(ACTOR, named, schema.TIMESTAMP, "place", nulls_last=True)
        .with_columns((begins.cum_sum() - 1).cast(pl.Int32).alias(SESSION))
        .sort("place")
        .drop("place")
    )
    known = pl.col(ACTOR).is_not_null()
    return numbered.with_columns(pl.when(known).then(pl.col(SESSION)).otherwise(-1).alias(SESSION))
