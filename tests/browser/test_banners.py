"""Campaigns that stand in the page instead of before it."""

from typing import Any

import pytest

from tests.browser.conftest import Tab
from tests.browser.shop import Shop, armed, item, shown

pytestmark = pytest.mark.browser

VIEW = {"on": "view"}
BANNER = "<div data-vitrine=home-banner></div>"


def styled(rules: str) -> str:
    """A script that styles the page as the shop's own style sheet would."""
    return f"const sheet = new CSSStyleSheet(); sheet.replaceSync('{rules}'); document.adoptedStyleSheets = [sheet]"


def open_banner(shop: Shop, tab: Tab, body: str = BANNER, **content: Any) -> Tab:
    """A page with a banner that may show."""
    shop.body = body
    shop.popups = [armed("summer", VIEW, slot="home-banner")]
    shop.answers = {"summer": shown("summer", template="flash", **content)}
    tab.open(shop.url)
    tab.wait(lambda: shop.shows)
    tab.page.wait_for_timeout(200)
    return tab


def test_a_banner_stands_in_its_slot_as_a_region(shop: Shop, tab: Tab) -> None:
    open_banner(shop, tab)
    region = tab.page.locator("[data-vitrine=home-banner]").get_by_role("region", name="Before you go")
    assert region.get_by_role("link", name="Keep looking").is_visible()
    assert tab.page.get_by_role("dialog").count() == 0
    assert (shop.shows[0]["trigger"], tab.problems) == ("view", [])


def test_nothing_moves_when_it_comes(shop: Shop, tab: Tab) -> None:
    shop.delay = 0.3
    open_banner(shop, tab, "<p>Before</p>" + BANNER, products=[item(number) for number in range(8)])
    assert tab.page.get_by_role("region", name="Before you go").is_visible()
    assert tab.shift() == 0


def test_what_needs_more_than_the_shop_reserved_is_left_out_or_scrolls(shop: Shop, tab: Tab) -> None:
    shop.head = styled("[data-vitrine] { height: 9em; min-height: 0 }")
    open_banner(shop, tab, text="Long text. " * 99, products=[item(1)])
    host = tab.page.locator("[data-vitrine]")
    box = host.bounding_box()
    assert box is not None
    assert box["height"] == 144
    assert host.locator("li").count() == 0
    assert host.locator(".sheet").evaluate("(sheet) => sheet.scrollHeight > sheet.clientHeight")
    assert tab.shift() == 0


def test_with_room_its_products_are_shown(shop: Shop, tab: Tab) -> None:
    shop.head = styled("[data-vitrine] { min-height: 30em }")
    open_banner(shop, tab, products=[item(1), item(2)])
    assert tab.page.locator("[data-vitrine] li a").count() == 2
    assert tab.shift() == 0


@pytest.mark.parametrize("lines", [0, 70], ids=["in view", "below"])
def test_a_refused_banner_gives_its_space_back_only_unseen(shop: Shop, tab: Tab, lines: int) -> None:
    shop.body, shop.popups = "<br>" * lines + BANNER, [armed("summer", VIEW, slot="home-banner")]
    tab.open(shop.url)
    tab.wait(lambda: shop.shows)
    tab.page.wait_for_timeout(200)
    assert tab.page.evaluate("document.querySelector('[data-vitrine]').hidden") is bool(lines)
    assert tab.page.get_by_role("region").count() == 0
    assert tab.shift() == 0


def test_closing_it_says_so_and_gives_the_space_back(shop: Shop, tab: Tab) -> None:
    open_banner(shop, tab).page.get_by_role("button", name="Close").click()
    tab.wait(lambda: shop.dismissals)
    assert shop.dismissals[0]["campaign"] == "summer"
    assert not tab.page.locator("[data-vitrine]").is_visible()


def test_seen_and_chosen_are_told(shop: Shop, tab: Tab) -> None:
    open_banner(shop, tab)
    tab.wait(lambda: shop.named("view_promotion"))
    tab.page.get_by_role("link", name="Keep looking").click()
    tab.wait(lambda: shop.named("select_promotion"))
    assert {event["promotion_id"] for event in shop.events if "promotion" in event["event"]} == {"summer"}
    assert shop.dismissals == []


def test_a_banner_below_the_fold_is_not_seen_until_it_is(shop: Shop, tab: Tab) -> None:
    open_banner(shop, tab, "<br>" * 70 + BANNER)
    tab.page.wait_for_timeout(1400)
    assert shop.named("view_promotion") == []
    tab.page.locator("[data-vitrine] h2").scroll_into_view_if_needed()
    tab.wait(lambda: shop.named("view_promotion"))


def test_a_banner_takes_no_dialogs_turn(shop: Shop, tab: Tab) -> None:
    shop.body = BANNER
    shop.popups = [armed("summer", VIEW, slot="home-banner"), armed("quiz", {"on": "api", "name": "done"})]
    shop.answers = {"summer": shown("summer"), "quiz": shown("quiz", headline="Well done")}
    tab.open(shop.url)
    tab.page.get_by_role("region", name="Before you go").wait_for()
    tab.page.evaluate("vitrine.push(['trigger', { name: 'done' }])")
    tab.page.get_by_role("dialog", name="Well done").wait_for()


def test_a_campaign_whose_slot_is_not_on_the_page_asks_nothing(shop: Shop, tab: Tab) -> None:
    shop.popups = [armed("summer", VIEW, slot="home-banner")]
    tab.open(shop.url)
    tab.wait(lambda: shop.loaded)
    tab.page.wait_for_timeout(300)
    assert shop.shows == []
