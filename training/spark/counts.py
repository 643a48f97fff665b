"""Items counted together: baskets go to the blocks of items that they hold, and each block makes its lists.

A block is counted by the compiled loop that counts in memory. Pairs are never rows of their own, but for the few items
that more baskets hold than one task should read: theirs are summed up where the baskets lie.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from recommender.models.arrays import IntArray, LongArray, offsets
from recommender.models.cooccurrence import Baskets, Counting, Score, best_pairs, blocks
from recommender.models.neighbours import NeighbourModel
from training.spark.baskets import ITEMS, STRENGTH
from training.spark.transfer import flat, lengths, streamed

BLOCK, ROW = "block", "row"
HOT = -1
"""The block of items that more baskets hold than one task should read."""
LISTS = f"{ROW} int, others array<int>, scores array<float>, support array<int>"
Scoring = Callable[[IntArray, int], Score]
"""(baskets that hold each item, all baskets) -> what a pair is worth; it is sent to where pairs are counted."""


@dataclass(frozen=True)
class Listing:
    """How lists are made of counts."""

    scoring: Scoring
    k: int
    """Neighbours to keep."""
    min_support: int
    """Baskets that must hold a pair."""


def neighbours(held: DataFrame, items: int, listing: Listing, cells: int) -> NeighbourModel:
    """For each item its best neighbours, as `cooccurrence.top_pairs` finds them in memory.

    Args:
        held: baskets, kept: they are read several times.
        items: size of the vocabulary.
        listing: how.
        cells: pairs that one task may hold at once.
    """
    degrees, reach, total = _reach(held, items)
    plan = _plan(reach, cells)
    told = held.sparkSession.sparkContext.broadcast((degrees, total, plan))
    sent = held.mapInArrow(_sender(told), f"{BLOCK} int, {ITEMS} array<int>, {STRENGTH} double")
    lists = sent.groupBy(BLOCK).applyInArrow(_lister(told, listing), LISTS)
    hot = np.flatnonzero(plan.blocks == HOT)
    if len(hot):
        lists = lists.unionByName(_hot(held, hot, listing, told))
    return _model(lists, items)


def _reach(held: DataFrame, items: int) -> tuple[IntArray, LongArray, int]:
    """Baskets that hold each item, the items in these, and how many baskets there are."""
    each = held.select(fn.explode(ITEMS).alias(ROW), fn.size(ITEMS).cast("long").alias("size"))
    counted = each.groupBy(ROW).agg(fn.count(fn.lit(1)).alias("degree"), fn.sum("size").alias("size")).toArrow()
    rows = counted[ROW].to_numpy()
    degrees, reach = np.zeros(items, np.int32), np.zeros(items, np.int64)
    degrees[rows], reach[rows] = counted["degree"].to_numpy(), counted["size"].to_numpy()
    return degrees, reach, held.count()


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which block counts each item."""

    blocks: IntArray
    begins: IntArray
    """The first item of each block ..."""
    ends: IntArray
    """... and behind its last one."""


def _plan(reach: LongArray, cells: int) -> _Plan:
    hot = reach > cells
    bounds = np.array([*blocks(np.where(hot, 0, reach), cells)], np.int32).reshape(-1, 2)
    numbers = np.repeat(np.arange(len(bounds), dtype=np.int32), bounds[:, 1] - bounds[:, 0])
    return _Plan(np.where(hot, np.int32(HOT), numbers), bounds[:, 0], bounds[:, 1])


