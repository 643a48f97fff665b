"""What a shop's log and catalogue have to teach, with the rows left where Spark keeps them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

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
from recommender.training import TrainingConfiguration
from recommender.vocabulary import Vocabulary
from training.cleaning import ACTOR, PURCHASE
from training.interactions import Prepared, day_of, prepare
from training.sessions import SESSION
from training.spark.cleaning import PLACE, REASON, REFUNDED, REPEATED, ROBOT, TOLD, cleaned
from training.spark.drawing import People
from training.spark.people import Keep
from training.spark.sessions import NTH, sessionised

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


@dataclass(frozen=True, eq=False)
class Gathered:
    """A shop's :class:`training.interactions.Material`, of which only numbers and the catalogue are in memory."""

    interactions: Rows
    documents: Sequence[Mapping[str, Any]]
    data_start: datetime | None
    data_end: datetime
    left_out: Mapping[str, int]
    fingerprint: str
    counts: Mapping[str, int]
    oldest_days: float | None
    comparable: bool

    @property
    def profiles(self) -> Rows:
        """The same rows; by which keys they are looked up is told by the job that gathers histories."""
        return self.interactions

    @property
    def items(self) -> Vocabulary:
        """The items of the log and of the catalogue."""
        return self.interactions.items


def gathered(
    log: DataFrame,
    catalogue: Mapping[str, Mapping[str, Any]],
    configuration: TrainingConfiguration,
    now: datetime,
    keep: Keep,
) -> Gathered:
    """Clean the log, tell people and sessions apart, and count.

    Args:
        log: the event log.
        catalogue: item documents by id.
        configuration: how to clean.
        now: what an empty log ends at.
        keep: keeps rows that are read several times.
    """
    first, last = bounds(log)
    end = last or day_of(now)
    told = cleaned(log, configuration.cleaning, last, keep)
    rows = keep(sessionised(told, configuration.session_idle_minutes).select(*ROWS))
    left_out = _left_out(rows)
    rows = rows.where(fn.col(REASON).isNull())
    ids = rows.select(schema.ITEM_ID).distinct().toArrow()[schema.ITEM_ID].to_pylist()
    items = Vocabulary(sorted({*ids, *catalogue}))
    people = People.of(rows, configuration.seed)
    if first is not None and last is not None and configuration.cleaning.window_days is not None:
        first = max(first, last - timedelta(days=configuration.cleaning.window_days))
    counted = _counted(rows)
    oldest = _moment(counted.pop("oldest"))
    between = (first, last) if first is not None and last is not None else None
    return Gathered(
        Rows(rows, items, end, people, catalogue, between, left_out, configuration.evaluation.whole_interactions),
        documents=[catalogue.get(item, {}) for item in items],
        data_start=first,
        data_end=end,
        left_out=left_out,
        fingerprint=_fingerprint(counted.pop("digest"), items, catalogue, end),
        counts={"people": people.total, **counted},
        oldest_days=None if oldest is None else (end - oldest) / timedelta(days=1),
        comparable=people.choosers > 1,
    )


def bounds(log: DataFrame) -> tuple[datetime | None, datetime | None]:
    """The first and the last moment of a log; None and None when it is empty."""
    moment = fn.col(schema.TIMESTAMP)
    ends = log.agg(fn.unix_micros(fn.min(moment)).alias("first"), fn.unix_micros(fn.max(moment)).alias("last")).first()
    assert ends is not None
    return _moment(ends["first"]), _moment(ends["last"])


def hashed(key: Column) -> Column:
    """64 bits of a text; null where it is null."""
    return fn.when(key.isNotNull(), fn.xxhash64(key))


def _left_out(rows: DataFrame) -> dict[str, int]:
    """How many rows of the log are left out, by reason."""
    counted = rows.groupBy(REASON).agg(fn.count(fn.lit(1)).alias("rows"), fn.sum(TOLD).alias(TOLD)).collect()
    found = {row[REASON]: row["rows"] for row in counted}
    repeated = sum(row[TOLD] - row["rows"] for row in counted)
    return {REPEATED: repeated, **{reason: found.get(reason, 0) for reason in (REFUNDED, ROBOT)}}


def _counted(rows: DataFrame) -> dict[str, Any]:
    """How much there is, the microsecond of the first row, and a digest of all that does not depend on their order."""
    bought = fn.col(schema.EVENT) == PURCHASE
    learned = [name for name in ROWS if name not in {*PLACE[1:], REASON, TOLD}]
    whole = rows.agg(
        fn.count(fn.lit(1)).alias("interactions"),
        fn.count_if(bought).alias("purchases"),
        fn.unix_micros(fn.min(schema.TIMESTAMP)).alias("oldest"),
        fn.bit_xor(fn.xxhash64(*learned)).alias("digest"),
    ).first()
    assert whole is not None
    orders = rows.where(bought & fn.col(schema.ORDER_ID).isNotNull()).select(schema.ORDER_ID).distinct().count()
    sessions = rows.where(fn.col(NTH) >= 0).select(fn.xxhash64(*VISIT_KEYS)).distinct().count()
    return {**whole.asDict(), "orders": orders, "sessions": sessions}


def _fingerprint(
    digest: int | None, items: Vocabulary, catalogue: Mapping[str, Mapping[str, Any]], end: datetime
) -> str:
    found = hashlib.sha256(f"spark {digest} {end.isoformat()}".encode())
    found.update(json.dumps([*items]).encode())
    found.update(json.dumps(catalogue, sort_keys=True).encode())
    return found.hexdigest()


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)


def _table(like: DataFrame, items: Vocabulary) -> DataFrame:
    """The items and their numbers."""
    numbers = np.arange(len(items), dtype=np.int32)
    table = pa.table({schema.ITEM_ID: pa.array([*items], pa.string()), ITEM: pa.array(numbers)})
    return like.sparkSession.createDataFrame(table)
