"""`vitrine train` by either engine makes the same models of the same files, and they are judged alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession

from recommender.artifact import Artifact, ArtifactStore
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.models.models import Models
from recommender.records import Records
from recommender.training import TrainingConfiguration
from recommender.workspace import Workspace
from tests.conftest import NOW
from tests.training.commands.invoking import SHOP, answer
from tests.training.logs import event, shop_events, table
from tests.training.spark.comparing import COUNTED, assert_alike, judged, overlap, pairs
from training.interactions import Prepared
from training.slices import held_back
from training.steps import LocalSteps

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]
SETTINGS = """
[training.factors]
dimensions = 16
iterations = 3
max_interactions = 700
"""
SECOND = 1 / 86_400
DAYS = 12
"""Of the log; each is a file that every job opens."""


class Both(NamedTuple):
    """What either engine made of a log that ends some days before `whole`."""

    local: Artifact
    spark: Artifact
    whole: Prepared

    @property
    def models(self) -> tuple[Models, Models]:
        return self.local.models, self.spark.models


@pytest.fixture(scope="module")
def both(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """One shop, trained twice by the command."""
    rows = table(*shop_events("view_item", "add_to_cart", "purchase", days=DAYS), *odd_events())
    log = pl.from_arrow(rows)
    assert isinstance(log, pl.DataFrame)
    whole = LocalSteps().prepare(log.lazy(), {}, configuration=TrainingConfiguration(), now=NOW)
    cutoff = held_back(whole.data_start, whole.data_end, 30)
    assert cutoff is not None
    home = tmp_path_factory.mktemp("home")
    (home / "settings.toml").write_text(SETTINGS)
    workspace = Workspace(home)
    records = Records.open(workspace.records_url)
    records.shops.create(SHOP, [], NOW)
    records.close()
    folder = workspace.shop(SHOP)
    EventLog(folder).import_batch([rows.filter(pc.field(schema.TIMESTAMP) < pa.scalar(cutoff))], now=NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITRINE_HOME", str(home))
        patch.delenv("VITRINE_DATABASE_URL", raising=False)
        local, other = (trained(engine, home) for engine in ("local", "spark"))
    store = ArtifactStore(folder.artifacts)
    return Both(store.open(local), store.open(other), whole)


def trained(engine: str, home: Path) -> str:
    """The version that an engine makes."""
    told = answer("train", "--engine", engine, "--config", str(home / "settings.toml"))
    assert told["published"]
    return str(told["version"])


def odd_events() -> Iterator[dict[str, Any]]:
    """A robot, a crowd behind one default id, orders told twice and given back, a shared browser, and nobody."""
    yield from (event("view_item", "a1", visitor_id="robot", ago=6 - step * SECOND / 3) for step in range(60))
    yield from (event("view_item", "b1", visitor_id=f"w{n}", customer_id="guest", ago=7) for n in range(25))
    yield event("purchase", "a1", visitor_id="v1", order_id="twice", ago=6, quantity=2)
    yield event("purchase", "a1", customer_id="c1", order_id="twice", ago=6)
    yield event("purchase", "a2", customer_id="c1", order_id="twice", ago=6)
    yield event("refund", "a1", customer_id="c1", order_id="twice", ago=5.5, quantity=2)
    yield event("purchase", "d1", customer_id="c3", order_id="gone", ago=6.5)
    yield event("refund", customer_id="c3", order_id="gone", ago=6)
    for item, minutes in (("b1", 0), ("b3", 40)):
        yield event("view_item", item, visitor_id="patient", ago=5 - 60 * minutes * SECOND)
    yield event("purchase", "b2", visitor_id="patient", order_id="between", ago=5 - 60 * 20 * SECOND)
    yield event("refund", "b2", visitor_id="patient", order_id="between", ago=4.5)
    yield event("view_item", "c1", visitor_id="shared", customer_id="c1", ago=10.5)
    for minute, fields in enumerate(({}, {}, {"customer_id": "c3"}, {})):
        yield event("view_item", f"c{minute + 1}", visitor_id="shared", ago=10 - 60 * minute * SECOND, **fields)
    yield event("view_item", "c4", visitor_id="", ago=9)
    yield event("purchase", "d2", customer_id="c5", ago=8, quantity=20_000)


def test_the_same_rows_are_learned_from(both: Both) -> None:
    local, spark = both.local.manifest, both.spark.manifest

    assert spark.counts == local.counts
    assert min(local.counts[name] for name in ("repeated_order_rows", "refunded_rows", "robot_rows")) > 0
    assert (spark.data_start, spark.data_end) == (local.data_start, local.data_end)
    assert spark.strategies == local.strategies
    assert spark.fingerprint != local.fingerprint


def test_what_is_judged_in_memory_is_the_same_to_the_last_digit(both: Both) -> None:
    """The whole of a small log is at hand with either engine: sessions, people and orders have the same numbers."""
    assert "skipped" not in both.local.manifest.metrics
    assert both.spark.manifest.metrics == both.local.manifest.metrics


@pytest.mark.parametrize("name", COUNTED)
def test_items_are_counted_together_as_often_and_listed_alike(both: Both, name: str) -> None:
    expected, found = (getattr(models, name) for models in both.models)

    assert len(expected.rows) > 20
    assert pairs(found) == pairs(expected)
    assert overlap(expected, found) >= 0.99
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-4)


@pytest.mark.parametrize("name", ["popularity", "replenishment"])
def test_items_sell_and_rise_and_are_bought_again_alike(both: Both, name: str) -> None:
    expected, found = (getattr(models, name) for models in both.models)

    for field in expected.__dataclass_fields__:
        values = getattr(found, field), getattr(expected, field)
        np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-6, err_msg=field)


@pytest.mark.parametrize("kind", ["history", "purchases"])
def test_everybody_did_and_bought_the_same(both: Both, kind: str) -> None:
    expected, found = (models.histories for models in both.models)

    assert expected is not None
    assert found is not None
    assert [*map(bytes, found.people.spelled())] == [*map(bytes, expected.people.spelled())]
    for key in [bytes(key).decode() for key in expected.people.spelled()]:
        rows = expected.people.row(key), found.people.row(key)
        columns = (getattr(model, kind)(row) for model, row in zip((expected, found), rows, strict=True))
        for one, other in zip(*columns, strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-5, err_msg=key)


def test_customers_are_told_the_same_of(both: Both) -> None:
    expected, found = (models.customers for models in both.models)

    assert expected is not None
    assert found is not None
    assert [*found.people] == [*expected.people]
    assert found.terms == expected.terms
    assert [*map(bytes, found.browsers.spelled())] == [*map(bytes, expected.browsers.spelled())]
    for name, column in expected.columns.items():
        np.testing.assert_allclose(found.columns[name], column, rtol=1e-6, err_msg=name)


def test_vectors_are_learned_from_the_same_people_of_more_than_are_allowed(both: Both) -> None:
    """How much one of them chose on average is in the regularization, and tells who they were."""
    assert both.local.manifest.counts["interactions"] > 700
    chosen = []
    for models in both.models:
        assert models.factors is not None
        wide = models.factors.vectors.astype(np.float64)
        chosen.append(np.diag(models.factors.gram - wide.T @ wide))

    np.testing.assert_allclose(chosen[1], chosen[0], rtol=1e-6)


def test_vectors_tell_groups_apart_with_either_factorisation(both: Both) -> None:
    groups = np.array([item[0] for item in both.whole.items])
    same = groups[:, None] == groups[None, :]

    for models in both.models:
        assert models.factors is not None
        vectors = models.factors.vectors / np.linalg.norm(models.factors.vectors, axis=1, keepdims=True)
        close = vectors @ vectors.T
        assert close[same].mean() > close[~same].mean() + 0.3


def test_answers_are_as_good_with_either_engine(both: Both) -> None:
    """Measured on the days after the log: no figure of any strategy differs by more than a hundredth."""
    expected, found = (judged(both.whole, models) for models in both.models)

    assert "skipped" not in expected.metrics
    assert_alike(expected.metrics, found.metrics)
