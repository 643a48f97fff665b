"""`vitrine train`, `evaluate` and `models` work on a shop's files."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from recommender.artifact import artifacts
from recommender.errors import ArtifactError, ConfigurationError, NotFoundError, TrainingError
from recommender.events.compaction import compact
from recommender.events.log import EventLog
from recommender.workspace import Workspace
from tests.training.commands.invoking import answer, run

pytestmark = pytest.mark.usefixtures("home_with_views")


def test_training_publishes_and_says_what_it_learned() -> None:
    report = answer("train")

    assert report["published"]
    assert report["counts"]["items"] == 24
    assert report["strategies"]["similar"]["state"] == "ready"
    assert report["metrics"]["results"]
    assert answer("models", "list")["current"] == report["version"]


def test_training_shows_tables_to_people() -> None:
    shown = run("train")

    assert "for_you" in shown
    assert "insufficient" in shown
    assert "published" in shown


def test_training_without_publishing_leaves_nothing_in_service() -> None:
    assert not answer("train", "--no-publish")["published"]
    assert answer("models", "list")["current"] is None


def test_training_takes_settings_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[training.factors]\ndimensions = 3")

    assert answer("train", "--config", str(tmp_path / "settings.toml"))["published"]


def test_a_file_of_wrong_settings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"factors": {"size": 3}}')

    with pytest.raises(ConfigurationError, match=r"training\.factors\.size"):
        run("train", "--config", str(tmp_path / "settings.json"))


def test_a_model_that_is_clearly_worse_ends_in_an_error(home_with_views: Workspace) -> None:
    run("train")
    for file in home_with_views.shop("gifts").log.rglob("*.parquet"):
        file.unlink()

    with pytest.raises(TrainingError, match="--force"):
        run("train")

    assert "in spite of" in run("train", "--force")


def test_evaluation_saves_nothing() -> None:
    metrics = answer("evaluate")["metrics"]

    assert {"task", "by", "cases", "hit_rate", "recall", "ndcg", "mrr"} <= metrics["results"][0].keys()
    assert "NDCG" in run("evaluate")
    assert not answer("models", "list")["models"]


def test_models_are_listed_published_and_rolled_back(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"seed": 8}')
    first, second = answer("train")["version"], answer("train", "--config", str(tmp_path / "other.json"))["version"]

    assert answer("models", "rollback")["current"] == first
    assert answer("models", "publish", second) == {"shop": "gifts", "current": second, "history": [first, second]}
    listed = answer("models", "list")
    assert {model["version"]: model["current"] for model in listed["models"]} == {first: False, second: True}
    assert first in run("models", "list")


def test_models_in_a_store_are_those_of_every_host(
    home_with_views: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that a host has from before it knew the store are moved there."""
    with pytest.raises(ConfigurationError, match="VITRINE_STORE is not set"):
        run("models", "share")
    first = answer("train")["version"]
    monkeypatch.setenv("VITRINE_STORE", url := f"file://{tmp_path}/shared")
    other = artifacts(Workspace(tmp_path / "other", url).shop("gifts"))

    assert answer("models", "share") == {"shop": "gifts", "moved": [first], "current": first}

    (tmp_path / "other.json").write_text('{"seed": 8}')
    second = answer("train", "--config", str(tmp_path / "other.json"))["version"]
    assert (other.history(), other.open(second).version) == ([first, second], second)
    assert answer("models", "rollback")["current"] == other.current() == first
    assert answer("models", "publish", second)["history"] == [first, second]
    shutil.rmtree(home_with_views.shop("gifts").copies)
    assert [one["problem"] for one in answer("models", "list")["models"]] == [None, None]
    assert not home_with_views.shop("gifts").copies.exists()


def test_another_host_trains_from_the_log_in_the_store(
    home_with_views: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fetches what it has not yet, and puts models and catalogue there."""
    with pytest.raises(ConfigurationError, match="VITRINE_STORE is not set"):
        run("log", "pull")
    monkeypatch.setenv("VITRINE_STORE", store := f"file://{tmp_path}/shared")
    days = len([*home_with_views.shop("gifts").log.iterdir()])
    compact(Workspace(home_with_views.home, store).shop("gifts"))
    monkeypatch.setenv("VITRINE_DATABASE_URL", home_with_views.records_url)
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path / "other"))

    assert answer("train")["published"]

    assert "0 files came, 0 went" in run("log", "pull")
    assert len(EventLog(Workspace(tmp_path / "other").shop("gifts")).days()) == days
    (catalog,) = (tmp_path / "shared" / "shops" / "gifts" / "catalog").glob("*.parquet")
    assert pl.read_parquet(catalog, hive_partitioning=False).columns == ["id", "item"]
    monkeypatch.setenv("VITRINE_HOME", str(home_with_views.home))
    assert answer("models", "list")["models"][0]["counts"]["items"] == 24


def test_a_damaged_model_is_listed_with_its_problem(home_with_views: Workspace) -> None:
    version = answer("train")["version"]
    (home_with_views.shop("gifts").artifacts / version / "manifest.json").write_text("{")

    (listed,) = answer("models", "list")["models"]

    assert "manifest.json" in listed["problem"]


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(ArtifactError, match="there is no model 'x'"):
        run("models", "publish", "x")
    with pytest.raises(ArtifactError, match="no earlier model"):
        run("models", "rollback")


@pytest.mark.parametrize("command", [["train"], ["evaluate"], ["models", "list"], ["models", "rollback"]])
def test_an_unknown_shop_is_refused(command: list[str]) -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        run(*command, shop="nowhere")


def test_a_shop_without_models_is_told_how_to_make_one() -> None:
    assert "vitrine train --shop gifts" in run("models", "list")
