"""The demo shop's popups and banner, from the page's request to the records, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Tab
from tests.browser.test_triggers import hide, leave

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PRODUCT, CART = "/demo/product/85123A", "/demo/cart"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
EXCLUSIVE = "Regency Cakestand 3 Tier"
"""What a rule puts first for who bought twice; the tenth best seller for everybody else."""
DWELL = 2600
"""Milliseconds after which leaving is meant."""


def popup(page: Page) -> Locator:
    """The open popup."""
    return page.locator("dialog[open].sheet, dialog[open]:not(#reasons)")


def visit(tab: Tab, address: str, ready: str) -> Tab:
    """Open a page of the shop, allow it to remember, and stay for a while."""
    tab.open(address, ready=ready)
    if (accept := tab.page.get_by_role("button", name="Yes, remember")).is_visible():
        accept.click()
        tab.open(address, ready=ready)
    tab.page.wait_for_timeout(DWELL)
    return tab


def fill_cart(tab: Tab, demo: str, pieces: int = 12) -> None:
    """Put something into the cart, whose page then shows."""
    visit(tab, demo + PRODUCT, "product-similar")
    tab.page.get_by_label("Quantity").fill(str(pieces))
    tab.page.get_by_role("button", name="Add to cart").click()
    tab.page.locator("[data-vitrine=cart-bought-together] li a").first.wait_for()
    tab.page.wait_for_timeout(DWELL)


def test_dont_go_opens_on_the_home_page_when_the_pointer_leaves_and_only_then(demo: str, tab: Tab) -> None:
    visit(tab, demo + "/demo/", "home-best-sellers")
    assert popup(tab.page).count() == 0
    leave(tab)
    popup(tab.page).wait_for()
    assert popup(tab.page).get_by_role("heading").first.inner_text() == "Before you go"
    assert popup(tab.page).get_by_role("listitem").count() == 4
    assert (tab.shift(), tab.problems) == (0, [])


def test_flash_promotion_opens_on_a_product_and_its_code_lowers_the_total(demo: str, tab: Tab) -> None:
    visit(tab, demo + PRODUCT, "product-similar")
    leave(tab)
    popup(tab.page).wait_for()
    assert "10% off" in popup(tab.page).get_by_role("heading").first.inner_text()
    code = popup(tab.page).locator("code").inner_text()
    tab.page.keyboard.press("Escape")
    popup(tab.page).wait_for(state="detached")
    tab.page.get_by_label("Quantity").fill("10")
    tab.page.get_by_role("button", name="Add to cart").click()
    tab.page.get_by_label("Discount code").fill(code.lower())
    tab.page.get_by_role("button", name="Apply").click()
    tab.page.locator(".off").wait_for()
    assert tab.page.locator(".off b").inner_text() == "\u2212£2.95"
    tab.page.get_by_role("button", name="Place the order").click()
    assert "£26.55" in tab.page.locator("main").inner_text()
    assert tab.problems == []


def test_last_chance_opens_in_the_cart_and_tells_the_next_tier(demo: str, tab: Tab) -> None:
    fill_cart(tab, demo)
    assert popup(tab.page).count() == 0
    leave(tab)
    popup(tab.page).wait_for()
    assert "£14.61 more for 10% off" in popup(tab.page).inner_text()
    popup(tab.page).get_by_role("link", name="Back to my cart").click()
    tab.page.locator(".off").wait_for()
    assert tab.page.locator(".off b").inner_text() == "\u2212£1.77"
    assert tab.problems == []


def test_what_was_dismissed_stays_dismissed_after_a_reload_and_in_another_tab(demo: str, tab: Tab) -> None:
    visit(tab, demo + "/demo/", "home-best-sellers")
    leave(tab)
    popup(tab.page).wait_for()
    popup(tab.page).get_by_role("button", name="No, thanks").click()
    popup(tab.page).wait_for(state="detached")
    visit(tab, demo + "/demo/", "home-best-sellers")
    leave(tab)
    tab.page.wait_for_timeout(1000)
    assert popup(tab.page).count() == 0
    other = Tab(tab.page.context.new_page())
    visit(other, demo + "/demo/", "home-best-sellers")
    leave(other)
    other.page.wait_for_timeout(1000)
    assert popup(other.page).count() == 0


def test_two_tabs_that_wait_at_once_open_one_popup(demo: str, tab: Tab) -> None:
    visit(tab, demo + "/demo/", "home-best-sellers")
    other = Tab(tab.page.context.new_page())
    visit(other, demo + "/demo/", "home-best-sellers")
    for one in (tab, other):
        one.page.bring_to_front()
        leave(one)
        one.page.wait_for_timeout(1000)
    assert (popup(tab.page).count(), popup(other.page).count()) == (1, 0)


def test_on_a_phone_it_opens_for_who_comes_back_to_the_tab(demo: str, new_tab: Callable[..., Tab]) -> None:
    tab = visit(new_tab(**PHONE), demo + PRODUCT, "product-similar")
    hide(tab, 1)
    tab.page.wait_for_timeout(600)
    assert popup(tab.page).count() == 0
    hide(tab, 4)
    popup(tab.page).wait_for()
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_consent_an_offer_never_opens(demo: str, tab: Tab) -> None:
    tab.open(demo + PRODUCT, ready="product-similar")
    tab.page.get_by_role("button", name="No, thanks").click()
    tab.open(demo + PRODUCT, ready="product-similar")
    tab.page.wait_for_timeout(DWELL)
    leave(tab)
    tab.page.wait_for_timeout(1000)
    assert popup(tab.page).count() == 0


def test_the_banner_stands_in_the_page_and_its_code_is_one_click_away(demo: str, tab: Tab) -> None:
    visit(tab, demo + "/demo/", "home-best-sellers")
    banner = tab.page.locator("[data-vitrine=home-banner]")
    assert banner.get_by_role("heading").inner_text() == "Free delivery"
    assert banner.get_by_role("link").get_attribute("href") == "/demo/cart?code=LARKDELIVERY"
    assert tab.shift() == 0


def test_the_panel_tells_why_a_popup_does_not_open_and_shows_it_all_the_same(demo: str, tab: Tab) -> None:
    visit(tab, demo + PRODUCT, "product-similar")
    leave(tab)
    popup(tab.page).wait_for()
    tab.page.keyboard.press("Escape")
    tab.page.get_by_role("button", name="Why these?").click()
    panel = tab.page.locator("#reasons")
    panel.get_by_text("the visitor closed it").wait_for()
    panel.get_by_role("button", name="Show this popup").click()
    popup(tab.page).wait_for()
    assert popup(tab.page).locator("code").inner_text() == "PREVIEW"


def order(tab: Tab, demo: str) -> None:
    """Buy something, as the shop's server then vouches for."""
    tab.open(demo + PRODUCT, ready="product-similar")
    tab.page.get_by_role("button", name="Add to cart").click()
    tab.page.get_by_role("button", name="Place the order").click()
    tab.page.get_by_role("heading", name="Thank you!").wait_for()


