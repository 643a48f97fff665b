"""The demo shop, served by the real API."""

import re
from collections.abc import Callable

import pytest

from tests.browser.conftest import Tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEART = "White Hanging Heart T-Light Holder"
PAGES = {
    "/demo/": "home-best-sellers",
    "/demo/product/85123A": "product-similar",
    "/demo/category/kitchen-baking": "category-best-sellers",
    "/demo/search?q=lantern": "search-trending",
    "/demo/cart": "cart-for-you",
}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
def test_every_page_has_carousels_of_real_items_and_nothing_moves(
    demo: str, new_tab: Callable[..., Tab], path: str, size: tuple[int, int]
) -> None:
    tab = new_tab(viewport={"width": size[0], "height": size[1]})
    elsewhere: list[str] = []
    tab.page.on("request", lambda request: None if request.url.startswith(demo) else elsewhere.append(request.url))
    tab.open(demo + path, ready=PAGES[path])
    titles = tab.page.locator(f"[data-vitrine={PAGES[path]}] li p").all_text_contents()
    assert len(titles) > 5
    assert all(re.search("[A-Z][a-z]", title) for title in titles)
    assert round(tab.shift(), 4) == 0, "parts of a pixel are rounding"
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (tab.problems, elsewhere) == ([], [])


def test_the_heart_leads_to_other_hearts(demo: str, tab: Tab) -> None:
    tab.open(demo + "/demo/product/85123A", ready="product-similar")
    titles = tab.page.locator("[data-vitrine=product-similar] li p").all_text_contents()
    assert sum("Heart" in title or "Hanging" in title for title in titles) >= 5
    assert HEART not in titles


def test_a_page_that_does_not_exist_says_so_and_still_helps(demo: str, tab: Tab) -> None:
    answer = tab.page.goto(demo + "/demo/nowhere")
    assert answer is not None
    assert answer.status == 404
    tab.page.locator("[data-vitrine=not-found-best-sellers] li a").first.wait_for()


def test_arabic_turns_the_page_and_stays_chosen(demo: str, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab(viewport={"width": 390, "height": 844})
    tab.open(demo + "/demo/?lang=ar", ready="home-best-sellers")
    tab.page.locator("[data-vitrine=home-best-sellers] li a").first.click()
    tab.page.locator("[data-vitrine=product-similar] li a").first.wait_for()
    assert tab.page.evaluate("document.documentElement.dir") == "rtl"
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.page.get_by_role("region", name="منتجات مشابهة").count() == 1
    assert tab.problems == []


def test_an_item_goes_through_the_cart_to_the_order(demo: str, tab: Tab) -> None:
    tab.open(demo + "/demo/product/85123A", ready="product-similar")
    tab.page.get_by_label("Quantity").fill("3")
    tab.page.get_by_role("button", name="Add to cart").click()
    tab.page.locator("[data-vitrine=cart-bought-together] li a").first.wait_for()
    assert HEART in tab.page.locator(".lines").inner_text()
    assert tab.page.locator(".cart b").inner_text() == "3"
    tab.page.get_by_role("spinbutton", name="Quantity").fill("2")
    tab.page.get_by_role("button", name="Update").click()
    tab.page.locator(".cart b", has_text="2").wait_for()
    tab.page.get_by_role("button", name="Place the order").click()
    tab.page.get_by_role("heading", name="Thank you!").wait_for()
    assert tab.page.locator(".cart b").count() == 0
    assert tab.problems == []


def test_search_finds_by_words(demo: str, tab: Tab) -> None:
    tab.open(demo + "/demo/")
    tab.page.get_by_role("searchbox").fill("hanging heart")
    tab.page.keyboard.press("Enter")
    tab.page.locator(".grid a").first.wait_for()
    assert HEART in tab.page.locator(".grid .name").all_inner_texts()


def test_the_panel_says_why(demo: str, tab: Tab) -> None:
    tab.open(demo + "/demo/product/85123A", ready="product-similar")
    tab.page.get_by_role("button", name="Why these?").click()
    panel = tab.page.get_by_role("dialog")
    assert "product-similar" in panel.inner_text()
    assert HEART in panel.locator("small").all_inner_texts()[0]
    assert re.search(r"20\d{6}-[0-9a-f]{8}", panel.inner_text())


def test_who_accepts_is_remembered_and_sees_what_was_viewed(demo: str, tab: Tab) -> None:
    tab.open(demo + "/demo/product/22423", ready="product-similar")
    tab.page.get_by_role("button", name="Yes, remember").click()
    tab.open(demo + "/demo/product/22423", ready="product-similar")
    tab.open(demo + "/demo/product/85123A", ready="product-recently-viewed")
    region = tab.page.get_by_role("region", name="Recently viewed")
    assert "Regency Cakestand 3 Tier" in region.inner_text()


def test_who_declines_leaves_nothing_but_the_answer_itself(demo: str, tab: Tab) -> None:
    tab.open(demo + "/demo/product/22423", ready="product-similar")
    tab.page.get_by_role("button", name="No, thanks").click()
    tab.open(demo + "/demo/product/85123A", ready="product-similar")
    assert tab.page.evaluate("Object.keys(localStorage)") == ["demo-consent"]
