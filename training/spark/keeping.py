"""Rows that several jobs read are kept where they were made."""

from pyspark import StorageLevel
from pyspark.sql import DataFrame


def kept(frame: DataFrame) -> DataFrame:
    """The same rows, made once, without where they came from; they go when nobody refers to them any more.

    Else every job would be planned over all that went before, and every task be sent with it. What lies on a worker's
    disk goes with the worker, and training with it, unless the operator names a place that outlasts workers.
    """
    if frame.sparkSession.sparkContext.getCheckpointDir() is not None:
        return frame.checkpoint()
    return frame.localCheckpoint(eager=False, storageLevel=StorageLevel.DISK_ONLY)
