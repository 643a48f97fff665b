"""Sessions are told apart without piling up in one place what is left out anyway."""

from datetime import timedelta

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as fn

from recommender.events import schema
from tests.conftest import NOW
from training.cleaning import ACTOR
from training.spark.cleaning import REASON, REFUNDED, ROBOT
from training.spark.sessions import NTH, sessionised

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]
MINUTES = (0, 20, 40, 80)


def test_a_robots_rows_are_spread_and_bridge_no_pause(spark: SparkSession) -> None:
    """A person with pauses of 20, 20 and 40 minutes has two sessions; one whose second row was refunded has three."""
    robot = [("robot", second, ROBOT) for second in range(200)]
    person = [("v", 60 * minute, None) for minute in MINUTES]
    refunded = [("w", 60 * minute, REFUNDED if minute == 20 else None) for minute in MINUTES]
    actors, seconds, reasons = zip(*robot, *person, *refunded, strict=True)
    rows = pa.table(
        {
            ACTOR: pa.array(actors),
            schema.TIMESTAMP: pa.array([NOW + timedelta(seconds=one) for one in seconds], schema.MOMENT),
            REASON: pa.array(reasons, pa.string()),
            schema.EVENT_ID: [f"e{number}" for number in range(len(actors))],
            schema.ITEM_INDEX: pa.array([0] * len(actors), pa.int32()),
            schema.SESSION_ID: pa.nulls(len(actors), pa.string()),
        }
    )

    found = sessionised(spark.createDataFrame(rows), 30).withColumn("part", fn.spark_partition_id()).collect()

    sessions = {actor: [row[NTH] for row in found if row[ACTOR] == actor] for actor in ("v", "w", "robot")}
    assert sorted(sessions["v"]) == [0, 0, 0, 1]
    assert sorted(sessions["w"]) == [-1, 0, 1, 2]
    assert {*sessions["robot"]} == {-1}
    assert len({row["part"] for row in found if row[ACTOR] == "robot"}) > 1
