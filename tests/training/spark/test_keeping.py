"""What several jobs read is made once."""

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as fn

from training.spark.keeping import kept


@pytest.mark.spark
@pytest.mark.timeout(600)
def test_what_is_kept_is_the_same_for_every_job_and_begins_anew(spark: SparkSession) -> None:
    """Numbers drawn without a seed would differ if they were drawn twice."""
    frame = kept(spark.range(40).select(fn.expr("uuid()").alias("drawn")))

    assert {row[0] for row in frame.collect()} == {row[0] for row in frame.collect()}
    assert "uuid" not in str(frame._jdf.queryExecution().optimizedPlan().toString())


def test_it_is_kept_where_the_operator_says() -> None:
    context = SimpleNamespace(getCheckpointDir=lambda: "hdfs:///kept")
    frame: Any = SimpleNamespace(sparkSession=SimpleNamespace(sparkContext=context), checkpoint=lambda: "there")

    assert kept(frame) == "there"
