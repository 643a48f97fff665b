"""A copy of the event log that Spark reads by URL: where it lies, and which of its files count."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession

from recommender.errors import ConfigurationError
from recommender.events.stored import REGISTER, Register
from recommender.register import read

S3, S3A = "s3://", "s3a://"
CONNECTOR: Final = "org.apache.hadoop.fs.s3a.S3AFileSystem"
"""By which Spark reads S3; no Spark comes with it."""


def readable(session: SparkSession, url: str) -> list[str]:
    """What to read of a copy: the files that its register names, or without one all of the folder.

    In a store, files lie beside those that take their place until nobody reads them any more.

    Args:
        session: reads.
        url: of a folder like a shop's own `log`, as `file:///…`, `hdfs://…`, `s3://…` or `s3a://…`.

    Raises:
        ConfigurationError: Spark cannot read there.
        ArtifactError: the register is damaged.
    """
    place = _known(session, url).rstrip("/")
    with refused(session, url):
        register = _text(session, f"{place}/{REGISTER}")
    if register is None:
        return [place]
    return [f"{place}/{one.object}" for one in read(Register, register).files.values()]


@contextmanager
def refused(session: SparkSession, url: str) -> Iterator[None]:
    """Say in words what Spark has against a URL.

    Raises:
        ConfigurationError: it has something against it.
    """
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        reason = str(error.java_exception if isinstance(error, Py4JJavaError) else error).splitlines()[0]
        hint = f"; give it --packages {_connector(session)}, see the README" if CONNECTOR in reason else ""
        raise ConfigurationError(f"--log: Spark cannot read {url}: {reason}{hint}") from None


def _known(session: SparkSession, url: str) -> str:
    """The URL in the words of Hadoop, to whom S3 is `s3a` unless somebody brought another reader."""
    if url.startswith(S3) and _java(session.sparkContext._jsc).hadoopConfiguration().get("fs.s3.impl") is None:
        return S3A + url.removeprefix(S3)
    return url


def _text(session: SparkSession, path: str) -> bytes | None:
    try:
        row = session.read.text(path, wholetext=True).first()
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            return None
        raise
    return None if row is None else str(row[0]).encode()


def _connector(session: SparkSession) -> str:
    version = _java(session.sparkContext._jvm).org.apache.hadoop.util.VersionInfo.getVersion()
    return f"org.apache.hadoop:hadoop-aws:{version}"


def _java(gateway: Any) -> Any:
    """What Java offers; Python's types know nothing of it."""
    return gateway
