"""The files of a synthetic shop: Parquet, written block by block."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.synthetic import catalogue, events
from tests.benchmarks.synthetic.world import World

EVENTS, CATALOGUE = "events.parquet", "catalog.parquet"
FEWEST_ITEMS, FEWEST_EVENTS = 100, 1_000


@dataclass(frozen=True)
class Size:
    """How large a synthetic shop is, and which one of that size."""

    items: int
    events: int
    seed: int = 7

    def __post_init__(self) -> None:
        for name, value, least in (("items", self.items, FEWEST_ITEMS), ("events", self.events, FEWEST_EVENTS)):
            if value < least:
                raise ValueError(f"{name}: {value} is too few; use at least {least}")
        if self.seed < 0:
            raise ValueError(f"seed: {self.seed} is not allowed; use 0 or more")

    def __str__(self) -> str:
        return f"{self.items:,} items and {self.events:,} events (seed {self.seed})"

    def world(self) -> World:
        """What is true of it."""
        return World.of(self.items, self.events, self.seed)


def write(folder: Path, size: Size) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    world = size.world()
    _write(folder / CATALOGUE, catalogue.tables(world))
    _write(folder / EVENTS, events.tables(world, size.events))


def _write(path: Path, tables: Iterable[pa.Table]) -> None:
    writer: pq.ParquetWriter | None = None
    for table in tables:
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()
