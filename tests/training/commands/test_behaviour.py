"""`vitrine report cohorts`, `funnel` and `paths` on a terminal and for machines."""

from datetime import timedelta

import pytest

from recommender.errors import InputError, NotFoundError
from recommender.events.log import EventLog
from recommender.records import Records
from recommender.workspace import Workspace
from tests.training.behaviour.test_funnel import did
from tests.training.commands.invoking import SHOP, answer, run
from tests.training.measuring.logs import START, table

COMMANDS = ("cohorts", "funnel", "paths")


@pytest.fixture
def lively_home(empty_home: Workspace) -> Workspace:
    """Two visits, one of which ends in an order at the turn of the month by the shop's clock."""
    day = 1440
    buys = [did(name, 28 * day + 22.5 * 60 + n) for n, name in enumerate(("view_item", "add_to_cart"))]
    order = did("purchase", 28 * day + 22.5 * 60 + 9, order_id="1", verified=True, value=12.0, customer_id="ann")
    rows = table(*buys, order, did("view_item", 30 * day, "w"), did("search", 30 * day + 3, "w"))
    EventLog(empty_home.shop(SHOP)).append(rows, "live-1")
    return empty_home


@pytest.mark.usefixtures("lively_home")
class TestBehaviour:
    def test_cohorts_begin_by_the_shops_clock(self, records: Records) -> None:
        assert answer("report", "cohorts")["cohorts"][0]["begins"] == "2025-03-01"
        records.configurations.put(SHOP, {"shop": {"timezone": "Europe/Berlin"}})
        found = answer("report", "cohorts", "--by", "month")
        assert (found["cohorts"][0]["begins"], found["timezone"]) == ("2025-04-01", "Europe/Berlin")
        shown = run("report", "cohorts")
        assert "2025-04-01" in shown
        assert "12.00…" in shown, "what a customer spent in the month that is not over"

    def test_a_funnel_is_told_in_a_table_and_to_machines(self) -> None:
        found = answer("report", "funnel", "--steps", "view_item,add_to_cart,purchase", "--by", "segment")
        assert [step["count"] for step in found["groups"][0]["steps"]] == [2, 1, 1]
        assert [one["group"] for one in found["groups"]] == ["all", "new"]
        shown = run("report", "funnel", "--steps", "view_item,add_to_cart,purchase")
        assert "Sessions: 50% of those who begin come to the end" in shown
        assert "search 100%" in shown
        assert "Persons" in run("report", "funnel", "--within", "7d")

    def test_paths_lead_to_a_purchase_or_out(self) -> None:
        assert "view item → add to cart → purchase" in run("report", "paths")
        assert answer("report", "paths", "--to", "exit", "--steps", "1")["paths"][0]["path"] == ["search"]

    def test_one_looks_back_from_any_moment(self) -> None:
        until = f"{START + timedelta(days=29, hours=12):%Y-%m-%dT%H:%M:%S}"
        assert answer("report", "paths", "--until", until)["sessions"] == 1
        assert answer("report", "funnel", "--days", "1")["steps"][0]["events"] == 1

    @pytest.mark.parametrize("text", ["week", "0d", "1w", "-1d", "99999d", "1.5h"])
    def test_a_time_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(InputError, match="use session, or minutes, hours or days"):
            run("report", "funnel", "--within", text)

    def test_an_unknown_step_is_refused_with_those_that_are(self) -> None:
        with pytest.raises(InputError, match="begin_checkout, purchase"):
            run("report", "funnel", "--steps", "view,buy")


@pytest.mark.usefixtures("empty_home")
class TestWithoutAnything:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_an_empty_log_is_told_how_to_fill_it(self, command: str) -> None:
        assert answer("report", command) == {"shop": SHOP, "events": 0}
        assert "vitrine import events" in run("report", command)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_an_unknown_shop_is_named(self, command: str) -> None:
        with pytest.raises(NotFoundError, match="nowhere"):
            run("report", command, shop="nowhere")
