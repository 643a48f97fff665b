"""What comes to the driver comes in small pieces, and is the same."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from training.spark import transfer

pytestmark = pytest.mark.spark
PARTS, PART = 10, 16_000_000
"""How many, and the bytes of each."""
SCHEMA = pa.schema({"key": pa.string(), "held": pa.list_(pa.struct({"item": pa.int32(), "at": pa.int64()}))})
HELD = st.none() | st.lists(st.fixed_dictionaries({"item": st.integers(0, 9), "at": st.integers(0, 9)}), max_size=4)


@given(st.lists(st.fixed_dictionaries({"key": st.text(max_size=3), "held": HELD}), max_size=30), st.integers(1, 300))
def test_pieces_put_together_are_what_was_packed(rows: list[dict[str, Any]], size: int) -> None:
    batch = pa.RecordBatch.from_pylist(rows, SCHEMA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "PIECE", size)
        pieces = [one[transfer.PACKED][0].as_py() for one in transfer._packed([batch])]

    found = [row for piece in pieces for row in pa.ipc.open_stream(piece).read_all().to_pylist()]
    assert found == rows
    assert len(pieces) <= len(rows)
    if batch.nbytes > 2 * size:
        assert len(pieces) > 1 or len(rows) == 1


def _zeros(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for _ in range(len(batch)):
            yield pa.RecordBatch.from_pydict({"zeros": pa.array([bytes(PART)], pa.binary())})


def _held(spark: SparkSession) -> int:
    """Bytes in Java's memory that somebody refers to."""
    jvm: Any = spark.sparkContext._jvm
    jvm.java.lang.System.gc()
    runtime = jvm.java.lang.Runtime.getRuntime()
    return int(runtime.totalMemory() - runtime.freeMemory())


def test_parts_that_came_are_let_go(spark: SparkSession) -> None:
    before = _held(spark)
    coming = transfer.streamed(spark.range(0, PARTS, 1, PARTS).mapInArrow(_zeros, "zeros binary"))
    came = [len(next(coming)["zeros"][0].as_py()) for _ in range(PARTS)]
    assert came == [PART] * PARTS
    assert _held(spark) - before < 4 * PART  # this one, the next one, and copies on their way
    assert not list(coming)
