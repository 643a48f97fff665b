"""The short way to items like one item, beside the way that all lists take."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.configuration import Configuration
from recommender.engine import engine
from recommender.engine.answer import Recommendations
from recommender.engine.filling import Filling
from recommender.engine.kin import NO_BEGINNINGS
from recommender.engine.page import Page, PageType
from recommender.engine.plain import plain, prepare
from recommender.engine.question import Question
from recommender.engine.request import NOBODY, Interaction, Query, Visitor
from recommender.engine.situation import Situation
from recommender.engine.snapshot import Snapshot
from recommender.strategy import Strategy
from tests.recommender.engine.shops import CATALOGUE, NOW, Change, change, changed, deletion, listed, snapshot

SEEDS = st.sampled_from([*CATALOGUE, "plate", "unheard of"])
RULES: tuple[dict[str, object], ...] = (
    {},
    {"exclude": {"item_ids": ["heart-red"]}},
    {"only": {"category": "Home"}},
    {"max_per": {"brand": 1}},
)


def at_length(shop: Snapshot, query: Query) -> Recommendations:
    """The list as all lists are filled."""
    filling = Filling(Question.ruled(Situation(shop, NOBODY, NOW), query))
    filling.own()
    filling.top_up()
    return filling.answer()


def begun(length: int, sold_out: str, rule: int, *, newer: bool) -> Snapshot:
    """A shop whose lists were begun before an item was sold out."""
    rules = [{"id": "rule", **RULES[rule]}] if RULES[rule] else []
    shop = replace(snapshot(), models=listed(), configuration=Configuration.parse({"rules": rules}))
    if length:
        prepare(shop, lambda: True, length)
    fresh = [change("plate", 99, title="Owl Plate", product_type="Kitchen", price="4.00")] if newer else []
    return after(shop, changed(sold_out, availability="out_of_stock"), *fresh)


def after(shop: Snapshot, *changes: Change) -> Snapshot:
    """The shop after changes of its catalogue."""
    return shop.with_table(shop.table.apply(changes))


@given(
    SEEDS,
    st.integers(1, 8),
    st.sampled_from([0, 2, 4, 24]),
    st.sampled_from([*CATALOGUE]),
    st.integers(0, 3),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_the_short_way_comes_to_the_same_list(
    seed: str, limit: int, length: int, sold_out: str, rule: int, newer: bool
) -> None:
    shop, query = begun(length, sold_out, rule, newer=newer), Query(Strategy.SIMILAR, (seed,), limit=limit)
    found = plain(shop, NOBODY, query, NOW)
    assert found is None or found == at_length(shop, query)


@pytest.mark.parametrize("length", [0, 2, 24])
def test_the_short_way_is_taken_where_one_source_fills_the_list(length: int) -> None:
    shop, query = begun(length, "apron", 1, newer=True), Query(Strategy.SIMILAR, ("heart-white",), limit=2)
    assert (shop.kin.beginnings is NO_BEGINNINGS) == (length == 0)
    assert plain(shop, NOBODY, query, NOW) is not None


@pytest.mark.parametrize("more", [{"explain": True}, {"diversity": 0.5}, {"exclude": ("star",)}, {"category": "Home"}])
def test_lists_that_ask_for_more_take_the_long_way(more: dict[str, object]) -> None:
    query = Query(Strategy.SIMILAR, ("heart-white",), limit=2, **more)  # type: ignore[arg-type]
    assert plain(snapshot(), NOBODY, query, NOW) is None


def test_beginnings_outlast_prices_and_new_items_but_not_what_is_no_longer_described() -> None:
    shop = replace(snapshot(), models=listed())
    prepare(shop, lambda: True)
    assert after(shop, changed("star", price="8.00")).kin is shop.kin
    assert after(shop, change("plate", 100, title="Owl Plate")).kin is shop.kin
    assert after(shop, deletion("star", 100)).kin.beginnings is NO_BEGINNINGS


def test_nothing_is_begun_for_a_shop_that_nobody_wants_any_more() -> None:
    shop = replace(snapshot(), models=listed())
    prepare(shop, lambda: False)
    assert shop.kin.beginnings is NO_BEGINNINGS


@pytest.mark.parametrize("length", [2, 24])
@pytest.mark.parametrize("seed", [*CATALOGUE])
def test_pages_are_the_same_with_lists_that_were_begun_before(seed: str, length: int) -> None:
    shop = begun(0, "apron", 0, newer=False)
    visitor, page = Visitor("visitor-1", session=(Interaction("tin"), Interaction(seed))), Page(PageType.PRODUCT, seed)
    before = engine.page(shop, visitor, page, None, NOW)
    prepare(shop, lambda: True, length)
    assert engine.page(shop, visitor, page, None, NOW) == before