def test_who_bought_twice_sees_the_exclusive_offer_and_another_showcase_and_a_new_visitor_does_not(
    demo: str, new_tab: Callable[..., Tab]
) -> None:
    regular, stranger = new_tab(), new_tab()
    for tab in (regular, stranger):
        tab.open(demo + "/demo/", ready="home-best-sellers")
        tab.page.get_by_role("button", name="Yes, remember").click()
    for _ in range(2):
        order(regular, demo)
    banners, firsts = [], []
    for tab in (regular, stranger):
        tab.open(demo + "/demo/", ready="home-best-sellers")
        banners.append(tab.page.locator("[data-vitrine=home-banner]").get_by_role("heading").inner_text())
        firsts.append(tab.page.locator("[data-vitrine=home-best-sellers] li p").first.inner_text())
        assert tab.problems == []
    assert banners == ["Thank you for coming back", "Free delivery"]
    assert firsts[0] == EXCLUSIVE
    assert firsts[1] != EXCLUSIVE
    code = regular.page.locator("[data-vitrine=home-banner]").get_by_role("link").get_attribute("href")
    regular.open(demo + PRODUCT, ready="product-similar")
    regular.page.get_by_role("button", name="Add to cart").click()
    regular.open(f"{demo}{code}")
    assert regular.page.locator(".off b").inner_text() == "\u2212£0.29"
