"""A copy of the log is read by URL: the files that its register names, or all of its folder."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from recommender.errors import ConfigurationError
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.events.stored import REGISTER
from recommender.workspace import ShopFolder
from tests.training.logs import event, write
from training.spark.copies import readable
from training.spark.reading import scan

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]


@pytest.fixture
def shop(tmp_path: Path) -> ShopFolder:
    """A shop with two days, whose log is in a store below `store`."""
    folder = ShopFolder(tmp_path / "gifts", store=f"file://{tmp_path / 'store'}")
    write(folder, event("view_item", "a", ago=1), event("view_item", "b"))
    return folder


def items(spark: SparkSession, folder: ShopFolder, url: str) -> list[str]:
    return sorted(row[0] for row in scan(spark, EventLog(folder), url).select(schema.ITEM_ID).collect())


def test_of_a_store_what_its_register_names_is_read(spark: SparkSession, shop: ShopFolder, tmp_path: Path) -> None:
    """A file that does not count any more lies beside those that do."""
    copy, empty = tmp_path / "store" / "shops" / "gifts" / "log", ShopFolder(tmp_path / "elsewhere")
    there = next(copy.glob("day=*/*.parquet"))
    there.with_name("old.parquet").write_bytes(there.read_bytes())

    assert items(spark, empty, copy.as_uri()) == ["a", "b"]

    (copy / REGISTER).unlink()
    assert len(items(spark, empty, f"{copy.as_uri()}/")) == 3


def test_where_nothing_is_it_is_said(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"--log: Spark cannot read {tmp_path.as_uri()}/none: .*does not exist"
    ):
        scan(spark, EventLog(ShopFolder(tmp_path)), f"{tmp_path.as_uri()}/none")


def test_without_a_connector_to_s3_it_is_said_how_to_get_it(spark: SparkSession) -> None:
    """Spark comes without one, and knows S3 by the name of its connector only."""
    said = r"cannot read s3://there/log: .*S3AFileSystem not found; give it --packages org.apache.hadoop:hadoop-aws:3"
    with pytest.raises(ConfigurationError, match=said):
        readable(spark, "s3://there/log")


def test_what_no_file_system_reads_is_named(spark: SparkSession) -> None:
    with pytest.raises(ConfigurationError, match=r'cannot read tape://there/log: .*No FileSystem for scheme "tape"'):
        readable(spark, "tape://there/log")
