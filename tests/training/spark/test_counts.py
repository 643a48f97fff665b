"""Pairs are counted alike however the items are cut into blocks."""

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from recommender.models.cooccurrence import Baskets, top_pairs
from recommender.models.neighbours import NeighbourConfig, NeighbourModel, scoring
from training.spark.baskets import ITEMS, STRENGTH
from training.spark.counts import Listing, neighbours

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]
COUNT = 30
CONFIG = NeighbourConfig()


def baskets() -> list[list[int]]:
    """Baskets of one to eight items, of which the first is in most, and the last is in none."""
    draw = np.random.default_rng(3)
    found = [draw.choice(COUNT - 1, size=draw.integers(1, 8), replace=False).tolist() for _ in range(60)]
    return [sorted({0, *held}) if place % 3 else sorted(held) for place, held in enumerate(found)]


def test_items_of_very_many_baskets_are_counted_like_all_others(spark: SparkSession) -> None:
    """A task may hold 40 pairs: some items need several blocks, and the first is too popular for any."""
    held = baskets()
    sizes = np.array([len(one) for one in held])
    items = np.concatenate(held).astype(np.int32)
    strength = np.linspace(0.5, 1.0, len(held))
    there = Baskets(
        np.repeat(np.arange(len(held), dtype=np.int32), sizes),
        items,
        items.astype(np.int64),
        strength.astype(np.float32),
        COUNT,
    )
    score = scoring(there.item_degrees(), CONFIG)
    told = pa.table({ITEMS: pa.array(held, pa.list_(pa.int32())), STRENGTH: strength})

    expected = NeighbourModel.from_parts(top_pairs(there, strength, score=score, k=5, min_support=2))
    listing = Listing(lambda degrees, _total: scoring(degrees, CONFIG), k=5, min_support=2)
    found = neighbours(spark.createDataFrame(told), COUNT, listing, cells=40)

    np.testing.assert_array_equal(found.indptr, expected.indptr)
    np.testing.assert_array_equal(found.rows, expected.rows)
    np.testing.assert_array_equal(found.support, expected.support)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-6)
