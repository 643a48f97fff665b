"""Cleaned interactions with the rows left where Spark keeps them: in numbers for jobs, or as a sample in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self

import numpy as np
import polars as pl
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from recommender.days import DAY
from recommender.events import schema
from recommender.events.identity import PERSON
from recommender.models.affinity import EVENT_INTEREST
from recommender.models.interactions import EVENT_CODES
from recommender.vocabulary import Vocabulary
from training.cleaning import ACTOR, PURCHASE
from training.interactions import Prepared, prepare
from training.sessions import SESSION
from training.spark.cleaning import PLACE, REASON, TOLD
from training.spark.drawing import People
from training.spark.sessions import NTH

ITEM, CODE, AT, DAY_OF, AGE, WEIGHT = "item", "code", "at", "day", "age", "weight"
"""Of a row: its item and event as numbers, Unix seconds, days since 1970, age in days, interest without decay."""
WHO, VISIT, ORDER = "who", "visit", "order"
"""Of a row: 64 bits for the person, the session and the order; null where there is none."""
ROWS: Final = (
    schema.EVENT, *PLACE, schema.VISITOR_ID, schema.SESSION_ID, schema.ITEM_ID, schema.QUANTITY, schema.PRICE,
    schema.ORDER_ID, PERSON, ACTOR, NTH, REASON, TOLD,
)  # fmt: skip
VISIT_KEYS = (ACTOR, schema.SESSION_ID, NTH)


@dataclass(frozen=True, eq=False)
class Rows:
    """Cleaned interactions of a shop; what every job begins with."""

    cleaned: DataFrame
    """Columns as `NEEDED` of :mod:`training.cleaning`, and `nth`."""
    items: Vocabulary
    end: datetime
    people: People
    catalogue: Mapping[str, Mapping[str, Any]] = field(repr=False)
    bounds: tuple[datetime, datetime] | None
    left_out: Mapping[str, int]
    most: int
    """Interactions of the sample from which is learned what only memory can learn."""
    drawn: dict[int, Prepared] = field(default_factory=dict, repr=False)
    """What was brought here, by how much it was to be at most."""

    @property
    def numbered(self) -> DataFrame:
        """The rows in numbers, as `Interactions` has them in memory; people, sessions and orders as 64 bits."""
        rows = self.cleaned.join(fn.broadcast(_table(self.cleaned, self.items)), schema.ITEM_ID)
        seconds = fn.unix_seconds(schema.TIMESTAMP)
        codes = fn.create_map(*[fn.lit(one) for name, code in EVENT_CODES.items() for one in (name.value, code)])
        interest = fn.array(*[fn.lit(float(one)) for one in EVENT_INTEREST])
        code = codes[fn.col(schema.EVENT)]
        bought = fn.col(schema.EVENT) == PURCHASE
        return rows.select(
            ITEM,
            code.cast("tinyint").alias(CODE),
            seconds.alias(AT),
            fn.floor(seconds / DAY).alias(DAY_OF),
            fn.greatest((fn.lit(self.end.timestamp()) - seconds) / DAY, fn.lit(0.0)).cast("float").alias(AGE),
            interest[code].alias(WEIGHT),
            hashed(fn.col(PERSON)).alias(WHO),
            fn.when(fn.col(NTH) >= 0, fn.xxhash64(*VISIT_KEYS)).alias(VISIT),
            fn.when(bought, hashed(fn.col(schema.ORDER_ID))).alias(ORDER),
            fn.col(schema.QUANTITY).cast("float"),
            PERSON,
            schema.VISITOR_ID,
            *PLACE,
        )

    def of_some(self, most: int) -> Self:
        """The rows: all, or at most so many, of the people whom `sampling.drawn` draws."""
        return replace(self, cleaned=self.people.drawn(self.cleaned, most), drawn={})

    @property
    def sample(self) -> Prepared:
        """What is learned from in memory."""
        return self.draw(self.most)

    def draw(self, most: int) -> Prepared:
        """At most so many interactions, in memory: all of them, or those of people drawn as `sampling.drawn` does."""
        if most not in self.drawn:
            self.drawn[most] = self._brought(self.people.drawn(self.cleaned, most))
        return self.drawn[most]

    def _brought(self, chosen: DataFrame) -> Prepared:
        named = chosen.select(*(name for name in ROWS if name not in {REASON, TOLD}))
        rows = pl.from_arrow(named.toArrow())
        assert isinstance(rows, pl.DataFrame)
        session = pl.struct(*VISIT_KEYS).rank("dense").cast(pl.Int32) - 1
        known = rows.filter(pl.col(NTH) >= 0).with_columns(session.alias(SESSION))
        nobody = rows.filter(pl.col(NTH) < 0).with_columns(pl.lit(-1, pl.Int32).alias(SESSION))
        return prepare(
            pl.concat([known, nobody]).sort(PLACE),
            self.catalogue,
            bounds=self.bounds,
            now=self.end,
            left_out=self.left_out,
            items=self.items,
        )


def hashed(key: Column) -> Column:
    """64 bits of a text; null where it is null."""
    return fn.when(key.isNotNull(), fn.xxhash64(key))


def _table(like: DataFrame, items: Vocabulary) -> DataFrame:
    """The items and their numbers."""
    numbers = np.arange(len(items), dtype=np.int32)
    table = pa.table({schema.ITEM_ID: pa.array([*items], pa.string()), ITEM: pa.array(numbers)})
    return like.sparkSession.createDataFrame(table)
