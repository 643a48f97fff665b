"""`vitrine tune` searches for settings and writes them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recommender.errors import ConfigurationError, NotFoundError, TrainingError
from recommender.records import Records
from recommender.workspace import Workspace
from tests.training.commands.invoking import answer, invoke, run
from tests.training.logs import shop_events, write

POOR = {"views": {"neighbours": 1}, "factors": {"dimensions": 1, "iterations": 1}}
SIMILAR = ("--strategy", "similar", "--trials", "6")


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a shop with a log of views, to be copied."""
    folder = Workspace(tmp_path_factory.mktemp("views")).shop("gifts")
    write(folder, *shop_events("view_item", people=100))
    return folder.path


@pytest.fixture(autouse=True)
def home(empty_home: Workspace, records: Records, views: Path) -> Workspace:
    """A shop with a log of views and settings that can be bettered."""
    records.configurations.put("gifts", {"training": POOR})
    shutil.copytree(views, empty_home.shop("gifts").path)
    return empty_home


def test_better_settings_are_written(records: Records) -> None:
    report = answer("tune", *SIMILAR)

    assert report["written"]
    assert report["configuration_version"] == 2
    assert report["trials"]["judged"] == 6
    assert report["confirmation"]["low"] > 0
    written = records.configurations.get("gifts")[1]["training"]
    assert written["views"]["neighbours"] == report["changes"]["views.neighbours"][1]


def test_people_are_shown_what_changed_and_what_it_gains() -> None:
    shown = run("tune", *SIMILAR)

    assert "views.neighbours" in shown
    assert "On cases kept aside: +" in shown
    assert "The next item of the session, from the last one" in shown
    assert "vitrine train --shop gifts" in shown


def test_a_dry_run_says_what_it_would_write(records: Records) -> None:
    report = answer("tune", *SIMILAR, "--dry-run")

    assert report["changes"]
    assert not report["written"]
    assert records.configurations.get("gifts")[0] == 1


def test_a_second_run_goes_on_and_a_fresh_one_begins_anew() -> None:
    few = ("--strategy", "similar", "--dry-run", "--trials")

    assert answer("tune", *few, "3")["trials"]["judged"] == 3
    assert answer("tune", *few, "5")["trials"]["judged"] == 5
    assert answer("tune", *few, "2", "--fresh")["trials"]["judged"] == 2


def test_time_ends_the_search() -> None:
    assert answer("tune", "--strategy", "similar", "--minutes", "0.01")["trials"]["judged"] >= 1


def test_ctrl_c_ends_the_search_and_keeps_what_was_found(home: Workspace, records: Records) -> None:
    vitrine = str(Path(sys.executable).with_name("vitrine"))
    command = [vitrine, "tune", "--shop", "gifts", "--strategy", "similar", "--trials", "100000", "--json"]
    environment = {**os.environ, "VITRINE_HOME": str(home.home)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and _written(home) < 10:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()

    assert process.returncode == 0, stderr
    report = json.loads(stdout)
    assert report["decision"].startswith("interrupted; ")
    assert 4 <= report["trials"]["judged"] < 100_000
    assert records.configurations.get("gifts")[0] == report["configuration_version"] == 2


def _written(home: Workspace) -> int:
    """Lines of the journal: one a trial, and a few others."""
    return sum(len(path.read_text().splitlines()) for path in home.shop("gifts").tuning.glob("*.jsonl"))


def test_another_measure_is_judged_by() -> None:
    assert answer("tune", *SIMILAR, "--metric", "hit_rate", "--dry-run")["window"]["metric"] == "hit_rate"


def test_settings_from_a_file_are_begun_with(tmp_path: Path, records: Records) -> None:
    (tmp_path / "settings.json").write_text(json.dumps(POOR | {"seed": 9}))

    assert answer("tune", *SIMILAR, "--config", str(tmp_path / "settings.json"))["written"]
    assert records.configurations.get("gifts")[1]["training"]["seed"] == 9


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--strategy", "trending"], "'trending' is not one of 'for_you', 'similar'"),
        (["--metric", "map"], "'map' is not one of 'ndcg', 'recall'"),
        (["--trials", "1"], "greater than or equal to 2"),
        (["--minutes", "0"], "greater than or equal to 0.01"),
        (["--minutes", "nan"], "greater than or equal to 0.01"),
    ],
)
def test_an_option_that_is_not_allowed_is_named(arguments: list[str], named: str) -> None:
    found = invoke("tune", *arguments)

    assert found.exit_code == 2
    assert named in " ".join(found.output.replace("│", " ").split())


def test_what_cannot_be_tuned_is_refused() -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        run("tune", shop="nowhere")
    with pytest.raises(TrainingError, match="buy_again cannot be tuned"):
        run("tune", "--strategy", "buy_again")


def test_a_file_of_wrong_settings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[factors]\nsize = 3")

    with pytest.raises(ConfigurationError, match=r"training\.factors\.size"):
        run("tune", "--config", str(tmp_path / "settings.toml"))
