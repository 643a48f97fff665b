"""`vitrine report` says what was earned, on a terminal, for machines and as a page."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from recommender.command import app
from recommender.errors import InputError, NotFoundError
from recommender.events.log import EventLog
from recommender.workspace import Workspace
from tests.training.commands.invoking import SHOP, answer, run
from tests.training.measuring.logs import START, decided, table, token, triggered
from tests.training.measuring.test_effects import shop as shop_events
from tests.training.measuring.test_effects import three

KEYS = {
    "shop",
    "events",
    "since",
    "until",
    "segment",
    "robots",
    "currency",
    "overview",
    "experiments",
    "campaigns",
    "attributed",
    "behaviour",
    "segments",
    "models",
    "interleaved",
    "customers",
}


def write(home: Workspace, *events: dict[str, Any]) -> None:
    rows: pa.Table = table(*events)
    EventLog(home.shop(SHOP)).append(rows, "live-1")


@pytest.fixture
def measured_home(empty_home: Workspace) -> Workspace:
    """Twenty days of a shop whose showcases help, with one campaign and one robot."""
    click = {"event": "select_item", "attribution_token": token("pdp-similar"), "item_id": "a", "visitor_id": "v1"}
    robot = {"event": "view_item", "item_id": "a", "visitor_id": "robot", "at": 3}
    write(
        empty_home,
        *shop_events(0.5, visitors=3000),
        decided("robot", "shown", at=3),
        *[robot] * 1001,
        triggered("v1", campaign="<b>welcome</b>"),
        triggered("v2", campaign="<b>welcome</b>", reason="holdout", at=1),
        click | {"at": 1.0},
        {"visitor_id": "v1", "order_id": "credited", "value": 12.0, "at": 2.0},
    )
    return empty_home


@pytest.mark.usefixtures("measured_home")
class TestReport:
    def test_machines_get_everything(self) -> None:
        found = answer("report")
        assert found.keys() == KEYS | {"health"}
        assert [one["experiment"] for one in found["experiments"]] == ["showcases", "campaign:<b>welcome</b>"]
        assert found["robots"] == 1
        assert found["experiments"][0]["metrics"][1]["answer"] == "gain"
        assert [one["placement"] for one in found["attributed"]] == ["pdp-similar"]
        assert found["attributed"][0]["orders"] == 1

    def test_days_add_up_to_the_whole(self) -> None:
        seen = answer("report")["overview"]
        assert sum(day["orders"] for day in seen["days"]) == seen["orders"]
        assert sum(day["revenue"] for day in seen["days"]) == pytest.approx(seen["revenue"], abs=0.01)

    def test_looking_back_less_far_shows_less_and_changes_no_experiment(self) -> None:
        short, long = answer("report", "--days", "5"), answer("report")
        assert 0 < short["overview"]["orders"] < long["overview"]["orders"]
        assert short["experiments"] == long["experiments"]

    def test_what_comes_after_the_moment_looked_back_from_does_not_count(self) -> None:
        found = answer("report", "--until", f"{START + timedelta(days=10):%Y-%m-%dT%H:%M:%S}")
        visitors = found["experiments"][0]["visitors"]
        assert sum(visitors.values()) == pytest.approx(1501, abs=160), "half of them, give or take the time zone"

    def test_without_models_nobody_is_in_a_segment_and_nobody_moved(self) -> None:
        found = {one.pop("segment"): one for one in answer("report")["segments"]}
        assert found["loyal"] == {"customers": 0, "members": 0, "entered": 0, "left": 0}

    def test_a_segment_that_there_is_not_is_refused(self) -> None:
        with pytest.raises(InputError, match="--segment: 'fans' is not allowed; use one of new, returning"):
            run("report", "--segment", "fans")

    def test_experiments_can_begin_later(self) -> None:
        later = answer("report", "--since", f"{START + timedelta(days=10):%Y-%m-%dT%H:%M:%S}")
        (one,) = later["experiments"]
        assert one["experiment"] == "showcases"
        assert sum(one["visitors"].values()) + one["entered_earlier"] == 3000

    def test_people_are_told_the_verdicts_in_words(self) -> None:
        shown = run("report")
        assert "Gain in revenue per visitor: the difference lies between" in shown
        assert "no proof of" in shown

    def test_the_page_is_whole_escaped_and_needs_nothing_beside_it(self, tmp_path: Path) -> None:
        file = tmp_path / "report.html"
        run("report", "--html", str(file))
        text = file.read_text("utf-8")
        tags = list[str]()
        parser = HTMLParser()
        parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
        parser.feed(text)
        assert not {"script", "link", "img", "b"} & {*tags}
        assert "http" not in text
        assert "Gain in revenue per visitor" in text
        assert all(heading in text for heading in ("Who comes back", "How far visits get", "Which ways they take"))
        assert "&lt;b&gt;welcome&lt;/b&gt;" in text

    def test_customers_are_in_groups_that_add_up(self) -> None:
        found = answer("report", "--days", "5")["customers"]
        moved = [sum(counts.values()) for counts in found["movement"]["moved"].values()]
        assert sum(moved) == sum(one["customers"] for one in found["groups"]) == found["customers"]
        assert "no purchase models" not in found["lifetimes"]["reasons"]
        shown = run("report", "--days", "5")
        assert "from needs attention" in shown

    def test_lifetimes_say_what_keeps_them_from_being_foretold(self) -> None:
        found = answer("report", "clv")
        assert (found["bgnbd"], found["gamma_gamma"]) == (None, None)
        assert any("and it takes 180" in words for words in found["reasons"])
        assert "Note: orders go back" in run("report", "clv")

    def test_a_day_that_cannot_be_learned_up_to_is_refused_with_those_that_can(self) -> None:
        with pytest.raises(InputError, match="--calibration-end: '1999-01-01' is not allowed; use a day from"):
            run("report", "clv", "--calibration-end", "1999-01-01")

    def test_a_file_that_cannot_be_written_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="name a file that can be written"):
            run("report", "--html", str(tmp_path / "nowhere" / "report.html"))


def test_money_of_several_currencies_is_reported_in_one(empty_home: Workspace, tmp_path: Path) -> None:
    """The usual one, or the one that is asked for; the others are counted and left out."""
    kinds = (("EUR", 10.0, 3), ("USD", 100.0, 2), ("GBP", 1000.0, 1))
    write(
        empty_home,
        *(
            {"visitor_id": "v", "order_id": f"{code}{n}", "value": value, "currency": code}
            for code, value, count in kinds
            for n in range(count)
        ),
    )
    found, dollars = answer("report"), answer("report", "--currency", "usd")
    assert found["currency"] == {"reported": "EUR", "orders_left_out": {"GBP": 1, "USD": 2}}
    assert (found["overview"]["orders"], found["overview"]["revenue"]) == (3, 30.0)
    assert dollars["currency"] == {"reported": "USD", "orders_left_out": {"EUR": 3, "GBP": 1}}
    assert dollars["overview"]["revenue"] == 200.0
    file = tmp_path / "report.html"
    shown = run("report", "--html", str(file))
    assert "3 orders, revenue 30.00 EUR" in shown
    assert "Left out of everything: 2 orders in USD" in shown
    assert "2 orders in USD are left out of everything" in file.read_text("utf-8")
    with pytest.raises(InputError, match="ISO 4217"):
        run("report", "--currency", "XYZ")


def test_each_variant_of_an_experiment_stands_beside_its_control(empty_home: Workspace, tmp_path: Path) -> None:
    write(empty_home, *three(visitors=3000))
    file = tmp_path / "report.html"
    shown = run("report", "--html", str(file))
    for variant in ("same", "twice"):
        assert re.search(rf"experiment:titles: [\d,]+ plain, [\d,]+ {variant}", shown)
        assert re.search(rf"Experiment titles .*[\d,]+ plain, [\d,]+ {variant}", file.read_text("utf-8"))
    compared = [(one["experiment"], one["control"], one["treated"]) for one in answer("report")["experiments"]]
    assert compared == [
        ("showcases", "holdout", "shown"),
        ("experiment:titles", "plain", "same"),
        ("experiment:titles", "plain", "twice"),
    ]


@pytest.mark.usefixtures("empty_home")
class TestWithoutAnything:
    def test_an_unknown_shop_is_named(self) -> None:
        with pytest.raises(NotFoundError, match="nowhere"):
            run("report", shop="nowhere")

    def test_without_a_shop_it_says_what_is_missing(self) -> None:
        found = CliRunner().invoke(app, ["report"])
        assert isinstance(found.exception, InputError)
        assert "name the shop" in str(found.exception)

    def test_an_empty_log_is_told_how_to_fill_it(self, tmp_path: Path) -> None:
        file = tmp_path / "report.html"
        assert answer("report") == {"shop": SHOP, "events": 0}
        assert answer("report", "clv")["holdout"] is None
        assert "there are no orders" in run("report", "clv")
        assert "vitrine import events" in run("report", "--html", str(file))
        assert "no events yet" in file.read_text("utf-8")


def test_silence_up_to_now_is_an_alarm(empty_home: Workspace) -> None:
    """The last event is no measure of when the next should have come."""
    now = datetime.now(UTC).replace(minute=30)
    last = (now - START) / timedelta(days=1)
    draw = np.random.default_rng(1)
    view = {"event": "page_view", "visitor_id": "v", "verified": False}
    views = [
        view | {"at": last - hours / 24 - float(draw.uniform(0, 0.01))}
        for hours in range(5, 24 * 30)
        for _ in range(40)
    ]
    write(empty_home, *views)
    (told,) = answer("report")["health"]["alarms"]
    assert told.startswith("For 4 hours only 0 events came where 160 are usual")
