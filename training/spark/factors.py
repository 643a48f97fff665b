"""Item vectors by MLlib's alternating least squares.

It weighs the regularization by how often each person and item was met, where the local engine takes the mean for all;
on average both are the same.
"""

import numpy as np
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame
from pyspark.sql import functions as fn

from recommender.models.arrays import FloatArray
from recommender.models.factors import FactorConfig, FactorModel
from training.spark.baskets import faded
from training.spark.keeping import kept
from training.spark.rows import ITEM, WEIGHT, WHO
from training.spark.session import PARTS
from training.spark.transfer import flat, streamed

PERSON, TRUST = "person_number", "trust"
STORAGE = "MEMORY_AND_DISK"
PARTITIONS_A_BLOCK = 4
"""People and items each are cut into so many fewer blocks than other jobs have partitions: all blocks meet all."""
PART_BITS = 33
"""`monotonically_increasing_id` counts within a part in so many bits."""


def factors(rows: DataFrame, items: int, config: FactorConfig) -> FactorModel:
    """Factorise people by items.

    Args:
        rows: numbered interactions.
        items: size of the vocabulary.
        config: how.
    """
    weight = fn.col(WEIGHT) * faded(config.half_life_days)
    known = rows.where(fn.col(WHO).isNotNull())
    pairs = kept(known.groupBy(WHO, ITEM).agg(fn.sum(weight).cast("float").alias(TRUST)))
    people, total = _numbered(pairs)
    chosen_each = pairs.count() / total
    confidence = min(max(config.balance * items / chosen_each, 1.0), config.max_confidence)
    als = ALS(
        rank=config.dimensions,
        maxIter=config.iterations,
        regParam=config.regularization,
        alpha=confidence,
        implicitPrefs=True,
        userCol=PERSON,
        itemCol=ITEM,
        ratingCol=TRUST,
        seed=config.seed,
        intermediateStorageLevel=STORAGE,
        finalStorageLevel=STORAGE,
    )
    told = kept(pairs.join(people, WHO).select(PERSON, ITEM, TRUST))
    partitions = int(rows.sparkSession.conf.get(PARTS, "64") or 64)
    model = als.setNumBlocks(max(2, partitions // PARTITIONS_A_BLOCK)).fit(told)
    vectors = _vectors(model.itemFactors, items, config.dimensions)
    return FactorModel.of(vectors, regularization=config.regularization * chosen_each, confidence=confidence)


def _numbered(pairs: DataFrame) -> tuple[DataFrame, int]:
    """The people with a number each, without gaps, since MLlib's ids have 32 bits; and how many they are."""
    apart = pairs.select(WHO).distinct().withColumn("place", fn.monotonically_increasing_id())
    people = kept(apart.withColumn("part", fn.shiftright("place", PART_BITS)))
    counts = {row["part"]: row["count"] for row in people.groupBy("part").count().collect()}
    begins = dict(zip(counts, np.cumsum([0, *counts.values()]).tolist(), strict=False))
    begin = fn.create_map(*[fn.lit(one) for pair in begins.items() for one in pair])[fn.col("part")]
    within = fn.col("place").bitwiseAND((1 << PART_BITS) - 1)
    return people.select(WHO, (begin + within).cast("int").alias(PERSON)), sum(counts.values())


def _vectors(found: DataFrame, items: int, dimensions: int) -> FloatArray:
    """Item by item; zero where nobody chose it."""
    vectors = np.zeros((items, dimensions), np.float32)
    for batch in streamed(found.select("id", "features")):
        vectors[batch.column("id").to_numpy()] = flat(batch.column("features")).reshape(-1, dimensions)
    return vectors
