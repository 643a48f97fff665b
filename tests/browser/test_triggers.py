"""When a popup opens, and when it does not."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Tab
from tests.browser.shop import Shop, armed, shown

pytestmark = pytest.mark.browser

GRANT = 'window.vitrine = [["consent", { analytics: "granted", personalization: "granted", storage: "granted" }]]'
EXIT = {"on": "exit_intent", "after_seconds": 0, "idle_seconds": 30}
LONG = "<p>Lantern</p>" * 200
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def ready(shop: Shop, tab: Tab, *popups: dict[str, Any], path: str = "/") -> Tab:
    """A page whose campaigns wait for their triggers; each may show."""
    shop.popups = list(popups)
    shop.answers = shop.answers or {popup["campaign_id"]: shown(popup["campaign_id"]) for popup in popups}
    tab.open(shop.url + path)
    tab.wait(lambda: shop.loaded)
    tab.page.wait_for_timeout(150)
    return tab


def leave(tab: Tab, x: float = 400, y: float = -5) -> None:
    """The pointer goes up and out of the page."""
    for height in (300, 100, 15, y):
        tab.page.mouse.move(x, height)


def opened(tab: Tab) -> bool:
    """Whether a dialog opens within the time that a trigger needs."""
    tab.page.wait_for_timeout(600)
    return tab.page.get_by_role("dialog").count() == 1


def hide(tab: Tab, seconds: float) -> None:
    """The visitor looks at another tab for so long."""
    set_to = "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
    event = "document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))"
    tab.page.evaluate(set_to.format("true") + event)
    tab.page.wait_for_timeout(seconds * 1000)
    tab.page.evaluate(set_to.format("false") + event)


def scroll(tab: Tab, *places: int, pause: int = 30) -> None:
    """The page is scrolled over these places."""
    for place in places:
        tab.page.evaluate(f"scrollTo(0, {place})")
        tab.page.wait_for_timeout(pause)


def test_a_page_without_campaigns_never_loads_the_popup_module(shop: Shop, tab: Tab) -> None:
    tab.open(shop.url)
    tab.wait(lambda: shop.named("page_view"))
    assert (len(shop.pages), shop.pages[0]["placements"], shop.loaded) == (1, [], 0)


def test_the_request_says_where_the_visitor_is_and_how_many_pages_were_seen(shop: Shop, tab: Tab) -> None:
    shop.head = GRANT
    tab.open(shop.url + "/sale?x=1")
    tab.wait(lambda: len(shop.pages) == 1)
    tab.page.evaluate("location.href = '/next'")
    tab.wait(lambda: len(shop.pages) == 2)
    first, second = (asked["page"] for asked in shop.pages)
    assert (first["url"], first["referrer"]) == (shop.url + "/sale?x=1", "")
    assert (second["url"], second["referrer"]) == (shop.url + "/next", shop.url + "/sale?x=1")
    assert [asked["page_views"] for asked in shop.pages] == [1, 2]


class TestPointer:
    """Exit intent where a mouse points."""

    def test_leaving_through_the_top_opens(self, shop: Shop, tab: Tab) -> None:
        leave(ready(shop, tab, armed("home", EXIT)))
        assert opened(tab)
        (asked,) = shop.shows
        assert (asked["trigger"], asked["arm_token"]) == ("exit_intent", "arm-home")
        assert asked["content_type"].startswith("text/plain")
        assert tab.problems == []

    def test_nothing_opens_before_the_dwell_is_over(self, shop: Shop, tab: Tab) -> None:
        leave(ready(shop, tab, armed("home", {**EXIT, "after_seconds": 2})))
        assert not opened(tab)
        tab.page.wait_for_timeout(1500)
        leave(tab)
        assert opened(tab)

    def test_a_pointer_that_comes_back_at_once_stays(self, shop: Shop, tab: Tab) -> None:
        leave(ready(shop, tab, armed("home", EXIT)))
        tab.page.mouse.move(400, 50)
        assert not opened(tab)

    def test_the_other_edges_are_no_exit(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("home", EXIT))
        for x, y in ((-5, 400), (1005, 400), (400, 805)):
            tab.page.mouse.move(400, 400)
            tab.page.mouse.move(x, y)
        assert not opened(tab)

    def test_the_scroll_bars_corner_is_no_exit(self, shop: Shop, tab: Tab) -> None:
        shop.body = LONG
        ready(shop, tab, armed("home", EXIT))
        tab.page.mouse.move(980, 10)
        tab.page.mouse.move(1004, 8)
        assert not opened(tab)

    def test_a_pressed_button_drags_and_does_not_leave(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("home", EXIT))
        tab.page.mouse.move(400, 300)
        tab.page.mouse.down()
        leave(tab)
        assert not opened(tab)

    @pytest.mark.parametrize(
        "field", ["<select><option>One</select>", "<input list=l><datalist id=l><option>One</datalist>"]
    )
    def test_the_list_of_a_field_is_no_exit(self, shop: Shop, tab: Tab, field: str) -> None:
        shop.body = f"{field}<p>Text</p>"
        ready(shop, tab, armed("home", EXIT))
        tab.page.locator("select, input").focus()
        # The list covers the page as another window does: the page hears only that the pointer is gone.
        gone = "new PointerEvent('pointerout', {{ bubbles: true, pointerType: 'mouse', clientX: 99, clientY: {} }})"
        for element, y in (("select, input", -1), ("select, input", 12), ("p", 12)):
            tab.page.evaluate(f"document.querySelector('{element}').dispatchEvent({gone.format(y)})")
        assert not opened(tab)
        leave(tab)
        assert opened(tab)

    def test_who_leaves_across_a_search_box_leaves(self, shop: Shop, tab: Tab) -> None:
        shop.head = (
            "const sheet = new CSSStyleSheet(); sheet.replaceSync('input { position: absolute; inset: 0 0 auto }');"
            "document.adoptedStyleSheets = [sheet]"
        )
        shop.body = "<input>"
        leave(ready(shop, tab, armed("home", EXIT)))
        assert opened(tab)

    def test_a_frame_takes_the_pointer_without_an_exit(self, shop: Shop, tab: Tab) -> None:
        shop.head = (
            "const sheet = new CSSStyleSheet(); sheet.replaceSync('iframe { position: absolute; top: 0; left: 0 }');"
            "document.adoptedStyleSheets = [sheet]"
        )
        shop.body = "<iframe></iframe>"
        ready(shop, tab, armed("home", EXIT))
        for x, y in ((700, 300), (700, 10), (150, 10)):
            tab.page.mouse.move(x, y)
        assert not opened(tab)

    def test_printing_is_no_exit(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("home", EXIT))
        tab.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        leave(tab)
        assert not opened(tab)
        tab.page.evaluate("dispatchEvent(new Event('afterprint'))")
        leave(tab)
        assert not opened(tab)
        tab.page.wait_for_timeout(600)
        leave(tab)
        assert opened(tab)

    def test_another_window_or_the_developer_tools_have_the_focus(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("home", EXIT))
        tab.page.evaluate("document.hasFocus = () => false")
        leave(tab)
        assert not opened(tab)

    def test_coming_back_to_the_tab_and_scrolling_up_mean_nothing(self, shop: Shop, tab: Tab) -> None:
        shop.body = LONG
        ready(shop, tab, armed("home", EXIT))
        hide(tab, 3.2)
        scroll(tab, 3000, 2700, 2400, 2100, 1800)
        assert not opened(tab)


class TestTouch:
    """Exit intent where fingers point."""

    @pytest.fixture
    def phone(self, shop: Shop, new_tab: Callable[..., Tab]) -> Tab:
        """A long page on a phone."""
        shop.body = LONG
        return new_tab(**PHONE)

    def test_coming_back_after_some_seconds_opens(self, shop: Shop, phone: Tab) -> None:
        ready(shop, phone, armed("home", EXIT))
        hide(phone, 0.5)
        assert not opened(phone)
        hide(phone, 3.1)
        assert opened(phone)

    def test_a_fast_scroll_upwards_opens(self, shop: Shop, phone: Tab) -> None:
        ready(shop, phone, armed("home", EXIT))
        scroll(phone, 1000, 2000, 3000)
        assert not opened(phone)
        scroll(phone, 2970, 2940, 2910, 2880, pause=60)
        assert not opened(phone)
        scroll(phone, 2700, 2500, 2300, 2100, 1900)
        assert opened(phone)

    def test_a_jump_to_the_top_is_not_a_fast_scroll(self, shop: Shop, phone: Tab) -> None:
        ready(shop, phone, armed("home", EXIT))
        scroll(phone, 3000, pause=400)
        scroll(phone, 0)
        assert not opened(phone)

    def test_what_a_tap_scrolls_is_not_a_fast_scroll(self, shop: Shop, phone: Tab) -> None:
        ready(shop, phone, armed("home", EXIT))
        scroll(phone, 3000, pause=400)
        phone.page.locator("p").nth(80).tap(force=True)
        scroll(phone, 2700, 2400, 2100, 1800)
        assert not opened(phone)

    def test_silence_opens(self, shop: Shop, phone: Tab) -> None:
        ready(shop, phone, armed("home", {**EXIT, "idle_seconds": 3}))
        phone.page.wait_for_timeout(1200)
        assert not opened(phone)
        phone.page.wait_for_timeout(2600)
        assert opened(phone)


class TestOthers:
    """Timer, depth, silence, an idle cart, and the shop's call."""

    def test_the_timer(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("flash", {"on": "timer", "seconds": 3}))
        tab.page.wait_for_timeout(1000)
        assert not opened(tab)
        tab.page.wait_for_timeout(2000)
        assert opened(tab)
        assert shop.shows[0]["trigger"] == "timer"

    def test_the_timer_waits_while_somebody_writes(self, shop: Shop, tab: Tab) -> None:
        shop.body = "<input>"
        ready(shop, tab, armed("flash", {"on": "timer", "seconds": 1}))
        tab.page.locator("input").press("a")
        tab.page.wait_for_timeout(1500)
        assert not opened(tab)
        tab.page.wait_for_timeout(2000)
        assert opened(tab)

    def test_the_timer_waits_while_the_shops_own_dialog_is_open(self, shop: Shop, tab: Tab) -> None:
        shop.body = "<dialog id=own>Size chart</dialog>"
        ready(shop, tab, armed("flash", {"on": "timer", "seconds": 1}))
        tab.page.evaluate("own.showModal()")
        tab.page.wait_for_timeout(1500)
        assert shop.shows == []
        tab.page.evaluate("own.close()")
        tab.page.wait_for_timeout(1000)
        assert opened(tab)

    def test_the_depth_of_scrolling(self, shop: Shop, tab: Tab) -> None:
        shop.body = LONG
        ready(shop, tab, armed("flash", {"on": "scroll_depth", "percent": 60}))
        height = tab.page.evaluate("document.documentElement.scrollHeight")
        scroll(tab, height * 0.55 - 800)
        assert not opened(tab)
        scroll(tab, height * 0.62 - 800)
        assert opened(tab)

    def test_silence(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("flash", {"on": "inactivity", "seconds": 1}))
        for step in range(8):
            tab.page.mouse.move(300 + step, 300)
            tab.page.wait_for_timeout(250)
        assert shop.shows == []
        tab.page.wait_for_timeout(1700)
        assert opened(tab)

    def test_an_idle_cart_needs_something_in_it(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("last", {"on": "cart_idle", "seconds": 1}))
        tab.page.wait_for_timeout(1800)
        assert shop.shows == []
        items = [{"item_id": "A", "quantity": 2, "price": 3}]
        tab.page.evaluate("(items) => vitrine.push(['event', { event: 'view_cart', currency: 'GBP', items }])", items)
        tab.page.wait_for_timeout(2000)
        assert opened(tab)
        assert shop.shows[0]["cart"]["items"] == items

    def test_the_cart_of_a_pushed_page_goes_with_the_question(self, shop: Shop, tab: Tab) -> None:
        cart = {"currency": "GBP", "items": [{"item_id": "A", "quantity": 1, "price": 9}]}
        shop.head = f"window.vitrine = [['page', {{ type: 'cart', cart: {cart} }}]]"
        leave(ready(shop, tab, armed("last", EXIT)))
        tab.wait(lambda: shop.shows)
        assert shop.shows[0]["cart"] == cart

    def test_the_shop_calls_before_or_after_loading(self, shop: Shop, tab: Tab) -> None:
        shop.head = "window.vitrine = [['trigger', { name: 'early' }]]"
        ready(shop, tab, armed("quiz", {"on": "api", "name": "late"}), armed("hello", {"on": "api", "name": "early"}))
        assert [asked["campaign"] for asked in shop.shows] == ["hello"]
        tab.page.get_by_role("button", name="Close").click()
        assert tab.page.get_by_role("dialog").count() == 0
        tab.page.evaluate("vitrine.push(['trigger', { name: 'other' }])")
        assert len(shop.shows) == 1

    def test_a_call_opens_once(self, shop: Shop, tab: Tab) -> None:
        shop.head = GRANT
        ready(shop, tab, armed("quiz", {"on": "api", "name": "done"}))
        for _ in range(2):
            tab.page.evaluate("vitrine.push(['trigger', { name: 'done' }])")
            assert opened(tab) or len(shop.shows) == 1
            tab.page.keyboard.press("Escape")
        assert len(shop.shows) == 1


