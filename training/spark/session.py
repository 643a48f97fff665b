"""The Spark session: the one that is there, as under `spark-submit`, else one of our own."""

import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from recommender.errors import TrainingError
from training.spark.java import HOME, java_home

SQL: Final = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "16m",  # of parts that come here whole, several times as large
}
"""What the jobs rely on; set in a session of their own, so that others of the application keep theirs."""
SUBMITTED: Final = "PYSPARK_GATEWAY_PORT"
"""Set by `spark-submit`."""
OWN: Final = {
    "spark.app.name": "vitrine train",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
    "spark.shuffle.sort.bypassMergeThreshold": "1",  # one file a task instead of one for each part
    "spark.driver.maxResultSize": "0",
    "spark.driver.extraJavaOptions": "-Xss16m",
    "spark.executor.extraJavaOptions": "-Xss16m",
}
"""Of an application that we start; `spark-defaults.conf` goes before."""
PARTS: Final = "spark.sql.shuffle.partitions"
ROWS_A_PART: Final = 2_000_000
"""Of the log. What a task sorts and groups of so many fits into its share of a worker of 4 GB with two cores."""
PARTS_A_CORE: Final = 2
"""At least, so that no core waits long for another."""


def opened(memory_gb: float, options: Mapping[str, str] | None = None) -> SparkSession:
    """A session for training; who runs where is told by `spark-submit` or `spark-defaults.conf`, else it is here.

    Args:
        memory_gb: for all of training. Here, the driver does the work, and gets a third of it.
        options: of Spark, before those of `spark-defaults.conf`.

    Raises:
        MissingError: no Java is found.
        TrainingError: Spark does not start.
    """
    session = SparkSession.getActiveSession() or _begun(memory_gb, options or {})
    own = session.newSession()
    for name, value in SQL.items():
        own.conf.set(name, value)
    return own


def cut(session: SparkSession, rows: int) -> None:
    """Cut what jobs exchange into as many parts as a log of so many rows needs, unless the operator says how many."""
    context = session.sparkContext
    if not context.getConf().contains(PARTS):
        session.conf.set(PARTS, max(PARTS_A_CORE * context.defaultParallelism, math.ceil(rows / ROWS_A_PART)))


def _begun(memory_gb: float, options: Mapping[str, str]) -> SparkSession:
    builder = SparkSession.builder
    for name, value in {**_ours(memory_gb), **options}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except PySparkException as error:
        raise TrainingError(f"Spark does not start: {error}") from None


def _ours(memory_gb: float) -> dict[str, str]:
    """What we set: nothing under `spark-submit`, which has started Java and was told everything."""
    if SUBMITTED in os.environ:
        return {}
    os.environ[HOME] = str(java_home())
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    own = {**OWN, "spark.driver.memory": f"{max(1024, int(memory_gb * 1024 / 3))}m"}
    return {name: own[name] for name in own.keys() - defaults()}


def defaults() -> set[str]:
    """What `spark-defaults.conf` sets."""
    home = os.environ.get("SPARK_HOME")
    folder = os.environ.get("SPARK_CONF_DIR") or (f"{home}/conf" if home else None)
    if folder is None or not (file := Path(folder) / "spark-defaults.conf").is_file():
        return set()
    lines = file.read_text("utf-8").splitlines()
    return {line.split(maxsplit=1)[0].split("=")[0] for line in lines if line.strip() and not line.startswith("#")}
