"""Places for new items."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from recommender.configuration import NEW_ITEMS_SHARE, Configuration, Placement
from recommender.engine import engine
from recommender.engine.answer import Showcase
from recommender.engine.novelty import LEAST_FIT, Novelty
from recommender.engine.page import Page, PageType
from recommender.engine.question import Question
from recommender.engine.request import NOBODY, Interaction, Query, Visitor
from recommender.engine.situation import Situation
from recommender.engine.snapshot import NEW_DAYS, Snapshot
from recommender.errors import ConfigurationError
from recommender.strategy import Strategy
from tests.recommender.engine.contract import ids
from tests.recommender.engine.shops import NOW, Change, change, snapshot

PRODUCT = Page(PageType.PRODUCT, "candle")
RECENT = NOW - timedelta(days=2)
LISTED: dict[str, Any] = {"product_type": "Home > Lighting", "price": "4.00"}
NEW = [
    change(f"new-{n}", 100 + n, RECENT, title=f"{scent} Candle", **LISTED) for n, scent in enumerate(("Rose", "Fig"))
]


def slot(**fields: Any) -> dict[str, Any]:
    return {"id": "slot", "page_types": ["product", "home", "category"], "strategy": "similar", **fields}


def shop(*more: Change, **fields: Any) -> Snapshot:
    configuration = Configuration.parse({"placements": [slot(**{"limit": 2, "new_items_share": 0.5, **fields})]})
    return snapshot(*more, configuration=configuration)


def shown(snapshot: Snapshot, visitor: Visitor = NOBODY, page: Page = PRODUCT, days: int = 0) -> Showcase:
    return engine.page(snapshot, visitor, page, None, NOW + timedelta(days=days), explain=True)[0]


def new_ones(showcase: Showcase) -> list[str]:
    return [item.item_id for item in showcase.recommendations.items if item.source == "new"]


def novelty(snapshot: Snapshot, visitor_id: str, **query: Any) -> Novelty:
    asked = Query(Strategy.SIMILAR, ("candle",), placement="slot", **query)
    return Novelty(Question(Situation(snapshot, Visitor(visitor_id), NOW), asked))


def test_a_new_item_of_the_pages_category_gets_a_place_and_says_so() -> None:
    for page in (PRODUCT, Page(PageType.CATEGORY, category="Lighting")):
        first, second = shown(shop(*NEW, strategy="trending", same_category=True), page=page).recommendations.items
        assert first.source != "new"
        assert (second.source, second.reason) == ("new", "New")
        assert second.explanation is not None
        assert "fit" in second.explanation["scores"]


def test_scores_still_fall() -> None:
    fan = Visitor("fan", session=(Interaction("candle"),))
    scores = [
        item.score for item in shown(shop(*NEW, strategy="trending", same_category=True), fan).recommendations.items
    ]
    assert scores == sorted(scores, reverse=True)


def test_every_visitor_sees_the_same_all_day_and_not_all_the_same() -> None:
    shop_ = shop(*NEW, strategy="best_sellers", same_category=True, limit=2)
    lists = [new_ones(shown(shop_, Visitor(f"v{number}"))) for number in range(20)]
    assert lists == [new_ones(shown(shop_, Visitor(f"v{number}"))) for number in range(20)]
    assert {id_ for found in lists for id_ in found} == {"new-0", "new-1"}
    days = {tuple(new_ones(shown(shop_, Visitor("v"), days=day))) for day in range(12)}
    assert days == {("new-0",), ("new-1",)}


def test_without_consent_everybody_sees_the_same() -> None:
    shop_ = shop(*NEW, strategy="best_sellers", same_category=True)
    lists = {tuple(new_ones(shown(shop_, Visitor(f"v{number}", personal=False)))) for number in range(12)}
    assert len(lists) == 1


@pytest.mark.parametrize(
    "newcomer",
    [
        change("new-0", 100, NOW - timedelta(days=NEW_DAYS + 1), title="Rose Candle", **LISTED),
        change("new-0", 100, RECENT, title="Rose Candle", availability="out_of_stock", **LISTED),
        change("new-0", 100, RECENT, title="Rose Candle", item_group_id="candles", **LISTED),
    ],
)
def test_old_sold_out_and_doubled_items_get_no_place(newcomer: Change) -> None:
    variants = change("candle", 99, title="Vanilla Candle", item_group_id="candles", **LISTED)
    assert not new_ones(shown(shop(variants, newcomer, strategy="trending", same_category=True)))


def test_an_item_that_a_rule_excludes_gets_no_place() -> None:
    configuration = Configuration.parse(
        {
            "placements": [slot(strategy="trending", same_category=True, limit=2, new_items_share=0.5)],
            "rules": [{"id": "rule", "exclude": {"item_ids": ["new-0", "new-1"]}}],
        }
    )
    assert not new_ones(shown(snapshot(*NEW, configuration=configuration)))


@pytest.mark.parametrize(("most", "places"), [(1, 1), (2, 2)])
def test_a_new_item_of_which_there_would_be_too_many_gets_no_place(most: int, places: int) -> None:
    newcomers = [change(one.item_id, one.revision, RECENT, title="Wax", brand="Wick", **LISTED) for one in NEW]
    configuration = Configuration.parse(
        {
            "placements": [slot(strategy="trending", same_category=True, limit=2, new_items_share=1)],
            "rules": [{"id": "rule", "max_per": {"brand": most}}],
        }
    )
    assert len(new_ones(shown(snapshot(*newcomers, configuration=configuration)))) == places


def test_where_nothing_tells_what_fits_the_places_are_the_others() -> None:
    speechless = Snapshot.bare(shop(*NEW).table, shop().configuration)
    assert (len(ids(shown(speechless).recommendations)), new_ones(shown(speechless))) == (2, [])
    for_you = shop(*NEW, strategy="for_you")
    nobody = shown(for_you, page=Page(PageType.HOME))
    assert (len(ids(nobody.recommendations)), new_ones(nobody)) == (2, [])
    fan = Visitor("fan", session=(Interaction("candle"),))
    assert len(new_ones(shown(for_you, fan, Page(PageType.HOME)))) == 1


def test_only_items_that_fit_take_part_in_the_draw() -> None:
    others = [change(f"new-{n}", 100 + n, RECENT, title=title) for n, title in enumerate(("Steel Spade", "Owl Rug"), 2)]
    found = novelty(shop(*NEW, *others), "v", new_items_share=1.0).candidates()
    assert len(found)
    assert (found.scores >= LEAST_FIT).all()


def test_new_items_that_a_list_holds_anyway_count() -> None:
    showcase = shown(shop(*NEW, limit=4, new_items_share=0.5))
    natural = [item for item in showcase.recommendations.items if item.source == "similar"]
    assert {"new-0", "new-1"} <= {item.item_id for item in natural}
    assert new_ones(showcase) == []


def test_a_pinned_item_keeps_its_place() -> None:
    configuration = Configuration.parse(
        {
            "placements": [slot(strategy="trending", same_category=True, limit=2, new_items_share=1)],
            "rules": [{"id": "rule", "pin": {"matches": 2}}],
        }
    )
    showcase = shown(snapshot(*NEW, configuration=configuration))
    assert ids(showcase.recommendations)[1] == "matches"
    assert len(new_ones(showcase)) == 1


def test_a_request_for_a_list_shows_no_new_items_by_chance() -> None:
    query = Query(Strategy.TRENDING, ("candle",), limit=3)
    assert all(item.source != "new" for item in engine.recommend(snapshot(*NEW), NOBODY, query, NOW).items)


def test_a_fraction_of_a_place_is_one_place_for_as_many_visitors() -> None:
    places = [novelty(shop(*NEW), f"v{number}", limit=8, new_items_share=1 / 5).places for number in range(2000)]
    assert set(places) == {1, 2}
    assert 0.56 < np.mean(np.equal(places, 2)) < 0.64


def test_seats_are_in_the_lower_half() -> None:
    for number in range(200):
        seats = novelty(shop(*NEW), f"v{number}").seats(7)
        assert {next(seats) for _ in range(5)} <= {4, 5, 6, 7}


def test_well_known_items_are_nobodys_news() -> None:
    shop_ = shop(*NEW)
    day = int(NOW.timestamp() // 86_400)
    rows, vectors = shop_.newcomers(day)
    assert {shop_.table.id(int(row)) for row in rows} == {"new-0", "new-1"}
    assert vectors.shape[0] == 2
    shop_ = shop(*NEW)
    shop_.__dict__["familiarity"] = np.ones(len(shop_.table), np.float32)
    assert not len(shop_.newcomers(day)[0])


@pytest.mark.parametrize(
    ("fields", "share"),
    [
        ({}, NEW_ITEMS_SHARE),
        ({"strategy": "for_you"}, NEW_ITEMS_SHARE),
        ({"strategy": "trending"}, 0),
        ({"strategy": "trending", "same_category": True}, NEW_ITEMS_SHARE),
        ({"strategy": "on_sale", "same_category": True}, 0),
        ({"strategy": "bought_together"}, 0),
        ({"new_items_share": 0}, 0),
        ({"new_items_share": 0.25}, 0.25),
    ],
)
def test_lists_that_can_tell_what_fits_keep_a_twelfth_of_their_places(fields: dict[str, Any], share: float) -> None:
    placement = Configuration.parse({"placements": [slot(**fields)]}).placements[0]
    assert placement.places_for_new_items == share


def test_a_list_that_is_a_claim_has_no_places_for_others() -> None:
    with pytest.raises(ConfigurationError, match=r"placements\[0\].new_items_share: 0.5 .*on_sale has no places"):
        Configuration.parse({"placements": [slot(strategy="on_sale", new_items_share=0.5)]})
    assert Placement.model_validate(slot(strategy="on_sale", new_items_share=0)).places_for_new_items == 0


def test_the_share_of_a_query_is_followed_whatever_else_it_asks() -> None:
    assert novelty(shop(*NEW), "v", limit=10, new_items_share=1.0).places == 10
    assert replace(Query(Strategy.SIMILAR)).new_items_share == 0
