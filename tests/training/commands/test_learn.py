"""`vitrine learn` keeps the weights that it learned, and says them."""

from datetime import UTC

import pytest

from recommender.catalog.item import Item
from recommender.events.log import EventLog
from recommender.records import Records
from recommender.workspace import Workspace
from tests.training.commands.invoking import SHOP, answer, run
from tests.training.measuring.logs import table
from tests.training.test_learning import NOW, TITLES, day


@pytest.fixture
def learning_home(empty_home: Workspace) -> Workspace:
    """A shop whose bold titles sell more."""
    records = Records.open(empty_home.records_url)
    placement = {"id": "pdp", "page_types": ["product"], "strategy": "similar"}
    records.configurations.put(SHOP, {"placements": [placement], "experiments": [TITLES]})
    records.catalog.put(SHOP, [Item.parse({"id": "a", "cost": 5})], NOW)
    records.close()
    EventLog(empty_home.shop(SHOP)).append(table(*day(0, 1_000, 0.5, (0.05, 0.2), at=1)), "live-1")
    return empty_home


def test_the_command_keeps_what_it_learned_and_says_it(learning_home: Workspace) -> None:
    (one,) = answer("learn")["experiments"]
    assert (one["experiment"], one["metric"], one["visitors"]) == ("titles", "conversion", 1000)
    records = Records.open(learning_home.records_url)
    (epoch,) = records.weights.of(SHOP)["titles"]
    records.close()
    assert epoch.weights == one["weights"]
    assert epoch.weights["bold"] > 0.9
    assert epoch.starts.tzinfo is UTC
    assert "titles, 1,000 visitors: what holds stays" in run("learn")


def test_a_shop_without_experiments_that_learn_is_told_so(empty_home: Workspace) -> None:
    assert empty_home
    assert f"No running experiment of {SHOP} says what it is to learn" in run("learn")