class TestTurns:
    """One at a time, and at most one without stored consent."""

    ONE, TWO = {"on": "api", "name": "one"}, {"on": "api", "name": "two"}

    def call(self, tab: Tab, name: str) -> None:
        """The shop calls a trigger."""
        tab.page.evaluate(f"vitrine.push(['trigger', {{ name: '{name}' }}])")

    def test_when_one_is_refused_the_next_of_the_same_moment_may(self, shop: Shop, tab: Tab) -> None:
        shop.answers = {"b": shown("b", headline="Second")}
        leave(ready(shop, tab, armed("a", EXIT), armed("b", EXIT), armed("c", EXIT)))
        assert opened(tab)
        assert [asked["campaign"] for asked in shop.shows] == ["a", "b"]
        assert tab.page.get_by_role("dialog", name="Second").count() == 1

    def test_without_stored_consent_there_is_one_a_page_load(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("a", self.ONE), armed("b", self.TWO))
        self.call(tab, "one")
        assert opened(tab)
        tab.page.keyboard.press("Escape")
        self.call(tab, "two")
        assert not opened(tab)
        assert len(shop.shows) == 1

    def test_with_it_the_server_counts_and_what_fires_meanwhile_has_had_its_turn(self, shop: Shop, tab: Tab) -> None:
        shop.head = GRANT
        ready(shop, tab, armed("a", self.ONE), armed("b", self.TWO), armed("c", {"on": "api", "name": "three"}))
        self.call(tab, "one")
        assert opened(tab)
        self.call(tab, "two")
        tab.page.keyboard.press("Escape")
        assert not opened(tab)
        self.call(tab, "three")
        assert opened(tab)
        assert [asked["campaign"] for asked in shop.shows] == ["a", "c"]
        assert shop.shows[0]["visitor_id"] == shop.shows[1]["visitor_id"]

    def test_a_page_without_reload_has_its_own_campaigns(self, shop: Shop, tab: Tab) -> None:
        ready(shop, tab, armed("a", EXIT))
        shop.popups = []
        tab.page.evaluate("vitrine.push(['page', { type: 'cart' }])")
        tab.wait(lambda: len(shop.pages) == 2)
        leave(tab)
        assert not opened(tab)
        shop.popups = [armed("b", EXIT)]
        shop.answers = {"b": shown("b")}
        tab.page.evaluate("vitrine.push(['page', { type: 'home' }])")
        tab.wait(lambda: len(shop.pages) == 3)
        tab.page.wait_for_timeout(100)
        leave(tab)
        assert opened(tab)
        assert [asked["campaign"] for asked in shop.shows] == ["b"]


@pytest.mark.parametrize("referrer", ["https://www.google.com/", "https://duckduckgo.com/", "https://yandex.ru/"])
def test_who_comes_from_a_search_acts_on_the_page_first(shop: Shop, tab: Tab, referrer: str) -> None:
    tab.page.add_init_script(f"Object.defineProperty(document, 'referrer', {{ value: '{referrer}' }})")
    ready(shop, tab, armed("home", EXIT, {"on": "timer", "seconds": 1}))
    tab.page.wait_for_timeout(1500)
    leave(tab)
    assert not opened(tab)
    tab.page.mouse.click(500, 500)
    leave(tab)
    assert opened(tab)


def test_who_comes_from_elsewhere_need_not(shop: Shop, tab: Tab) -> None:
    tab.page.add_init_script("Object.defineProperty(document, 'referrer', { value: 'https://googles.example/' })")
    leave(ready(shop, tab, armed("home", EXIT)))
    assert opened(tab)