def _sender(told: Any) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def send(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Each basket to each block that counts any of its items."""
        _, _, plan = told.value
        for batch in batches:
            sizes = lengths(batch.column(ITEMS))
            places = np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)
            pairs = np.unique(places << 32 | plan.blocks[flat(batch.column(ITEMS))].astype(np.int64) & 0xFFFFFFFF)
            which = (pairs & 0xFFFFFFFF).astype(np.uint32).astype(np.int32)
            which, baskets = which[which != HOT], (pairs >> 32)[which != HOT]
            columns = [pa.array(which), batch.column(ITEMS).take(baskets), batch.column(STRENGTH).take(baskets)]
            yield pa.RecordBatch.from_arrays(columns, [BLOCK, ITEMS, STRENGTH])

    return send


def _lister(told: Any, listing: Listing) -> Callable[[pa.Table], pa.Table]:
    def count(block: pa.Table) -> pa.Table:
        """The lists of one block's items."""
        degrees, total, plan = told.value
        held = block[ITEMS].combine_chunks()
        sizes = lengths(held)
        rows = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        strength = block[STRENGTH].to_numpy()
        baskets = Baskets(rows, flat(held), np.empty(0, np.int64), np.empty(len(sizes), np.float32), len(degrees))
        number = block[BLOCK][0].as_py()
        begin, end = int(plan.begins[number]), int(plan.ends[number])
        score = listing.scoring(degrees, total)
        part = Counting.of(baskets, np.ascontiguousarray(strength)).part(
            begin, end, score=score, k=listing.k, min_support=listing.min_support
        )
        found = _table(np.arange(begin, end, dtype=np.int32), *part)
        own = plan.blocks[found[ROW].to_numpy()] == number  # the lists of hot items are made elsewhere
        return found.filter(pa.array(own))

    return count


def _hot(held: DataFrame, hot: NDArray[np.int64], listing: Listing, told: Any) -> DataFrame:
    """The lists of items that very many baskets hold, from counts that were summed up where these lie."""
    rows = fn.array(*[fn.lit(int(row)) for row in hot])
    mine = held.select(fn.explode(fn.array_intersect(ITEMS, rows)).alias(ROW), ITEMS, STRENGTH)
    pairs = mine.select(ROW, fn.explode(ITEMS).alias("other"), STRENGTH).where(fn.col("other") != fn.col(ROW))
    counted = pairs.groupBy(ROW, "other").agg(fn.sum(STRENGTH).alias("sum"), fn.count(fn.lit(1)).alias("count"))

    def best(pairs: pa.Table) -> pa.Table:
        degrees, total, _ = told.value
        pairs = pairs.sort_by("other")
        part = best_pairs(
            row := pairs[ROW][0].as_py(),
            np.array([len(pairs)], np.int64),
            pairs["other"].to_numpy(),
            pairs["sum"].to_numpy(),
            pairs["count"].to_numpy().astype(np.int32),
            score=listing.scoring(degrees, total),
            k=listing.k,
        )
        return _table(np.array([row], np.int32), *part)

    return counted.where(fn.col("count") >= listing.min_support).groupBy(ROW).applyInArrow(best, LISTS)


def _table(rows: IntArray, *part: NDArray[Any]) -> pa.Table:
    sizes, *columns = part
    ends = pa.array(offsets(sizes).astype(np.int32))
    found = [pa.ListArray.from_arrays(ends, pa.array(np.ascontiguousarray(column))) for column in columns]
    table = pa.table([pa.array(rows), *found], [ROW, "others", "scores", "support"])
    return table.filter(pa.array(sizes > 0))


def _model(lists: DataFrame, items: int) -> NeighbourModel:
    """The lists in the order of their items."""
    batches = [batch for batch in streamed(lists) if len(batch)]
    if not batches:
        nothing = np.empty(0, np.int32)
        return NeighbourModel.from_parts([(np.zeros(items, np.int32), nothing, nothing.astype(np.float32), nothing)])
    table = pa.Table.from_batches(batches).sort_by(ROW).combine_chunks()
    sizes = np.zeros(items, np.int32)
    sizes[table[ROW].to_numpy()] = lengths(table["others"].combine_chunks())
    others, scores, support = (flat(table[name].combine_chunks()) for name in ("others", "scores", "support"))
    return NeighbourModel.from_parts([(sizes, others, scores, support)])
