"""Events of a synthetic shop as tables in the columns of an event file, one block after the other.

A block is a stretch of time with a fixed number of rows and random numbers of its own: any block can be made without
those before it, and memory holds one.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tests.benchmarks.synthetic.drawing import Ints
from tests.benchmarks.synthetic.visits import Visits
from tests.benchmarks.synthetic.world import World

BLOCK = 1 << 17
"""Rows made at once."""
END, DAYS = 1_751_241_600, 120
"""When the log ends (2025-06-30, Unix seconds), and how long it is."""
NAMES = pa.array(["view_item", "add_to_cart", "purchase"])
SCHEMA = pa.schema(
    [
        ("event", pa.string()),
        ("timestamp", pa.int64()),  # Unix milliseconds
        ("visitor_id", pa.string()),
        ("customer_id", pa.string()),
        ("session_id", pa.string()),
        ("item_id", pa.string()),
        ("quantity", pa.int64()),
        ("price", pa.float64()),
        ("order_id", pa.string()),
        ("value", pa.float64()),
        ("currency", pa.string()),
    ]
)


class Rows(NamedTuple):
    """Rows of a block in numbers; all arrays have one length."""

    kinds: Ints
    """Places in NAMES."""
    seconds: np.ndarray
    """Unix time."""
    sessions: Ints
    """Places in the block's visits."""
    items: Ints


def tables(world: World, events: int, block: int = BLOCK) -> Iterator[pa.Table]:
    """`events` rows in the order of their time, `block` at once."""
    blocks = -(-events // block)
    for number in range(blocks):
        rows = min(block, events - number * block)
        begin = END - DAYS * 86_400 * (1 - number * block / events)
        seconds = DAYS * 86_400 * rows / events
        visits = Visits.drawn(world, np.random.default_rng([world.seed, 1, number]), rows, begin, seconds)
        yield _table(world, visits, _first(visits, rows), number * block)


def _first(visits: Visits, most: int) -> Rows:
    """The first rows by time; of one moment a view comes before a cart, and a cart before a purchase."""
    parts = [visits.views(), visits.carts(), visits.purchases()]
    kinds = np.repeat(np.arange(3), [len(part.items) for part in parts])
    seconds, sessions, items = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((kinds, seconds))[:most]
    return Rows(kinds[order], seconds[order], sessions[order], items[order])


def _table(world: World, visits: Visits, rows: Rows, offset: int) -> pa.Table:
    """The rows as an event file has them; `offset` keeps the sessions of different blocks apart."""
    visitors = visits.visitors[rows.sessions]
    known = world.has_account(visitors) & visits.logged_in[rows.sessions]
    bought, price = rows.kinds == 2, world.prices[rows.items]
    session = rows.sessions + offset * 2
    return pa.table(
        [
            NAMES.take(pa.array(rows.kinds)),
            pa.array((rows.seconds * 1000).astype(np.int64)),
            named("v", visitors),
            named("c", visitors, known),
            named("s", session),
            named("i", rows.items),
            pa.array(np.ones(len(price), np.int64)),
            pa.array(price),
            named("o", session, bought),
            pa.array(np.round(visits.order_values()[rows.sessions], 2), mask=~bought),
            pa.array(["EUR"]).take(pa.array(np.zeros(len(price), np.int64))),
        ],
        schema=SCHEMA,
    )


def named(letter: str, numbers: Ints, where: np.ndarray | None = None) -> pa.Array:
    """Ids made of a letter and a number; null where `where` is false."""
    texts = pc.cast(pa.array(numbers, mask=None if where is None else ~where), pa.string())
    return pc.binary_join_element_wise(letter, texts, "")
