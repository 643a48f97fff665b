"""What a shop's log and catalogue have to teach, with the rows left where Spark keeps them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from recommender.events import schema
from recommender.training import TrainingConfiguration
from recommender.vocabulary import Vocabulary
from training.cleaning import PURCHASE
from training.interactions import day_of
from training.spark.cleaning import PLACE, REASON, REFUNDED, REPEATED, ROBOT, TOLD, cleaned
from training.spark.drawing import People
from training.spark.keeping import kept
from training.spark.rows import ROWS, VISIT_KEYS, Rows
from training.spark.session import cut
from training.spark.sessions import NTH, sessionised


class Span(NamedTuple):
    """From when to when a log goes, and how many rows it has."""

    first: datetime | None
    last: datetime | None
    """None when it is empty."""
    rows: int

    @classmethod
    def of(cls, log: DataFrame) -> Self:
        """Look through a log."""
        moment = fn.col(schema.TIMESTAMP)
        ends = (fn.unix_micros(end(moment)) for end in (fn.min, fn.max))
        found = log.agg(*ends, fn.count(fn.lit(1))).first()
        assert found is not None
        return cls(_moment(found[0]), _moment(found[1]), found[2])

    def within(self, days: int | None) -> tuple[datetime, datetime] | None:
        """The first and the last moment of its last days, or of all of it; None when it is empty."""
        if self.first is None or self.last is None:
            return None
        return (self.first if days is None else max(self.first, self.last - timedelta(days=days))), self.last


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
) -> Gathered:
    """Clean the log, tell people and sessions apart, and count.

    Args:
        log: the event log.
        catalogue: item documents by id.
        configuration: how to clean.
        now: what an empty log ends at.
    """
    span = Span.of(log)
    cut(log.sparkSession, span.rows)
    end = span.last or day_of(now)
    told = cleaned(log, configuration.cleaning, span.last)
    rows = kept(sessionised(told, configuration.session_idle_minutes).select(*ROWS))
    left_out = _left_out(rows)
    rows = rows.where(fn.col(REASON).isNull())
    ids = rows.select(schema.ITEM_ID).distinct().toArrow()[schema.ITEM_ID].to_pylist()
    items = Vocabulary(sorted({*ids, *catalogue}))
    people = People.of(rows, configuration.seed)
    counted = _counted(rows)
    oldest = _moment(counted.pop("oldest"))
    between = span.within(configuration.cleaning.window_days)
    return Gathered(
        Rows(rows, items, end, people, catalogue, between, left_out, configuration.evaluation.whole_interactions),
        documents=[catalogue.get(item, {}) for item in items],
        data_start=between[0] if between else None,
        data_end=end,
        left_out=left_out,
        fingerprint=_fingerprint(counted.pop("digest"), items, catalogue, end),
        counts={"people": people.total, **counted},
        oldest_days=None if oldest is None else (end - oldest) / timedelta(days=1),
        comparable=people.choosers > 1,
    )


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
