"""One Spark for all tests of a process, small and quick to start."""

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from training.spark.session import opened

OPTIONS = {
    "spark.master": "local[1]",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": (
        "-Xss16m -Xms768m -XX:MetaspaceSize=256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
        "-XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
    ),
}
"""Nothing is compiled that runs once, and there are no more parts than it takes to have several."""


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The session of the tests."""
    session = opened(1, OPTIONS)
    yield session
    session.stop()
