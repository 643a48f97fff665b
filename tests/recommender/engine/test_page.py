"""Pages: whole sets of showcases with honest titles."""

from typing import Any

import pytest

from recommender.configuration import Configuration
from recommender.engine.answer import Showcase
from recommender.engine.engine import page
from recommender.engine.page import Page, PageType
from recommender.engine.request import NOBODY, CartItem, Interaction, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.strategy import Strategy
from tests.recommender.engine.shops import NOW, snapshot

PRODUCT = Page(PageType.PRODUCT, "heart-white")


def configured(*placements: dict[str, Any]) -> Snapshot:
    named = [{"id": f"slot-{place}", "page_types": ["product"], **slot} for place, slot in enumerate(placements)]
    return snapshot(configuration=Configuration.parse({"placements": named}))


def titles(showcases: list[Showcase]) -> list[str]:
    return [showcase.title for showcase in showcases]


def ids(showcase: Showcase) -> list[str]:
    return [item.item_id for item in showcase.recommendations.items]


def test_a_product_page_has_three_showcases() -> None:
    assert len(page(snapshot(), NOBODY, PRODUCT, None, NOW)) == 3


def test_each_showcase_holds_what_its_title_says() -> None:
    shop = configured({"strategy": "similar", "limit": 2}, {"strategy": "recently_viewed"})
    visitor = Visitor("stranger", session=(Interaction("tin"), Interaction("heart-white")))
    similar, viewed = page(shop, visitor, PRODUCT, None, NOW)
    assert (similar.title, set(ids(similar))) == ("Similar items", {"heart-red", "heart-zinc"})
    assert (viewed.title, ids(viewed)) == ("Recently viewed", ["tin"])


def test_a_list_that_became_another_is_called_what_it_is() -> None:
    showcase = page(snapshot(), NOBODY, PRODUCT, ["product-recently-viewed"], NOW)[0]
    assert (showcase.strategy, showcase.title) == (Strategy.SIMILAR, "Similar items")


def test_two_lists_of_one_kind_on_a_page_have_different_titles() -> None:
    shop = configured({"strategy": "trending", "limit": 2}, {"strategy": "trending", "limit": 2})
    assert len(set(titles(page(shop, NOBODY, PRODUCT, None, NOW)))) == 2


def test_another_list_stands_in_rather_than_one_that_the_page_has_anyway() -> None:
    shop = configured({"strategy": "recently_viewed", "limit": 2}, {"strategy": "similar", "limit": 2})
    strategies = [showcase.strategy for showcase in page(shop, NOBODY, PRODUCT, None, NOW)]
    assert strategies == [Strategy.TRENDING, Strategy.SIMILAR]


def test_what_merely_fills_does_not_take_what_belongs_to_a_later_slot() -> None:
    shop = configured({"strategy": "similar", "limit": 13}, {"strategy": "on_sale", "limit": 4})
    visitor = Visitor("stranger", session=(Interaction("heart-white"),))
    similar, on_sale = page(shop, visitor, Page(PageType.PRODUCT, "candle"), None, NOW)
    assert set(ids(similar)) & {"star", "tin"} or set(ids(on_sale)) == {"star", "tin"}
    assert not set(ids(similar)) & set(ids(on_sale))


@pytest.mark.parametrize(
    ("title", "language", "shown"),
    [
        ("Just right", "ru", "Just right"),
        ({"en": "Look", "pt-BR": "Veja"}, "pt-BR", "Veja"),
        ({"en": "Look", "pt": "Vê"}, "pt-BR", "Vê"),
        ({"en": "Look"}, "ru", "Look"),
        ({"de": "Schau"}, "ru", "Похожие товары"),
        (None, "ar", "منتجات مشابهة"),
        (None, "zz", "Similar items"),
    ],
)
def test_a_title_is_the_shops_own_or_the_strategys_in_the_visitors_language(
    title: Any, language: str, shown: str
) -> None:
    shop = configured({"strategy": "similar", "title": title})
    assert titles(page(shop, NOBODY, PRODUCT, None, NOW, language)) == [shown]


def test_the_shops_own_title_is_dropped_when_the_list_became_another() -> None:
    shop = configured({"strategy": "recently_viewed", "title": "Your walk through our shop"})
    assert titles(page(shop, NOBODY, PRODUCT, None, NOW)) == ["Similar items"]


def test_items_that_never_sold_are_not_called_best_sellers() -> None:
    bare = Snapshot.bare(snapshot().table)
    assert titles(page(bare, NOBODY, Page(PageType.HOME), ["home-best-sellers"], NOW)) == ["Discover more"]


def test_a_category_page_keeps_to_its_category() -> None:
    showcase = page(snapshot(), NOBODY, Page(PageType.CATEGORY, category="Lighting"), ["category-best-sellers"], NOW)[0]
    assert set(ids(showcase)) == {"candle", "lantern", "matches"}


def test_an_unknown_category_still_fills_its_page() -> None:
    showcase = page(snapshot(), NOBODY, Page(PageType.CATEGORY, category="Garden"), ["category-best-sellers"], NOW)[0]
    assert len(ids(showcase)) == 12


def test_a_cart_page_completes_the_cart() -> None:
    visitor = Visitor("stranger", cart=(CartItem("candle"),))
    showcase = page(snapshot(), visitor, Page(PageType.CART), None, NOW)[0]
    assert (showcase.strategy, set(ids(showcase)[:2])) == (Strategy.BOUGHT_TOGETHER, {"lantern", "matches"})


def test_slots_are_filled_in_the_order_asked_for_and_unknown_ones_left_out() -> None:
    asked = ["product-bought-together", "nowhere", "home-trending", "product-bought-together"]
    showcases = page(snapshot(), NOBODY, PRODUCT, asked, NOW)
    assert [showcase.placement for showcase in showcases] == ["product-bought-together", "home-trending"]


def test_a_shop_with_nothing_has_empty_showcases() -> None:
    bare = Snapshot.bare(snapshot().table.__class__.build(Snapshot.bare(snapshot().table).models.items))
    assert [ids(showcase) for showcase in page(bare, NOBODY, PRODUCT, None, NOW)] == [[], [], []]


def test_items_are_explained_when_asked() -> None:
    explained = page(snapshot(), NOBODY, PRODUCT, None, NOW, explain=True)[0]
    assert explained.recommendations.items[0].explanation is not None
