"""Which people are drawn where not all of them fit into memory: the very ones that `training.sampling` draws."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from recommender.events import schema
from recommender.events.identity import PERSON

BITS = 16
"""Of a digest: people are counted by the first of its 32 bits."""
DIGEST, BUCKET = "_digest", "_bucket"


@dataclass(frozen=True, eq=False)
class People:
    """How many people there are and what they did, by the first bits of their digests."""

    seed: int
    rows: NDArray[np.int64]
    """Interactions of known people; one number a bucket."""
    interactions: int
    """Of everybody, known or not."""
    total: int
    choosers: int
    """Who chose two items or more."""

    @classmethod
    def of(cls, rows: DataFrame, seed: int) -> Self:
        """Count the people of cleaned rows."""
        one_each = rows.groupBy(PERSON).agg(
            fn.count(fn.lit(1)).alias("rows"),
            (fn.min(schema.ITEM_ID) < fn.max(schema.ITEM_ID)).cast("long").alias("choosers"),
        )
        bucket = fn.shiftrightunsigned(digest(seed), 32 - BITS).alias(BUCKET)
        counted = one_each.groupBy(bucket).agg(
            fn.sum("rows").alias("rows"), fn.count(fn.lit(1)).alias("people"), fn.sum("choosers").alias("choosers")
        ).toArrow()  # fmt: skip
        columns = {name: counted[name].to_numpy() for name in ("rows", "people", "choosers")}
        buckets = counted[BUCKET].fill_null(-1).to_numpy()
        known = buckets >= 0
        sums = np.bincount(buckets[known], columns["rows"][known], 1 << BITS).astype(np.int64)
        people, choosers = (int(columns[name][known].sum()) for name in ("people", "choosers"))
        return cls(seed, sums, int(columns["rows"].sum()), people, choosers)

    def drawn(self, rows: DataFrame, most: int) -> DataFrame:
        """The rows of the people with the lowest digests who did at most so much together; all rows where that fits."""
        if self.interactions <= most:
            return rows
        sums = np.cumsum(self.rows)
        whole = int(np.searchsorted(sums, most, side="right"))  # buckets before this one fit as a whole
        left = most - (int(sums[whole - 1]) if whole else 0)
        own = digest(self.seed)
        lowest = whole << (32 - BITS)
        within = rows.where((own >= lowest) & (own < (whole + 1) << (32 - BITS)))
        found = within.groupBy(own.alias(DIGEST)).count().orderBy(DIGEST).toArrow()
        fits = np.cumsum(found["count"].to_numpy()) <= left
        last = int(found[DIGEST].to_numpy()[fits].max(initial=lowest - 1))
        return rows.where(own <= last)


def digest(seed: int) -> Column:
    """32 bits of whose row it is."""
    return fn.crc32(fn.concat(fn.lit(f"{seed} "), fn.col(PERSON)))
