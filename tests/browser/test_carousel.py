"""What shoppers see of the snippet."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Tab
from tests.browser.shop import Shop, item

pytestmark = pytest.mark.browser

SIMILAR = '<div data-vitrine="product-similar" data-item-id="SKU1"></div>'


def test_a_carousel_with_titles_and_prices_appears_in_one_call_under_a_strict_policy(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    tab.open(shop.url, ready="product-similar")
    region = tab.page.get_by_role("region", name="You may also like")
    assert region.get_by_role("link").count() == 12
    assert region.get_by_role("link").first.inner_text().split() == ["White", "Lantern", "0", "£2.95"]
    assert len(shop.pages) == 1
    about = {"type": "product", "item_id": "SKU1", "url": shop.url + "/", "referrer": ""}
    assert shop.pages[0]["page"] == about
    assert shop.pages[0]["content_type"].startswith("text/plain")
    assert tab.problems == []


def test_nothing_moves_when_carousels_arrive_late(shop: Shop, tab: Tab) -> None:
    shop.body, shop.delay = SIMILAR, 0.4
    tab.open(shop.url, ready="product-similar")
    assert tab.shift() == 0


def test_the_reserved_space_is_exactly_what_the_carousel_takes(shop: Shop, tab: Tab) -> None:
    shop.body, shop.delay = SIMILAR.replace("<div", '<div id="host"'), 0.4
    tab.page.goto(shop.url)
    tab.page.wait_for_function("document.getElementById('host').shadowRoot")
    heights = "[...document.querySelectorAll('[data-vitrine]')].map((host) => host.shadowRoot.firstChild.offsetHeight)"
    before = tab.page.evaluate(heights)
    tab.page.locator("[data-vitrine] li a").nth(3).wait_for()
    assert tab.page.evaluate(heights) == before


def test_an_empty_placement_below_the_fold_gives_its_space_back_unseen(shop: Shop, tab: Tab) -> None:
    shop.body = "<br>" * 70 + '<div data-vitrine="product-empty"></div>'
    tab.open(shop.url)
    tab.page.wait_for_function("document.querySelector('[data-vitrine]').hidden")
    assert tab.shift() == 0


@pytest.mark.parametrize("status", [200, 500])
def test_an_empty_placement_in_view_stays_blank_instead_of_moving_the_page(shop: Shop, tab: Tab, status: int) -> None:
    shop.body, shop.status = '<div data-vitrine="product-empty"></div>', status
    tab.open(shop.url)
    tab.wait(lambda: shop.pages)
    tab.page.wait_for_timeout(200)
    assert not tab.page.get_by_role("region").count()
    assert tab.shift() == 0


def test_buttons_and_keys_scroll_and_hide_when_everything_fits(shop: Shop, new_tab: Callable[..., Tab]) -> None:
    shop.body = SIMILAR
    tab = new_tab(reduced_motion="reduce").open(shop.url, ready="product-similar")
    tab.page.get_by_role("button", name="Next").press("Enter")
    tab.page.wait_for_function(f"{_left()} > 500")
    tab.page.get_by_role("button", name="Previous").click()
    tab.page.wait_for_function(f"{_left()} === 0")
    shop.items = shop.items[:3]
    tab.open(shop.url, ready="product-similar")
    assert tab.page.get_by_role("button").count() == 0


def test_links_are_reached_with_the_tab_key(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    tab.open(shop.url, ready="product-similar")
    for _ in range(3):
        tab.page.keyboard.press("Tab")
    focused = "document.querySelector('[data-vitrine]').shadowRoot.activeElement.textContent"
    assert tab.page.evaluate(focused) == "White Lantern 0£2.95"


def test_a_page_from_right_to_left_scrolls_and_speaks_its_own_way(shop: Shop, new_tab: Callable[..., Tab]) -> None:
    shop.body, shop.language, shop.direction = SIMILAR, "ar", "rtl"
    tab = new_tab(reduced_motion="reduce").open(shop.url, ready="product-similar")
    first, second = (tab.page.locator("[data-vitrine] li").nth(place).bounding_box() for place in (0, 1))
    assert first is not None
    assert second is not None
    assert first["x"] > second["x"]
    tab.page.get_by_role("button", name="التالي").click()
    tab.page.wait_for_function(f"{_left()} < -500")
    assert shop.pages[0]["language"] == "ar"


def test_prices_follow_the_pages_language_and_a_sale_strikes_the_old_one(shop: Shop, tab: Tab) -> None:
    shop.items = [item(1, price="1234.5", sale_price=999, currency="EUR"), item(2, price=None), item(3, sale_price=5)]
    shop.body, shop.language = SIMILAR, "de"
    tab.open(shop.url, ready="product-similar")
    cards = [text.replace("\xa0", " ") for text in tab.page.locator("[data-vitrine] li").all_text_contents()]
    assert cards == ["White Lantern 1999,00 €1.234,50 €", "White Lantern 2", "White Lantern 32,95 £"]
    assert tab.page.locator("[data-vitrine] s").all_text_contents() == ["1.234,50\xa0€"]


def test_catalogue_text_is_never_markup_and_strange_links_lead_nowhere(shop: Shop, tab: Tab) -> None:
    evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    shop.items = [
        item(1, title=evil, link="javascript:window.hacked=1", reason=evil),
        item(2, link="data:text/html,<script>parent.hacked=1</script>", image_link="javascript:window.hacked=1"),
        item(3, link=" java\nscript:window.hacked=1"),
        item(4, link="https://shop.example/ok"),
    ]
    shop.body = SIMILAR
    tab.open(shop.url)
    links = tab.page.locator("[data-vitrine] li a")
    links.nth(3).wait_for()
    assert links.first.inner_text().startswith(evil)
    assert [links.nth(place).get_attribute("href") for place in range(4)] == [
        None,
        None,
        None,
        "https://shop.example/ok",
    ]
    links.first.click()
    assert tab.page.evaluate("window.hacked") is None


def test_a_picture_that_fails_keeps_its_box(shop: Shop, tab: Tab) -> None:
    shop.items = [item(1, image_link="/nothing"), item(2)]
    shop.body = SIMILAR
    tab.open(shop.url, ready="product-similar")
    tab.page.wait_for_timeout(200)
    boxes = [tab.page.locator("[data-vitrine] img").nth(place).bounding_box() for place in (0, 1)]
    assert [(box["width"], box["height"]) for box in boxes if box] == [(176, 176), (176, 176)]
    assert tab.shift() == 0


def test_the_shops_styles_stay_outside_and_its_variables_come_in(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    shop.head = (
        "const sheet = new CSSStyleSheet(); sheet.replaceSync('a, p { color: red !important; display: none }"
        " [data-vitrine] { --vitrine-card: 100px }'); document.adoptedStyleSheets = [sheet]"
    )
    tab.open(shop.url, ready="product-similar")
    box = tab.page.locator("[data-vitrine] li").first.bounding_box()
    assert box is not None
    assert box["width"] == 100


def test_a_blocked_host_leaves_the_page_as_it_was(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    tab.page.route("**/v1/*", lambda route: route.abort())
    tab.open(shop.url)
    tab.page.wait_for_timeout(1500)
    assert tab.page.locator("#below").is_visible()
    assert tab.shift() == 0
    assert [problem for problem in tab.problems if not problem.startswith("Failed to load resource")] == []


def test_the_page_hears_of_each_showcase(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    shop.head = "addEventListener('vitrine:showcase', (event) => { window.heard = event.detail })"
    tab.open(shop.url, ready="product-similar")
    heard = tab.page.evaluate("window.heard")
    assert (heard["strategy"], heard["model_version"], heard["items"][0]["reason"]) == (
        "similar",
        "m1",
        "Similar to Red Lantern",
    )


def _left() -> str:
    return "document.querySelector('[data-vitrine]').shadowRoot.querySelector('ul').scrollLeft"
