"""Where not all people fit into memory, the same ones are drawn by both engines."""

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from recommender.events import schema
from recommender.events.identity import PERSON
from recommender.training import TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import event, scan
from training.sampling import drawn
from training.spark.drawing import People
from training.spark.rows import Rows
from training.steps import LocalSteps

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]
ROWS = [(f"v{person}", f"i{item}") for person in range(40) for item in range(1 + person % 5)]


def test_the_lowest_digests_are_drawn(spark: SparkSession) -> None:
    configuration, most = TrainingConfiguration(), 50
    log = scan(*(event("view_item", item, visitor_id=person) for person, item in ROWS))
    prepared = LocalSteps().prepare(log, {}, configuration=configuration, now=NOW)
    told = pa.table({PERSON: [f"visitor:{person}" for person, _ in ROWS], schema.ITEM_ID: [item for _, item in ROWS]})
    rows = spark.createDataFrame(told)

    people = People.of(rows, configuration.seed)
    whole = Rows(rows, prepared.items, NOW, people, {}, None, {}, len(ROWS))
    found = {row[PERSON] for row in whole.of_some(most).cleaned.collect()}

    assert (people.total, people.choosers, people.interactions) == (40, 32, len(ROWS))
    assert found == {*drawn(prepared, most, configuration.seed).prepared.interactions.people}
    assert whole.of_some(len(ROWS)).cleaned is rows
