"""`vitrine evaluate` judges a shop, given cases, and one model against another."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from recommender.errors import ArtifactError, InputError
from recommender.workspace import Workspace
from tests.training.commands.invoking import SHOP, answer, run
from training.report.page import write_page

pytestmark = pytest.mark.usefixtures("home_with_views")


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Cases that a taste solves, and one that nobody can."""
    file = tmp_path / "cases.jsonl"
    lines = [{"session": ["a0", "a1"], "relevant": ["a2", "a3", "a4", "a5"]}] * 3
    file.write_text("\n".join(json.dumps(line) for line in [*lines, {"visitor_id": "v1", "relevant": ["nowhere"]}]))
    return file


def test_every_baseline_stands_beside_every_task() -> None:
    metrics = answer("evaluate")["metrics"]

    tasks = {row["task"] for row in metrics["results"]}
    for task in tasks:
        by = {row["by"] for row in metrics["results"] if row["task"] == task and row["baseline"]}
        assert by >= {"popular", "cosine_knn", "bm25_knn", "als"}
    assert {row["task"] for row in metrics["against"]} == tasks
    assert metrics["segments"]


def test_baselines_can_be_left_out() -> None:
    metrics = answer("evaluate", "--baselines", "none")["metrics"]

    assert not any(row["baseline"] for row in metrics["results"])
    assert not metrics["against"]
    assert "for_you" in run("evaluate", "--baselines", "none")


def test_the_validation_slice_comes_before_the_test_slice() -> None:
    test, validation = (
        answer("evaluate")["metrics"]["window"],
        answer("evaluate", "--on", "validation")["metrics"]["window"],
    )

    assert validation["to"] == test["from"]
    assert validation["from"] < validation["to"]


def test_the_short_view_and_the_details_fit_a_narrow_terminal() -> None:
    short, long = run("evaluate"), run("evaluate", "--details")

    assert "±" in short
    assert "popular" in short
    assert "coverage" not in short.split("More:")[0]
    assert all(name in long for name in ("coverage", "MAP", "Recall by segment", "@5"))
    assert max(len(line.rstrip()) for line in short.splitlines()) <= 100


class Page(HTMLParser):
    """What a page holds and loads."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [name for name, _ in attrs if name in {"src", "href", "srcset"}]


def test_the_page_needs_nothing_beside_it(tmp_path: Path) -> None:
    run("evaluate", "--html", str(tmp_path / "page.html"))

    page = Page()
    page.feed((tmp_path / "page.html").read_text("utf-8"))
    assert "polyline" in page.tags
    assert not page.loads
    assert "script" not in page.tags


def test_a_page_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--html: 'page\.html' .* no folder .*nowhere"):
        run("evaluate", "--html", str(tmp_path / "nowhere" / "page.html"))
    with pytest.raises(InputError, match=r"--html: .* a file that can be written"):
        write_page(tmp_path, SHOP, {"skipped": "nothing"})


def test_given_cases_are_asked_of_the_model_in_service(cases: Path) -> None:
    version = answer("train")["version"]

    metrics = answer("evaluate", "--test", str(cases))["metrics"]

    assert metrics["window"]["model_version"] == version
    rows = {(row["task"], row["by"]): row for row in metrics["results"]}
    sessions = rows["new items for sessions (for_you)", "for_you"]
    assert (sessions["cases"], sessions["recall"]) == (3, 1)
    assert rows["new items for people (for_you)", "for_you"]["recall"] == 0
    assert "sessions" in run("evaluate", "--test", str(cases), "--artifact", version)


def test_recall_of_all_divides_by_what_no_list_can_hold(cases: Path, tmp_path: Path) -> None:
    run("train")
    (tmp_path / "two.json").write_text('{"evaluation": {"size": 2}}')
    arguments = ("evaluate", "--test", str(cases), "--config", str(tmp_path / "two.json"), "--baselines", "none")

    reachable, every = (answer(*arguments, "--recall-of", of)["metrics"]["results"][0] for of in ("list", "all"))

    assert (reachable["recall"], every["recall"]) == (1, 0.5)


def test_given_cases_need_a_model(cases: Path) -> None:
    with pytest.raises(ArtifactError, match="vitrine train --shop gifts"):
        run("evaluate", "--test", str(cases))
    with pytest.raises(ArtifactError, match="there is no model 'x'"):
        run("evaluate", "--test", str(cases), "--artifact", "x")


def test_two_models_are_compared_on_the_same_cases(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"views": {"half_life_days": 1}}')
    first, second = answer("train")["version"], answer("train", "--config", str(tmp_path / "other.json"))["version"]

    found = answer("evaluate", "--compare", first, second)

    assert (found["before"], found["after"]) == (first, second)
    for row in found["differences"]:
        assert row["difference"] == pytest.approx(row["after"] - row["before"], abs=2e-4)
        assert row["interval"][0] <= row["difference"] <= row["interval"][1]
    assert {row["metric"] for row in found["differences"]} == {"ndcg", "recall"}
    same = answer("evaluate", "--compare", first, first)["differences"]
    assert all(row["interval"] == [0, 0] for row in same)
    assert "difference" in run("evaluate", "--compare", first, second)


def test_models_judged_on_other_days_are_not_compared(home_with_views: Workspace, tmp_path: Path) -> None:
    (tmp_path / "days.json").write_text('{"evaluation": {"days": 6}}')
    first, second = answer("train")["version"], answer("train", "--config", str(tmp_path / "days.json"))["version"]

    with pytest.raises(InputError, match=f"--compare: '{second}' .*the same days: {first} was judged on"):
        run("evaluate", "--compare", first, second)
    with pytest.raises(ArtifactError, match="there is no model 'x'"):
        run("evaluate", "--compare", first, "x")


def test_a_model_that_was_not_judged_is_not_compared(home_with_views: Workspace) -> None:
    first = answer("train")["version"]
    for file in home_with_views.shop(SHOP).log.rglob("*.parquet"):
        file.unlink()
    second = answer("train", "--force")["version"]

    with pytest.raises(InputError, match=f"--compare: '{second}' .*shorter than five days"):
        run("evaluate", "--compare", first, second)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--artifact", "x"], "--artifact"),
        (["--test", "x", "--on", "validation"], "--on"),
        (["--compare", "a", "b", "--test", "x"], "--compare"),
        (["--compare", "a", "b", "--html", "x"], "--compare"),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: list[str], field: str) -> None:
    with pytest.raises(InputError, match=field):
        run("evaluate", *arguments)
