import json
from collections.abc import Callable

import pytest
from click.testing import Result
from typer.testing import CliRunner

from recommender.errors import ImportingError
from recommender.workspace import Workspace
from tests.training.importing.conftest import Importing, Write
from training.commands.imports import app

EVENTS = "event,timestamp,visitor_id,item_id\nview_item,2024-03-01,v,A\n"
Run = Callable[..., Result]


@pytest.fixture
def run(workspace: Workspace, importing: Importing, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("VITRINE_HOME", str(workspace.home))
    monkeypatch.delenv("VITRINE_DATABASE_URL", raising=False)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_several_files_are_summed_up_for_machines(write: Write, run: Run) -> None:
    other = EVENTS.replace("item_id", "sku") + "view_item,2024-03-02,v,B\n"
    files = [write(EVENTS, "one.csv").path, write(other, "two.csv.gz").path]

    result = run("events", *files, "--shop", "shop", "--map", "item_id=sku", "--format", "csv", "--json")

    assert isinstance(result.exception, ImportingError)  # the first file has no such column
    result = run("events", files[0], files[0], "--shop", "shop", "--json")
    document = json.loads(result.stdout)
    assert (document["shop"], document["rows"], document["written"], document["known"]) == ("shop", 2, 1, 1)
    assert [file["unchanged"] for file in document["files"]] == [False, True]


def test_columns_and_events_of_other_names_are_translated(write: Write, run: Run) -> None:
    text = EVENTS.replace("item_id", "sku").replace("view_item", "look")

    result = run(
        "events", write(text).path, "--shop", "shop", "--map", "item_id=sku", "--event", "look=view_item", "--json"
    )

    assert json.loads(result.stdout)["written"] == 1


def test_people_read_what_became_of_every_row(write: Write, run: Run) -> None:
    result = run("events", write(EVENTS + "dance,2024-03-01,v,A\n").path, "--shop", "shop")

    first, second, third = result.stdout.splitlines()
    assert first == "file.csv (csv): 2 rows read, 1 written, 0 known already"
    assert second == "  rejected: 1 event"
    assert third.startswith("  rejects: ")


def test_a_catalogue_is_imported_and_summed_up(write: Write, run: Run) -> None:
    result = run("catalog", write("sku,title\nA,x\n").path, "--shop", "shop", "--map", "id=sku", "--json")

    assert json.loads(result.stdout)["files"][0]["format"] == "csv"
    assert json.loads(result.stdout)["written"] == 1


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--map", "sku"], "'sku' is not of the form field=column"),
        (["--map", "colour=x"], "'colour' is not a field; fields are event, timestamp"),
        (["--event", "look=gaze"], "'gaze' is not one of view_item_list"),
        (["--encoding", "klingon"], "'klingon' is not known"),
    ],
)
def test_a_wrong_option_is_explained(write: Write, run: Run, option: list[str], message: str) -> None:
    result = run("events", write(EVENTS).path, "--shop", "shop", *option)

    assert isinstance(result.exception, ImportingError)
    assert message in str(result.exception)
