"""Rows that several jobs read are kept where they were made."""

from pyspark import StorageLevel
from pyspark.sql import DataFrame


def kept(frame: DataFrame, *, now: bool = False) -> DataFrame:
    """The same rows, made once, without where they came from; they go when nobody refers to them any more.

    Else every job would be planned over all that went before, and every task be sent with it. What lies on a worker's
    disk goes with the worker, and training with it, unless the operator names a place that outlasts workers.

    Args:
        frame: the rows.
        now: make them at once, all side by side, instead of with the first job that reads them.
    """
    if frame.sparkSession.sparkContext.getCheckpointDir() is not None:
        return frame.checkpoint()
    return frame.localCheckpoint(eager=now, storageLevel=StorageLevel.DISK_ONLY)
