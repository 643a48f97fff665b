"""What is known at each moment of a visit is the same in training and at the page, and is kept only where it helps."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from api.consent import ALL_GRANTED
from api.gathering import visitor as gathered
from api.identity import Who
from api.recording import interaction_rows
from api.state.people import Person, Reading
from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine import visit
from recommender.engine.snapshot import Snapshot
from recommender.events.decoding import decode
from recommender.models.intent.course import FEATURES, Lines
from recommender.models.intent.model import IntentConfig
from recommender.models.models import Models
from recommender.training import CleaningConfig
from recommender.vocabulary import Vocabulary
from tests.conftest import NOW
from tests.recommender.engine.shops import change
from tests.training.logs import event, scan
from training.attributes import categories, prices
from training.courses import courses
from training.intent import learn

MINUTE = 1 / 1440
ZONE = ZoneInfo("America/Sao_Paulo")
CATALOGUE: dict[str, dict[str, Any]] = {
    "lamp": {"price": "10.00", "sale_price": "8.00", "product_type": "Lighting"},
    "bulb": {"price": "2.00", "product_type": "Lighting"},
    "cup": {"product_type": "Kitchen"},
}
ITEMS = ("bulb", "cup", "lamp", "unlisted")


def moments(*events: dict[str, Any], most: int = 10_000) -> Lines:
    """What training makes of a log."""
    documents = [CATALOGUE.get(item, {}) for item in ITEMS]
    kinds, asked = categories(documents), prices(documents)
    return courses(scan(*events), ITEMS, CleaningConfig(), prices=asked, categories=kinds, zone=ZONE, most=most)


def seen(*events: dict[str, Any], who: Who, now: datetime) -> np.ndarray[Any, Any]:
    """What a page makes of the state that these events left."""
    rows: dict[Person, list[Any]] = {}
    for number, document in enumerate(events):
        told = decode({"event_id": f"e{number}"} | document, now=NOW, live=False)[0]
        for person in Who(told.visitor_id, told.customer_id, ALL_GRANTED).people:
            rows.setdefault(person, []).extend(interaction_rows(told, verified=True))
    table = CatalogTable.build(Vocabulary(ITEMS), [change(item, **fields) for item, fields in CATALOGUE.items()])
    shop = Configuration.parse({"shop": {"timezone": str(ZONE)}})
    models = Models.empty()
    person = gathered(Reading(rows=rows), who, now.timestamp(), [], None)
    return visit.line(Snapshot(models, table, shop), person, now)


STORY = (
    event("view_item", "lamp", ago=3),
    event("purchase", "bulb", ago=3 - 5 * MINUTE, order_id="o1", price=2.0),
    event("view_item_list", "cup", ago=1),
    event("view_item", "lamp", ago=1 - 1 * MINUTE),
    event("select_item", "unlisted", ago=1 - 2 * MINUTE),
    event("view_item", "unlisted", ago=1 - 2.1 * MINUTE),
    event("search", ago=1 - 3 * MINUTE),
    event("add_to_cart", "lamp", ago=1 - 4 * MINUTE, quantity=2),
    event("view_item", "lamp", ago=1 - 5 * MINUTE),
    event("remove_from_cart", "lamp", ago=1 - 6 * MINUTE, quantity=1),
    event("add_to_wishlist", "cup", ago=1 - 7 * MINUTE),
    event("begin_checkout", ago=1 - 20 * MINUTE),
    event("page_view", ago=1 - 21 * MINUTE),
    event("purchase", "lamp", ago=1 - 25 * MINUTE, order_id="o2", price=8.0),
    event("view_item", "cup", ago=1 - 26 * MINUTE),
    event("page_view", ago=1 - 50 * MINUTE),
    event("refund", ago=1 - 55 * MINUTE, order_id="o2"),
    event("view_item", "cup", ago=1 - 65 * MINUTE),
)


@pytest.fixture(scope="module")
def story() -> Lines:
    return moments(*STORY)


@pytest.mark.parametrize("count", range(1, len(STORY) + 1))
def test_training_and_page_know_the_same_at_every_moment(count: int, story: Lines) -> None:
    """Of a log with everything that leaves something in a visitor's state, and with what leaves nothing."""
    told = STORY[:count]
    last = datetime.fromisoformat(told[-1]["timestamp"])
    if told[-1]["event"] in {"purchase", "page_view", "view_item_list", "refund"}:
        return  # no moment of a course
    here = story.table[story.moments == last.timestamp()][-1:]
    found = seen(*told, who=Who("v", None, ALL_GRANTED), now=last + timedelta(seconds=20))
    assert dict(zip(FEATURES, found[0].tolist(), strict=True)) == pytest.approx(
        dict(zip(FEATURES, here[0].tolist(), strict=True)), nan_ok=True
    )


