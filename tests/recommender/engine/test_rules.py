"""Merchandising rules in the lists that they hold for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.configuration import Configuration
from recommender.engine import engine
from recommender.engine.answer import Showcase
from recommender.engine.filling import FACTUAL
from recommender.engine.filter import Filter
from recommender.engine.page import Page, PageType
from recommender.engine.request import NOBODY, CartItem, Interaction, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.retention.knowledge import Told, facts
from recommender.strategy import Strategy
from tests.recommender.engine.contract import (
    IDS,
    MANY,
    QUERIES,
    VISITORS,
    EngineContract,
    blob,
    forbidden,
    ids,
    ruled_out,
)
from tests.recommender.engine.shops import CATALOGUE, NOW, change, changed, snapshot
from tests.recommender.engine.test_contract import later

KITCHEN: dict[str, Any] = {"category": "Kitchen"}
LIGHTING: dict[str, Any] = {"category": "Lighting"}
PRODUCT = Page(PageType.PRODUCT, "heart-white")
SELLERS = Query(Strategy.BEST_SELLERS, limit=3)

ACTIONS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"exclude": {"item_ids": ["candle", "tin", "unknown"]}},
        {"exclude": {"filter": {"brand": "Bakers"}, "item_ids": ["mystery"]}},
        {"only": {"not": {"category": "Decorations"}}},
        {"only": {"price": {"max": 7}}},
        {"pin": {"star": 1, "mug-l": 3, "mug-s": 100}},
        {"pin": {"tin": 2, "new-1": 1}},
        {"boost": {"filter": LIGHTING, "factor": 50}},
        {"bury": {"filter": {"on_sale": True}, "factor": 0.01}},
        {"max_per": {"category": 1}},
        {"max_per": {"brand": 1, "category": 3}},
        {"max_per": {"price": 2}},
    ]
)


def rules(*given: dict[str, Any]) -> Configuration:
    return Configuration.parse({"rules": [{"id": f"rule-{place}", **rule} for place, rule in enumerate(given)]})


def shop(*given: dict[str, Any]) -> Snapshot:
    return snapshot(configuration=rules(*given))


def listed(snapshot: Snapshot, query: Query = SELLERS, visitor: Visitor = NOBODY) -> list[str]:
    return ids(engine.recommend(snapshot, visitor, query, NOW))


def shown(snapshot: Snapshot, page: Page = PRODUCT, *placements: str, visitor: Visitor = NOBODY) -> list[Showcase]:
    return engine.page(snapshot, visitor, page, placements or None, NOW, explain=True)


class TestShopWithRules(EngineContract):
    """Whatever the rules are, a list is what it always is."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        drawn = st.lists(ACTIONS, max_size=4).map(lambda actions: rules(*actions))
        return st.builds(lambda changes, found: snapshot(*changes, configuration=found), later(), drawn)


