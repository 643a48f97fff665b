"""A Spark that starts fast: nothing compiled twice, one partition or two."""

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from recommender.events import schema
from training.spark.session import opened

OPTIONS = {
    "spark.master": "local[1]",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-Xss16m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def started() -> SparkSession:
    """The session."""
    return opened(1, OPTIONS)


def frame(session: SparkSession, rows: pa.Table) -> DataFrame:
    """Rows of a log as Spark reads them."""
    return session.createDataFrame(rows, from_arrow_schema(schema.SCHEMA))
