"""`vitrine train` by either engine makes the same models of a shop's files."""

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession

from recommender.artifact import ArtifactStore
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.records import Records
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.training.commands.invoking import answer
from tests.training.logs import shop_events, table
from training.evaluation import evaluate
from training.interactions import Prepared
from training.slices import held_back
from training.steps import LocalSteps

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]
SETTINGS = """
[training.factors]
dimensions = 16
iterations = 6
"""


@pytest.fixture(scope="module")
def whole() -> Prepared:
    """A log with the days that are judged."""
    log = pl.from_arrow(table(*shop_events("view_item", "add_to_cart", "purchase")))
    assert isinstance(log, pl.DataFrame)
    return LocalSteps().prepare(log.lazy(), {}, configuration=TrainingConfiguration(), now=NOW)


@pytest.fixture
def shop(workspace: Workspace, records: Records, whole: Prepared, monkeypatch: pytest.MonkeyPatch) -> ShopFolder:
    """A shop whose log ends before those days."""
    monkeypatch.setenv("VITRINE_HOME", str(workspace.home))
    monkeypatch.delenv("VITRINE_DATABASE_URL", raising=False)
    records.shops.create("gifts", [], NOW)
    cutoff = held_back(whole.data_start, whole.data_end, 30)
    assert cutoff is not None
    rows = table(*shop_events("view_item", "add_to_cart", "purchase"))
    folder = workspace.shop("gifts")
    EventLog(folder).import_batch([rows.filter(pc.field(schema.TIMESTAMP) < pa.scalar(cutoff))], now=NOW)
    return folder


def test_models_of_either_engine_are_judged_alike(
    shop: ShopFolder, whole: Prepared, spark: SparkSession, tmp_path: Path
) -> None:
    """Numbers of every strategy, on the days after the log, differ by less than one in a hundred."""
    (tmp_path / "settings.toml").write_text(SETTINGS)
    judged = []
    for engine in ("local", "spark"):
        told = answer("train", "--engine", engine, "--config", str(tmp_path / "settings.toml"))
        assert told["published"]
        models = ArtifactStore(shop.artifacts).open(told["version"]).models
        found = evaluate(whole, TrainingConfiguration(), fit=lambda _, models=models: models, baselines=frozenset())
        judged.append((told["counts"], told["strategies"], found.metrics))

    (counts, strategies, expected), (same_counts, same_strategies, metrics) = judged
    assert "skipped" not in expected
    assert same_counts == counts
    assert same_strategies == strategies
    assert_alike(expected, metrics)


def assert_alike(expected: Any, found: Any, path: str = "") -> None:
    if isinstance(expected, dict):
        assert expected.keys() == found.keys(), path
        for name, value in expected.items():
            assert_alike(value, found[name], f"{path}.{name}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=0.01), path