class TestShopOfVariedLists(EngineContract):
    """The same where every list is to be varied and holds new items."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        slots = [{**slot, "diversity": 0.5, "max_per_category": 2} for slot in Configuration().document()["placements"]]
        configuration = Configuration.parse({"placements": slots})
        return later().map(lambda changes: snapshot(*changes, configuration=configuration))


@given(visitor=VISITORS, query=QUERIES, most=st.integers(1, 4))
@MANY
def test_a_cap_holds_as_long_as_anything_else_may_be_shown(visitor: Visitor, query: Query, most: int) -> None:
    shop_ = shop({"max_per": {"category": most}})
    query = replace(query, category=None, caps=())
    answer = engine.recommend(shop_, visitor, query, NOW)
    if answer.strategy in FACTUAL:
        return
    table = shop_.table
    category = {id_: table.category.name(row) for id_ in ids(answer) if (row := table.row(id_)) is not None}
    counts = {name: [*category.values()].count(name) for name in {*category.values()} - {None}}
    if not any(count > most for count in counts.values()):
        return
    groups = {CATALOGUE[id_].get("item_group_id") for id_ in (*ids(answer), *query.item_ids) if id_ in CATALOGUE}
    left = {table.id(row) for row in range(len(table))} - forbidden(shop_, visitor, query, answer.strategy)
    for id_ in left - set(ids(answer)):
        row = table.row(id_)
        assert row is not None
        over = counts.get(table.category.name(row), 0) >= most
        assert over or CATALOGUE.get(id_, {}).get("item_group_id") in groups - {None}


@given(visitor=VISITORS, query=QUERIES, item=st.none() | IDS)
@MANY
def test_rules_that_hold_elsewhere_change_nothing(visitor: Visitor, query: Query, item: str | None) -> None:
    elsewhere: list[dict[str, Any]] = [
        {"page_types": ["search"], "only": KITCHEN},
        {"placements": ["not-found-best-sellers"], "max_per": {"brand": 1}},
        {"ends": NOW.isoformat(), "exclude": {"item_ids": ["candle"]}},
        {"starts": (NOW + timedelta(seconds=1)).isoformat(), "pin": {"candle": 1}},
        {"when": {"title": "No such title"}, "boost": {"filter": KITCHEN, "factor": 9}},
    ]
    page = Page(PageType.PRODUCT, item)
    plain, ruled = snapshot(), shop(*elsewhere)
    assert blob(engine.recommend(plain, visitor, query, NOW)) == blob(engine.recommend(ruled, visitor, query, NOW))
    assert blob(engine.page(plain, visitor, page, None, NOW)) == blob(engine.page(ruled, visitor, page, None, NOW))


SLOTS = st.builds(
    lambda strategy, limit, share, diversity: {
        "page_types": ["product"],
        "strategy": strategy,
        "limit": limit,
        "diversity": diversity,
        **({"new_items_share": share} if strategy in {"similar", "for_you"} else {}),
    },
    st.sampled_from(["similar", "for_you", "trending", "best_sellers", "bought_together", "recently_viewed"]),
    st.integers(1, 6),
    st.sampled_from([0, 0.5, 1]),
    st.sampled_from([0, 0.4]),
)
ARRIVED = [
    change(f"new-{number}", 90 + number, NOW - timedelta(days=number), title=f"{name} Heart", product_type="Home")
    for number, name in enumerate(("Gold", "Tiny", "Blue"), 1)
]


@given(
    slots=st.lists(SLOTS, min_size=1, max_size=4),
    actions=st.lists(ACTIONS, max_size=3),
    person=st.sampled_from(["v", "w", "x"]),
    item=st.sampled_from(["heart-white", "candle", "tin"]),
)
@MANY
def test_no_place_of_a_page_stays_empty_while_an_item_may_be_shown(
    slots: list[dict[str, Any]], actions: list[dict[str, Any]], person: str, item: str
) -> None:
    placements = [{**slot, "id": f"slot-{place}"} for place, slot in enumerate(slots)]
    document = {"placements": placements, "rules": rules(*actions).document()["rules"]}
    shop_ = snapshot(*ARRIVED, configuration=Configuration.parse(document))
    showcases = shown(shop_, Page(PageType.PRODUCT, item), visitor=Visitor(person))
    found = [id_ for one in showcases for id_ in ids(one.recommendations)]
    assert len(found) == len(set(found))
    may = {shop_.table.id(row) for row in range(len(shop_.table))} - {item} - ruled_out(shop_)
    assert set(found) <= may
    assert len(found) == min(len(may), sum(slot["limit"] for slot in slots))


def test_excluded_items_are_left_out_of_every_list() -> None:
    shop_ = shop({"exclude": {"filter": {"brand": "Owlery"}, "item_ids": ["candle"]}})
    everything = Query(Strategy.BEST_SELLERS, limit=100)
    assert set(listed(snapshot(), everything)) - set(listed(shop_, everything)) == {"candle", "teapot"}


def test_only_holds_together_with_the_filter_of_the_request() -> None:
    query = replace(SELLERS, limit=100, filter=Filter.parse({"price": {"max": 5}}))
    assert set(listed(shop({"only": KITCHEN}), query)) == {"mug-s", "tin"}


def test_an_exclusion_is_not_lifted_to_fill_a_place() -> None:
    assert listed(shop({"only": KITCHEN}, {"exclude": {"filter": KITCHEN}})) == []


def test_pinned_items_stand_where_they_are_pinned_and_say_so() -> None:
    answer = engine.recommend(shop({"pin": {"apron": 1, "star": 3}}), NOBODY, replace(SELLERS, explain=True), NOW)
    assert [ids(answer)[0], ids(answer)[2]] == ["apron", "star"]
    assert (answer.items[0].source, answer.items[0].reason) == ("pin", "Our pick")
    assert answer.items[0].explanation is not None
    assert answer.items[0].explanation["rules"] == [{"rule": "rule-0", "action": "pin", "place": 1}]
    assert answer.strategy is Strategy.BEST_SELLERS


def test_of_two_pins_for_one_place_the_earlier_rule_has_it() -> None:
    assert listed(shop({"pin": {"apron": 1}}, {"pin": {"star": 1}}))[:2] == ["apron", "star"]


def test_of_two_pins_of_one_item_the_earlier_rule_counts() -> None:
    assert listed(shop({"pin": {"apron": 2}}, {"pin": {"apron": 1}})).index("apron") == 1


def test_a_pin_behind_the_end_of_a_list_is_its_last_item() -> None:
    assert listed(shop({"pin": {"apron": 50}}))[-1] == "apron"


def test_more_pins_than_places_leave_out_the_last_ones() -> None:
    pins = {"apron": 4, "tin": 3, "star": 2, "teapot": 1}
    assert listed(shop({"pin": pins})) == ["teapot", "star", "tin"]


@pytest.mark.parametrize(
    ("query", "visitor"),
    [
        (replace(SELLERS, item_ids=("apron",)), NOBODY),
        (replace(SELLERS, exclude=("apron",)), NOBODY),
        (replace(SELLERS, filter=Filter.parse(LIGHTING)), NOBODY),
        (SELLERS, Visitor(cart=(CartItem("apron"),))),
        (replace(SELLERS, strategy=Strategy.FOR_YOU), Visitor("v", session=(Interaction("apron"), Interaction("tin")))),
    ],
)
def test_what_may_not_be_shown_cannot_be_pinned(query: Query, visitor: Visitor) -> None:
    assert "apron" not in listed(shop({"pin": {"apron": 1}}), query, visitor)
    assert len(listed(shop({"pin": {"apron": 1}}), query, visitor)) == 3


def test_an_item_that_is_sold_out_or_unknown_cannot_be_pinned() -> None:
    gone = changed("apron", availability="out_of_stock")
    listed_ = listed(snapshot(gone, configuration=rules({"pin": {"apron": 1, "unknown": 2}})))
    assert len(listed_) == 3
    assert not {"apron", "unknown"} & set(listed_)


def test_an_item_that_a_rule_excludes_cannot_be_pinned() -> None:
    assert "apron" not in listed(shop({"pin": {"apron": 1}}, {"exclude": {"item_ids": ["apron"]}}))


def test_a_list_that_is_a_claim_takes_only_pins_of_which_it_is_true() -> None:
    shop_ = shop({"pin": {"apron": 1, "tin": 2}})
    assert listed(shop_, Query(Strategy.ON_SALE, limit=5)) == ["star", "tin"]
    viewed = Visitor("stranger", session=(Interaction("candle"),))
    assert listed(shop_, Query(Strategy.RECENTLY_VIEWED, limit=5), viewed) == ["candle"]


def test_a_claim_that_became_another_list_takes_every_pin() -> None:
    assert listed(shop({"pin": {"apron": 1}}), Query(Strategy.RECENTLY_VIEWED, limit=5))[0] == "apron"


def test_an_item_pinned_to_a_later_slot_is_not_taken_by_an_earlier_one() -> None:
    shop_ = shop({"placements": ["product-bought-together"], "pin": {"heart-red": 1}})
    similar, together, _ = shown(shop_)
    assert "heart-red" not in ids(similar.recommendations)
    assert ids(together.recommendations)[0] == "heart-red"


def test_an_item_pinned_to_two_slots_stands_in_the_first() -> None:
    showcases = shown(shop({"pin": {"apron": 1}}))
    assert [ids(one.recommendations).count("apron") for one in showcases] == [1, 0, 0]


def test_a_title_is_that_of_the_list_below_the_pin() -> None:
    sellers = shown(shop({"pin": {"apron": 1}}), Page(PageType.HOME), "home-best-sellers")[0]
    assert (sellers.strategy, sellers.title) == (Strategy.BEST_SELLERS, "Best sellers")


def test_a_boost_multiplies_scores_and_says_so() -> None:
    query = replace(SELLERS, limit=13, explain=True)
    plain = {one.item_id: one for one in engine.recommend(snapshot(), NOBODY, query, NOW).items}
    shop_ = shop(
        {"boost": {"filter": {"brand": "Bakers"}, "factor": 1.5}}, {"bury": {"filter": LIGHTING, "factor": 0.5}}
    )
    ruled = {one.item_id: one for one in engine.recommend(shop_, NOBODY, query, NOW).items}
    scores = {id_: one.score * {"tin": 1.5, "apron": 1.5, "candle": 0.5}.get(id_, 1) for id_, one in plain.items()}
    assert plain["tin"].score > 0
    assert ruled["tin"].score / ruled["candle"].score == pytest.approx(scores["tin"] / scores["candle"], rel=1e-4)
    tin, star = ruled["tin"].explanation, ruled["star"].explanation
    assert tin is not None
    assert star is not None
    assert tin["rules"] == [{"rule": "rule-0", "action": "boost", "factor": 1.5}]
    assert tin["score_without_rules"] == pytest.approx(plain["tin"].score, abs=1e-5)
    assert "rules" not in star


def test_factors_of_several_rules_multiply() -> None:
    boosts = [{"boost": {"filter": {"brand": "Bakers"}, "factor": 2}}, {"boost": {"filter": KITCHEN, "factor": 3}}]
    query = replace(SELLERS, limit=13)
    one = engine.recommend(shop({"boost": {"filter": {"brand": "Bakers"}, "factor": 6}}), NOBODY, query, NOW)
    two = engine.recommend(shop(*boosts), NOBODY, query, NOW)
    scores = [{item.item_id: item.score for item in answer.items} for answer in (one, two)]
    assert scores[0]["tin"] / scores[0]["candle"] == pytest.approx(scores[1]["tin"] / scores[1]["candle"], rel=1e-4)


def test_at_most_so_many_of_one_kind() -> None:
    items = listed(shop({"max_per": {"category": 1}}), replace(SELLERS, limit=4))
    categories = [CATALOGUE.get(id_, {}).get("product_type") for id_ in items]
    assert len(set(categories)) == 4


def test_a_cap_gives_way_before_a_place_stays_empty_and_says_so() -> None:
    query = replace(SELLERS, filter=Filter.parse(LIGHTING), explain=True)
    answer = engine.recommend(shop({"max_per": {"category": 1}}), NOBODY, query, NOW)
    assert len(answer.items) == 3
    beyond = [item.explanation["rules"] for item in answer.items[1:] if item.explanation is not None]
    assert beyond == [[{"rule": "rule-0", "action": "max_per", "field": "category", "relaxed": True}]] * 2


def test_pins_count_towards_a_cap_but_are_not_refused_by_it() -> None:
    shop_ = shop({"pin": {"heart-red": 1, "heart-zinc": 2}}, {"max_per": {"category": 1}})
    items = listed(shop_, replace(SELLERS, limit=4))
    decorations = [id_ for id_ in items if CATALOGUE.get(id_, {}).get("product_type") == "Home > Decorations"]
    assert decorations == ["heart-red", "heart-zinc"]


def test_of_a_field_with_several_values_each_counts() -> None:
    colours = {"candle": ["red", "white"], "lantern": ["White "], "matches": ["blue"]}
    changes = [changed(id_, colour=values) for id_, values in colours.items()]
    shop_ = snapshot(*changes, configuration=rules({"max_per": {"colour": 1}}))
    items = listed(shop_, replace(SELLERS, limit=10))
    assert len({"candle", "lantern"} & set(items)) == 1
    assert "matches" in items


def test_a_rule_with_a_condition_holds_where_the_pages_item_passes() -> None:
    shop_ = shop({"when": {"title": "White Hanging Heart"}, "only": KITCHEN})
    kitchen = {"mug-s", "mug-l", "teapot", "tin", "apron"}
    assert set(listed(shop_, Query(Strategy.SIMILAR, ("heart-white",)))) == kitchen
    assert not set(listed(shop_, Query(Strategy.SIMILAR, ("heart-red",)))) <= kitchen
    assert {id_ for one in shown(shop_) for id_ in ids(one.recommendations)} == kitchen
    assert "lantern" in {id_ for one in shown(shop_, Page(PageType.HOME)) for id_ in ids(one.recommendations)}


def test_a_rule_with_a_condition_holds_on_its_category_page() -> None:
    shop_ = shop({"when": LIGHTING, "pin": {"apron": 1}})
    pages = [Page(PageType.CATEGORY, category=category) for category in ("Home > Lighting", "Kitchen")]
    first = [ids(shown(shop_, page, "home-best-sellers")[0].recommendations)[0] for page in pages]
    assert first[0] == "apron" != first[1]


def test_a_rule_may_speak_of_one_strategy() -> None:
    shop_ = shop({"strategies": ["trending"], "only": KITCHEN})
    assert "candle" in listed(shop_)
    assert "candle" not in listed(shop_, replace(SELLERS, strategy=Strategy.TRENDING, limit=13))


def test_a_placement_may_cap_brands_and_categories() -> None:
    slot = {"id": "slot", "page_types": ["home"], "strategy": "best_sellers", "limit": 4, "max_per_category": 1}
    shop_ = snapshot(configuration=Configuration.parse({"placements": [slot]}))
    items = ids(shown(shop_, Page(PageType.HOME))[0].recommendations)
    assert len({CATALOGUE.get(id_, {}).get("product_type") for id_ in items}) == 4


def test_which_rules_are_due_changes_when_one_of_their_moments_passes() -> None:
    starts, ends = NOW, NOW + timedelta(days=1)
    book = shop({"starts": starts.isoformat(), "ends": ends.isoformat(), "only": KITCHEN}, {"only": KITCHEN}).rulebook
    moments = [NOW - timedelta(seconds=1), NOW, NOW + timedelta(hours=23), ends]
    assert [book.passed(moment) for moment in moments] == [0, 1, 1, 2]


def test_a_change_of_the_catalogue_is_seen_by_the_rules() -> None:
    shop_ = shop({"only": {"price": {"max": 2}}})
    assert "candle" not in listed(shop_, replace(SELLERS, limit=13))
    cheaper = shop_.with_table(shop_.table.apply([changed("candle", price="1.00")]))
    assert "candle" in listed(cheaper, replace(SELLERS, limit=13))


def test_masks_are_worked_out_once() -> None:
    compiled = shop({"only": KITCHEN}).rulebook.rules[0]
    assert compiled.allowed is compiled.allowed
    assert compiled.items is compiled.items
    assert isinstance(compiled.items, np.ndarray)


RETURNING = {"only": KITCHEN, "segments": ["orders >= 1", "returning"]}


def shopper(*paid: float) -> Visitor:
    """Somebody who ordered lamps at these prices."""
    history = (Interaction("heart-white", "purchase", NOW.timestamp() - 9 * 86_400, 1.0, one) for one in paid)
    return Visitor("shopper", history=tuple(history))


@pytest.mark.parametrize(
    ("rule", "visitor", "follows"),
    [
        (RETURNING, shopper(5.0), True),
        (RETURNING, shopper(), False),
        (RETURNING, NOBODY, False),
        (RETURNING, replace(shopper(5.0), personal=False), False),
        ({"only": KITCHEN, "segments": ["new"]}, shopper(), True),
        ({"only": KITCHEN, "segments": ["new"]}, NOBODY, False),
        ({"only": KITCHEN, "segments": ["fans"]}, shopper(5.0), True),
        ({"only": KITCHEN, "without_segments": ["fans"]}, shopper(5.0), False),
        ({"only": KITCHEN, "without_segments": ["fans"]}, shopper(), True),
    ],
)
def test_a_rule_for_a_segment_holds_for_its_members_and_for_nobody_unknown(
    rule: dict[str, Any], visitor: Visitor, follows: bool
) -> None:
    fans = {"id": "fans", "when": "spend > 4.99"}
    configuration = Configuration.parse({"segments": [fans], "rules": [{"id": "r", **rule}]})
    shop = replace(snapshot(), configuration=configuration)
    found = ids(engine.recommend(shop, visitor, SELLERS, NOW))
    assert (found != ids(engine.recommend(snapshot(), visitor, SELLERS, NOW))) is follows


def test_a_rule_may_ask_for_what_the_page_tells() -> None:
    configuration = rules({"only": KITCHEN, "segments": ["country == 'FR'"], "placements": ["home-best-sellers"]})
    shop, home = replace(snapshot(), configuration=configuration), Page(PageType.HOME)

    def shown(country: str) -> list[str]:
        known = facts(shop, Visitor("v"), Told(home, country=country), NOW)
        return blob(engine.page(shop, Visitor("v"), home, ["home-best-sellers"], NOW, facts=known))

    assert shown("FR") != shown("DE")
