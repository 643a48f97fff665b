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
    # In the order of actors, names and time a session begins where one of them changes, or after a pause.
    others = pl.col(ACTOR).ne_missing(pl.col(ACTOR).shift()) | named.ne_missing(named.shift())
    pause = pl.col(schema.TIMESTAMP).diff() > pl.duration(seconds=int(idle_minutes * 60))
    begins = others | ((named == "") & pause.fill_null(value=False))
    known = pl.col(ACTOR).is_not_null()
    number = pl.when(known).then((begins.cum_sum() - 1).cast(pl.Int32)).otherwise(-1)
    # Only what tells sessions apart is sorted: the other columns stay where they are.
    numbered = (
        rows.select(ACTOR, schema.SESSION_ID, schema.TIMESTAMP)
        .with_row_index("place")
        .sort(ACTOR, named, schema.TIMESTAMP, "place", nulls_last=True)
        .select("place", number.alias(SESSION))
        .sort("place")
    )
    return rows.with_columns(numbered[SESSION])
