"""Sessions as `training.sessions` tells them apart, browser by browser."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as fn

from recommender.events import schema
from training.cleaning import ACTOR
from training.spark.cleaning import PLACE, REASON

NTH = "nth"
"""Which session of its actor and of its name a row belongs to; -1 where nobody is known or the row is left out."""


def sessionised(rows: DataFrame, idle_minutes: float) -> DataFrame:
    """The rows with `nth`, and with `session_id` empty where the shop names none.

    Rows of nobody and rows that are left out, as a robot's millions, have no session, and are not gathered in one place
    to find that out.
    """
    named = rows.withColumn(schema.SESSION_ID, fn.coalesce(schema.SESSION_ID, fn.lit("")))
    known, name = fn.col(ACTOR).isNotNull() & fn.col(REASON).isNull(), fn.col(schema.SESSION_ID)
    alone = fn.when(~known, fn.col(schema.EVENT_ID))
    visits = Window.partitionBy(fn.when(known, fn.col(ACTOR)), alone, name).orderBy(*PLACE)
    pause = fn.unix_micros(schema.TIMESTAMP) - fn.unix_micros(fn.lag(schema.TIMESTAMP).over(visits))
    begins = (name == "") & (pause > int(idle_minutes * 60) * 1_000_000)
    nth = fn.sum("_begins").over(visits.rowsBetween(Window.unboundedPreceding, 0)).cast("int")
    marked = named.withColumn("_begins", fn.coalesce(begins, fn.lit(False)).cast("int"))
    return marked.withColumn(NTH, fn.when(known, nth).otherwise(-1)).drop("_begins")
