"""What comes to the driver comes in small pieces, and is the same."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.spark import transfer

pytestmark = pytest.mark.spark
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
