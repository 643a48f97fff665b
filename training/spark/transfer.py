"""Results of jobs brought here: part after part, as Arrow, so that no more than two parts are in memory at once.

All parts are made before the first one comes, by everybody who works: else each would wait for the one before, and be
made in the memory that bringing them takes.
"""

from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from training.spark.keeping import kept

PACKED = "packed"
PIECE = 4_000_000
"""Bytes that come here at once, about: on their way they lie in memory several times."""


def streamed(frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """The batches of a frame, in the order of its parts."""
    packed = kept(frame.mapInArrow(_packed, f"{PACKED} binary"), now=True)
    # Not `DataFrame.toLocalIterator`: Spark 4 keeps the results of all jobs of a query until it ends, so all parts.
    for row in packed.rdd.toLocalIterator(prefetchPartitions=True):
        yield from pa.ipc.open_stream(row[PACKED])


def _packed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = max(1, len(batch) * PIECE // max(batch.nbytes, 1))
        for begin in range(0, len(batch), rows):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as stream:
                stream.write_batch(batch.slice(begin, rows))
            packed = pa.array([sink.getvalue().to_pybytes()], pa.binary())
            yield pa.RecordBatch.from_arrays([packed], [PACKED])


def flat(column: pa.Array) -> NDArray[Any]:
    """The values of lists, end to end."""
    values: NDArray[Any] = column.flatten().to_numpy(zero_copy_only=False)
    return values


def lengths(column: pa.Array) -> NDArray[np.int64]:
    """How long each list is; 0 where there is none."""
    found: NDArray[np.int64] = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


class Column:
    """A long array that grows on disk: what is as long as there are people need not fit into memory."""

    def __init__(self, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._file = TemporaryFile()  # noqa: SIM115 - open for as long as somebody reads the array
        self._size = 0

    def add(self, values: NDArray[Any]) -> None:
        """Append values."""
        self._file.write(values.astype(self._dtype, copy=False).tobytes())
        self._size += len(values)

    def array(self) -> NDArray[Any]:
        """Everything that was added; nothing can be added any more. The file goes with the last who reads the array."""
        with self._file:
            self._file.flush()
            if not self._size:
                return np.empty(0, self._dtype)
            return np.memmap(self._file, self._dtype, "r+", shape=(self._size,))
