"""The event log as Spark reads it: its Parquet files where they lie, and what has not been moved into them yet."""

from datetime import datetime

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn
from pyspark.sql.pandas.types import from_arrow_schema

from recommender.events import files, schema
from recommender.events.log import EventLog
from recommender.events.spooled import waiting
from training.spark.copies import readable, refused


def scan(session: SparkSession, log: EventLog, url: str | None = None, before: datetime | None = None) -> DataFrame:
    """Every event, once, in the columns of the schema.

    Args:
        session: reads it.
        log: of the shop. Executors read the same paths, so on a cluster it lies on a file system of all machines ...
        url: ... or is copied to where Spark finds it, as `s3://bucket/shops/shop/log` or `hdfs:///shop/log`.
        before: a moment; later events are left out.

    Raises:
        ConfigurationError: Spark cannot read there.
    """
    spooled = waiting(log.folder)  # before the files are listed: what moves meanwhile is then found there
    paths = files.log_files(log.folder.log)
    frames = [_copied(session, url) if url else _parquet(session, [f"file://{path.absolute()}" for path in paths])]
    if len(rest := spooled.not_in(paths)):
        frames.append(_table(session, rest))
    rows = frames[0]
    for frame in frames[1:]:
        rows = rows.unionByName(frame)
    return rows if before is None else rows.where(fn.col(schema.TIMESTAMP) < fn.lit(before))


def _copied(session: SparkSession, url: str) -> DataFrame:
    found = readable(session, url)
    with refused(session, url):
        return _parquet(session, found)


def _parquet(session: SparkSession, paths: list[str]) -> DataFrame:
    types = from_arrow_schema(schema.SCHEMA)
    if not paths:
        return session.createDataFrame([], types)
    # Days are folders, which would be read as a column more.
    reader = session.read.schema(types).option("recursiveFileLookup", "true").option("pathGlobFilter", "*.parquet")
    return reader.parquet(*paths)


def _table(session: SparkSession, table: pa.Table) -> DataFrame:
    return session.createDataFrame(table.select(schema.SCHEMA.names), from_arrow_schema(schema.SCHEMA))
