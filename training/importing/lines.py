"""Lines of a text file, many at a time."""

import numpy as np
import polars as pl
import pyarrow as pa

from training.importing.source import Source


class Blocks:
    """Blocks of the file after the header, each with the number of its first line."""

    def __init__(self, source: Source) -> None:
        self._blocks = source.blocks()
        self._line = 1
        self._first = True

    def __iter__(self) -> "Blocks":
        return self

    def __next__(self) -> tuple[int, bytes]:
        block = next(self._blocks)
        line = self._line
        self._line += block.count(b"\n")
        if self._first:
            self._first = False
            return line + 1, block.partition(b"\n")[2]
        return line, block


class PulledLines:
    """Lines of one block, and of the next ones as long as a quoted cell goes on."""

    def __init__(self, block: bytes, blocks: Blocks) -> None:
        self._lines = _decoded(block)
        self._blocks = blocks
        self._place = 0
        self.taken = 0
        self.last = ""

    @property
    def ended(self) -> bool:
        """Whether every line at hand was taken."""
        return self._place >= len(self._lines)

    def __iter__(self) -> "PulledLines":
        return self

    def __next__(self) -> str:
        if self.ended:
            self._lines, self._place = _decoded(next(self._blocks)[1]), 0
        if self.ended:
            raise StopIteration
        self.last = self._lines[self._place]
        self._place += 1
        self.taken += 1
        return self.last


def _decoded(block: bytes) -> list[str]:
    lines = block.decode("utf-8", "surrogateescape").split("\n")
    ends = [f"{line}\n" for line in lines[:-1]]
    return ends + lines[-1:] if lines[-1] else ends


def cut(block: bytes) -> pl.Series:
    """The lines of a block of UTF-8, without copying it into Python strings."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    offsets = np.concatenate([[0], ends, [len(block)] if not block.endswith(b"\n") else []]).astype(np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(block)]
    lines = pl.Series(pa.LargeStringArray.from_buffers(len(offsets) - 1, buffers[1], buffers[2]))
    return lines.str.strip_chars_end("\r\n")