def test_an_order_told_by_the_shops_server_ends_the_visit_in_which_it_was_made() -> None:
    lines = moments(
        event("view_item", "lamp", ago=1),
        event("view_item", "lamp", ago=1 - MINUTE, visitor_id="v", customer_id="c"),
        event("purchase", "lamp", ago=1 - 9 * MINUTE, customer_id="c", order_id="o1"),
        event("view_item", "lamp", ago=1, visitor_id="w"),
    )
    assert lines.bought.tolist() == [True, True, True, False, False]


def test_of_a_log_that_is_too_long_some_people_are_drawn_with_all_that_they_did() -> None:
    told = [event("view_item", "lamp", ago=day, visitor_id=f"v{who}") for who in range(60) for day in range(1, 6)]
    whole, drawn = moments(*told), moments(*told, most=150)
    assert len(whole.moments) == 600
    assert 0 < len(drawn.moments) < 600
    assert len(drawn.moments) % 10 == 0


def test_an_empty_log_has_no_moments() -> None:
    assert len(moments().moments) == 0


def test_a_log_of_orders_alone_has_no_moments_and_says_so() -> None:
    lines = moments(event("purchase", "lamp", ago=1, order_id="o1"))
    learned = learn(lines, IntentConfig(), NOW - timedelta(days=1), 7)
    assert learned.model is None
    assert learned.reason.startswith("the log holds 0 visits with browsing, of which 0 ended with an order; 1000 with")


QUICK = IntentConfig(trees=20, folds=2, min_visits=100, min_orders=10)


@cache
def many(*, telling: bool) -> Lines:
    """600 visits over 30 days: who fills the cart buys in nineteen of twenty cases, or nobody knows who will."""
    random, told = np.random.default_rng(5), []
    for number in range(600):
        ago, visitor = random.uniform(0.1, 30), f"v{number}"
        adds = random.random() < 0.3
        buys = random.random() < ((0.95 if adds else 0.02) if telling else 0.2)
        told.append(event("view_item", "lamp", ago=ago, visitor_id=visitor))
        told += [event("add_to_cart", "lamp", ago=ago - MINUTE, visitor_id=visitor)] * adds
        order = {"order_id": f"o{number}"}
        told += [event("purchase", "lamp", ago=ago - 2 * MINUTE, visitor_id=visitor, **order)] * buys
    return moments(*told)


def test_a_model_that_foretells_later_visits_is_kept_with_its_quality() -> None:
    learned = learn(many(telling=True), QUICK, NOW - timedelta(days=6), 7)
    assert learned.model is not None
    assert learned.quality is not None
    assert learned.quality.auroc > 0.6  # before anything lies in the cart nobody can know
    assert learned.quality.brier < learned.quality.base_rate * (1 - learned.quality.base_rate)
    assert learned.document()["kept"] is True
    assert "learned from 600 visits" in learned.reason


def test_a_model_that_foretells_nothing_is_not_kept() -> None:
    learned = learn(many(telling=False), QUICK, NOW - timedelta(days=6), 7)
    assert learned.model is None
    assert learned.reason.endswith("it foretold orders no better than the usual chance")


def test_of_more_moments_than_wanted_whole_visits_are_drawn() -> None:
    lines = many(telling=True)
    few = learn(lines, QUICK.model_copy(update={"max_moments": 400}), NOW - timedelta(days=6), 7)
    assert few.model is not None
