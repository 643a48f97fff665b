"""`vitrine capacity` as an operator uses it."""

import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.settings import Settings
from api.state.people import KEPT_SECONDS, MOST_ROWS
from recommender.capacity import advice, plan
from recommender.command import app
from recommender.days import DAY
from recommender.errors import InputError

ASKED = {"--items": "1000000", "--visitors": "5000000", "--events-per-day": "10000000", "--rps": "500"}


def run(*more: str, **changed: str) -> Result:
    given = ASKED | {f"--{name}": value for name, value in changed.items()}
    return CliRunner().invoke(app, ["capacity", *(part for option in given.items() for part in option), *more])


def test_the_table_gives_a_reason_for_each_figure_and_says_what_to_do() -> None:
    shown = run(rps="100000").output
    for words in ("memory of a worker", "Redis", "PostgreSQL", "event log, a month", "memory of training", "Costs:"):
        assert words in shown
    assert "machines behind a balancer" in " ".join(shown.split())


def test_the_document_holds_demand_figures_advice_and_costs() -> None:
    found = json.loads(run("--json").output)
    assert found["demand"]["items"] == 1_000_000
    assert {"workers", "machines", "disk"} <= {line["name"] for line in found["lines"]}
    assert all(set(line) == {"name", "value", "unit", "why"} for line in found["lines"])
    assert found["costs"]["page"]["source"]
    assert found["advice"]


def test_what_is_not_allowed_is_named() -> None:
    refused = run(items="0")
    assert isinstance(refused.exception, InputError)
    assert str(refused.exception) == "--items: 0 is not allowed; use 1 to 10,000,000,000,000"


@pytest.mark.parametrize("option", ["--items", "--visitors", "--events-per-day", "--rps"])
def test_what_is_left_out_is_asked_for(option: str) -> None:
    given = [part for one in ASKED.items() if one[0] != option for part in one]
    refused = CliRunner().invoke(app, ["capacity", *given])
    assert (refused.exit_code, option in refused.output) == (2, True)


def test_what_the_plan_takes_for_granted_is_what_the_service_does() -> None:
    usual = {name: Settings.model_fields[name].default for name in ("open_shops", "replay_share")}
    assert usual == {"open_shops": advice.USUAL_OPEN, "replay_share": plan.LOGGED}
    assert (MOST_ROWS, KEPT_SECONDS) == (plan.MOST_EVENTS, plan.KEPT_DAYS * DAY)
