"""Who does the heavy steps of a training: this process, or Spark."""

from enum import StrEnum
from importlib.util import find_spec

from recommender.errors import ConfigurationError, MissingError
from training.steps import HeavySteps, LocalSteps


class Engine(StrEnum):
    """Where the log is learned from."""

    LOCAL = "local"
    """In the memory of this process."""
    SPARK = "spark"
    """By Spark, here or on a cluster."""


def heavy_steps(engine: Engine, *, memory_gb: float, log: str | None = None) -> HeavySteps:
    """The steps of an engine, ready for work.

    Args:
        engine: which.
        memory_gb: for all of training.
        log: where Spark finds the event log, unless it reads the shop's own files.

    Raises:
        ConfigurationError: `log` is given, and the engine reads the shop's own files only.
        MissingError: PySpark or Java is not installed.
        TrainingError: Spark does not start.
    """
    if engine is Engine.LOCAL:
        if log is not None:
            raise ConfigurationError(f"--log: {log} is not allowed with --engine local, which reads the shop's own log")
        return LocalSteps()
    if find_spec("pyspark") is None:
        raise MissingError("--engine spark needs PySpark; install it: pip install 'vitrine[spark]'")
    from training.spark.session import opened
    from training.spark.steps import SparkSteps

    return SparkSteps(opened(memory_gb), log)
