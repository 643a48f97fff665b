"""What a popup shows, what it tells, and how it is left."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import Tab
from tests.browser.shop import Shop, armed, item, shown

pytestmark = pytest.mark.browser

CALL = {"on": "api", "name": "now"}
GRANT = '["consent", { analytics: "granted", personalization: "granted", storage: "granted" }]'
CODE = {"value": "SPRING-7H2K", "copy": "Copy code", "copied": "Copied"}
CROSS = "\u00d7"
ARABIC = "\u0664\u0669:\u0665\u0669:\u0665"
"""49:59:5 in the digits of Egypt."""
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def countdown(seconds: int, start: datetime | None = None) -> dict[str, str]:
    """A deadline so many seconds from now."""
    return {
        "seconds": seconds,
        "ends_at": ((start or datetime.now(UTC)) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
        "label": "Ends in",
        "pause": "Pause the clock (the offer still ends on time)",
        "resume": "Show the clock",
        "over": "This offer has ended",
    }


def open_popup(shop: Shop, tab: Tab, **content: Any) -> Locator:
    """A page whose popup is open; the dialog."""
    shop.popups = [armed("flash", CALL)]
    shop.answers = {"flash": shown("flash", **content)}
    shop.head = shop.head or "window.vitrine = []"
    shop.head += "; vitrine.push(['trigger', { name: 'now' }])"
    tab.open(shop.url)
    dialog = tab.page.get_by_role("dialog")
    dialog.wait_for()
    return dialog


def heard(tab: Tab) -> None:
    """Keep the events that the page's developers get."""
    tab.page.add_init_script(
        "window.heard = []; addEventListener('vitrine:popup', ({ detail, target }) =>"
        " heard.push([detail.state, detail.campaign_id, detail.trigger, detail.reason, target === document]))"
    )


def told(shop: Shop, tab: Tab, name: str) -> dict[str, Any]:
    """The one event of a name; a page that is left may send it again, under the same id."""
    tab.wait(lambda: shop.named(name))
    (event,) = {event["event_id"]: event for event in shop.named(name)}.values()
    return event


class TestContent:
    """All of it is text; nothing is markup."""

    def test_a_popup_has_name_description_button_and_two_ways_out(self, shop: Shop, tab: Tab) -> None:
        dialog = open_popup(shop, tab)
        assert tab.page.get_by_role("dialog", name="Before you go").count() == 1
        assert dialog.get_by_role("heading", name="Before you go").count() == 1
        assert dialog.get_by_role("link", name="Keep looking").get_attribute("href") == "/sale"
        assert [button.inner_text() for button in dialog.get_by_role("button").all()] == ["No, thanks", CROSS]
        assert dialog.evaluate("(box) => box.getRootNode().getElementById('text').textContent").startswith("These")
        assert tab.problems == []

    def test_products_are_the_cards_of_the_carousel(self, shop: Shop, tab: Tab) -> None:
        dialog = open_popup(shop, tab, products=[item(1), item(2, sale_price=1.95)])
        links = dialog.locator("li a")
        assert links.all_text_contents() == ["White Lantern 1£2.95", "White Lantern 2£1.95£2.95"]
        assert dialog.locator("s").all_text_contents() == ["£2.95"]
        assert dialog.get_by_role("heading").count() == 1

    def test_notes_and_a_code_that_is_copied(self, shop: Shop, new_tab: Callable[..., Tab]) -> None:
        tab = new_tab(permissions=["clipboard-read", "clipboard-write"])
        dialog = open_popup(shop, tab, code=CODE, notes=["£12.40 more for 10% off", "Personalised for you"])
        assert dialog.locator("ul li").all_text_contents() == ["£12.40 more for 10% off", "Personalised for you"]
        dialog.get_by_role("button", name="Copy code").click()
        dialog.get_by_role("button", name="Copied").wait_for()
        assert dialog.get_by_role("status").inner_text() == "Copied"
        assert tab.page.evaluate("navigator.clipboard.readText()") == "SPRING-7H2K"
        tab.page.keyboard.press("Escape")
        tab.page.wait_for_timeout(300)
        assert shop.dismissals == []

    def test_a_code_that_cannot_be_copied_is_marked(self, shop: Shop, tab: Tab) -> None:
        tab.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        dialog = open_popup(shop, tab, code=CODE)
        dialog.get_by_role("button", name="Copy code").click()
        assert tab.page.evaluate("getSelection().toString()") in {"SPRING-7H2K", ""}
        assert tab.problems == []

    def test_texts_are_never_markup_and_strange_links_lead_nowhere(self, shop: Shop, tab: Tab) -> None:
        evil = "<img src=x onerror='window.hacked=1'>"
        button = {"label": evil, "link": "javascript:window.hacked=1"}
        dialog = open_popup(shop, tab, headline=evil, text=evil, notes=[evil], button=button)
        assert dialog.get_by_role("heading").inner_text() == evil
        dialog.locator(".go").click()
        assert tab.page.evaluate("window.hacked") is None

    def test_a_button_without_link_closes(self, shop: Shop, tab: Tab) -> None:
        dialog = open_popup(shop, tab, button={"label": "Fine"})
        dialog.get_by_role("button", name="Fine").click()
        assert tab.page.get_by_role("dialog").count() == 0
        told(shop, tab, "select_promotion")
        assert shop.dismissals == []

    def test_direction_and_language_are_the_contents(self, shop: Shop, tab: Tab) -> None:
        dialog = open_popup(shop, tab, direction="rtl", language="ar", headline="قبل أن تذهب")
        assert dialog.evaluate("(box) => [box.dir, box.lang, getComputedStyle(box).direction]") == ["rtl", "ar", "rtl"]
        close, box = dialog.locator(".close").bounding_box(), dialog.bounding_box()
        assert close is not None
        assert box is not None
        assert close["x"] - box["x"] < box["width"] / 2

    def test_on_a_phone_it_is_a_sheet_at_the_bottom(self, shop: Shop, new_tab: Callable[..., Tab]) -> None:
        tab = new_tab(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
        box = open_popup(shop, tab, products=[item(number) for number in range(6)]).bounding_box()
        assert box is not None
        assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, 390, 844)

    def test_long_content_scrolls_inside_and_can_always_be_closed(
        self, shop: Shop, new_tab: Callable[..., Tab]
    ) -> None:
        tab = new_tab(viewport={"width": 390, "height": 500}, reduced_motion="reduce")
        dialog = open_popup(shop, tab, text="Long text. " * 150)
        box = dialog.bounding_box()
        assert box is not None
        assert box["height"] <= 500
        dialog.get_by_role("link", name="Keep looking").scroll_into_view_if_needed()
        dialog.get_by_role("button", name="Close").click()
        assert tab.page.get_by_role("dialog").count() == 0

    @pytest.mark.parametrize(
        ("page", "scheme"),
        [("#15151c", "dark"), ("white", "light"), ("transparent", "light"), ("oklch(0.2 0 0)", "light")],
    )
    def test_it_is_dark_on_a_dark_page(self, shop: Shop, tab: Tab, page: str, scheme: str) -> None:
        shop.head = (
            f"const sheet = new CSSStyleSheet(); sheet.replaceSync('body {{ background: {page} }}');"
            "document.adoptedStyleSheets = [sheet]; window.vitrine = []"
        )
        colour = open_popup(shop, tab).evaluate("(box) => getComputedStyle(box).color")
        assert colour == {"dark": "rgb(255, 255, 255)", "light": "rgb(0, 0, 0)"}[scheme]

    def test_the_shops_variables_come_in_and_its_rules_stay_outside(self, shop: Shop, tab: Tab) -> None:
        shop.head = (
            "const sheet = new CSSStyleSheet(); sheet.replaceSync(':root { --vitrine-accent: rgb(1, 2, 3) }"
            " a, dialog, h2 { display: none !important } div { transform: scale(0) }');"
            "document.adoptedStyleSheets = [sheet]; window.vitrine = []"
        )
        dialog = open_popup(shop, tab)
        go = dialog.get_by_role("link", name="Keep looking")
        assert go.is_visible()
        assert go.evaluate("(link) => getComputedStyle(link).backgroundColor") == "rgb(1, 2, 3)"


class TestKeyboard:
    """Everything without a pointer."""

    def test_the_focus_goes_in_stays_in_and_comes_back(self, shop: Shop, tab: Tab) -> None:
        shop.body = "<a href=/one>One</a><button id=here>Here</button>"
        shop.head = "addEventListener('DOMContentLoaded', () => here.focus()); window.vitrine = []"
        dialog = open_popup(shop, tab, code=CODE, products=[item(1)], countdown=countdown(600))
        assert dialog.evaluate("(box) => box.getRootNode().activeElement === box")
        seen = []
        for _ in range(12):
            tab.page.keyboard.press("Tab")
            seen.append(tab.page.evaluate("document.activeElement.id || document.activeElement.localName"))
        assert set(seen) <= {"div", "body"}  # `body` stands for the browser's own buttons
        tab.page.keyboard.press("Escape")
        tab.wait(lambda: tab.page.evaluate("document.activeElement.id === 'here'"))

    def test_the_order_of_tabs_is_the_order_of_reading(self, shop: Shop, tab: Tab) -> None:
        dialog = open_popup(shop, tab, code=CODE, products=[item(1)], countdown=countdown(600))
        inner = (
            "(box) => { let found = box.getRootNode().activeElement;"
            " while (found?.shadowRoot) found = found.shadowRoot.activeElement;"
            " return found.textContent || found.title }"
        )
        seen = []
        for _ in range(6):
            tab.page.keyboard.press("Tab")
            seen.append(dialog.evaluate(inner))
        pause = "Pause the clock (the offer still ends on time)"
        assert seen == [pause, "Copy code", "White Lantern 1£2.95", "Keep looking", "No, thanks", CROSS]

    def test_the_call_to_action_is_followed_with_enter(self, shop: Shop, tab: Tab) -> None:
        open_popup(shop, tab).get_by_role("link", name="Keep looking").focus()
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_url("**/sale")
        assert told(shop, tab, "select_promotion")["attribution_token"] == "token-flash"

    def test_escape_closes_and_says_so(self, shop: Shop, tab: Tab) -> None:
        heard(tab)
        shop.head = f"window.vitrine = [{GRANT}]"
        open_popup(shop, tab)
        tab.page.keyboard.press("Escape")
        tab.wait(lambda: shop.dismissals)
        (told_of,) = shop.dismissals
        assert (told_of["campaign"], told_of["arm_token"]) == ("flash", "arm-flash")
        assert told_of["visitor_id"] == shop.shows[0]["visitor_id"]
        assert tab.page.evaluate("heard") == [
            ["shown", "flash", "api", None, True],
            ["dismissed", "flash", "api", None, True],
        ]


class TestLeaving:
    """Ways out with a pointer."""

    @pytest.mark.parametrize("name", ["No, thanks", "Close"])
    def test_buttons_close(self, shop: Shop, tab: Tab, name: str) -> None:
        open_popup(shop, tab).get_by_role("button", name=name).click()
        tab.wait(lambda: shop.dismissals)
        assert tab.page.get_by_role("dialog").count() == 0
        assert tab.page.evaluate("document.body.lastElementChild.localName") == "main"

    def test_the_backdrop_closes_but_a_drag_out_of_the_text_does_not(self, shop: Shop, tab: Tab) -> None:
        box = open_popup(shop, tab).get_by_role("heading").bounding_box()
        assert box is not None
        tab.page.mouse.move(box["x"] + 5, box["y"] + 5)
        tab.page.mouse.down()
        tab.page.mouse.move(20, 20)
        tab.page.mouse.up()
        assert tab.page.get_by_role("dialog").count() == 1
        tab.page.mouse.click(20, 20)
        tab.wait(lambda: shop.dismissals)
        assert tab.page.get_by_role("dialog").count() == 0

    def test_the_menu_of_the_right_button_leaves_it_open(self, shop: Shop, tab: Tab) -> None:
        dialog = open_popup(shop, tab)
        dialog.get_by_role("link", name="Keep looking").click(button="right")
        assert tab.page.get_by_role("dialog").count() == 1
        assert shop.named("select_promotion") == []


class TestTelling:
    """What the API and the page hear."""

    def test_a_popup_counts_as_seen_after_a_second(self, shop: Shop, tab: Tab) -> None:
        open_popup(shop, tab)
        event = told(shop, tab, "view_promotion")
        assert (event["promotion_id"], event["attribution_token"]) == ("flash", "token-flash")

    def test_one_that_is_closed_at_once_does_not(self, shop: Shop, tab: Tab) -> None:
        open_popup(shop, tab)
        tab.page.keyboard.press("Escape")
        tab.page.wait_for_timeout(1500)
        assert shop.named("view_promotion") == []

    @pytest.mark.parametrize("button", ["left", "middle"])
    def test_a_product_is_chosen_with_the_promotion_and_its_token(self, shop: Shop, tab: Tab, button: str) -> None:
        heard(tab)
        dialog = open_popup(shop, tab, products=[item(1), item(2)])
        dialog.locator("li a").nth(1).click(button=button)  # type: ignore[arg-type]
        chosen = told(shop, tab, "select_item")
        assert (chosen["items"], chosen["attribution_token"]) == ([{"item_id": "S2", "index": 1}], "token-flash")
        assert told(shop, tab, "select_promotion")["promotion_id"] == "flash"
        tab.page.wait_for_timeout(200)
        assert shop.dismissals == []

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [({"shown": False, "reason": "cap"}, "cap"), ({"shown": False, "reason": "holdout"}, "holdout")],
    )
    def test_a_refusal_shows_nothing_and_says_why(self, shop: Shop, tab: Tab, answer: Any, reason: str) -> None:
        heard(tab)
        shop.popups, shop.answers = [armed("flash", CALL)], {"flash": answer}
        shop.head = "window.vitrine = [['trigger', { name: 'now' }]]"
        tab.open(shop.url)
        tab.wait(lambda: tab.page.evaluate("heard.length"))
        assert tab.page.evaluate("heard") == [["refused", "flash", "api", reason, True]]
        assert (tab.page.get_by_role("dialog").count(), tab.problems) == (0, [])

    @pytest.mark.parametrize("answer", [{"shown": True}, {"shown": True, "content": {"products": 5}}, {}, [], "no"])
    def test_an_answer_that_is_not_understood_does_no_harm(self, shop: Shop, tab: Tab, answer: Any) -> None:
        shop.popups, shop.answers = [armed("flash", CALL)], {"flash": answer}
        shop.head = "window.vitrine = [['trigger', { name: 'now' }]]"
        tab.open(shop.url)
        tab.wait(lambda: shop.shows)
        tab.page.wait_for_timeout(200)
        assert tab.problems == []

    def test_an_api_that_fails_is_a_refusal(self, shop: Shop, tab: Tab) -> None:
        heard(tab)
        tab.page.route("**/v1/popups/**", lambda route: route.fulfill(status=500, body="no"))
        shop.popups = [armed("flash", CALL)]
        shop.head = "window.vitrine = [['trigger', { name: 'now' }]]"
        tab.open(shop.url)
        tab.wait(lambda: tab.page.evaluate("heard.length"))
        assert tab.page.evaluate("heard") == [["refused", "flash", "api", "unreachable", True]]


class TestCountdown:
    """The server's deadline, as a clock."""

    def open(self, shop: Shop, tab: Tab, seconds: int, **content: Any) -> Locator:
        """A popup whose offer ends so many seconds after it opens, in a page whose clock stands still and is wrong."""
        tab.page.clock.install(time=START)
        tab.page.clock.pause_at(START + timedelta(seconds=10))
        shop.popups = [armed("flash", CALL)]
        shop.answers = {"flash": shown("flash", countdown=countdown(seconds, START + timedelta(hours=3)), **content)}
        shop.head = "window.vitrine = [['trigger', { name: 'now' }]]"
        tab.open(shop.url)
        dialog = tab.page.get_by_role("dialog")
        dialog.wait_for()
        return dialog

    def test_it_ticks_in_view_and_pauses_without_moving_the_deadline(self, shop: Shop, tab: Tab) -> None:
        timer = self.open(shop, tab, 900).get_by_role("timer")
        tab.page.clock.run_for(1000)
        before = timer.inner_text()
        tab.page.clock.run_for(2000)
        assert (before[:3], int(before[3:]) - int(timer.inner_text()[3:])) == ("14:", 2)
        tab.page.get_by_role("button", name="Pause the clock (the offer still ends on time)").click()
        paused = timer.inner_text()
        tab.page.clock.run_for(60_000)
        assert timer.inner_text() == paused
        tab.page.get_by_role("button", name="Show the clock").click()
        assert timer.inner_text().startswith("13:")

    def test_at_the_end_it_says_so_and_the_offer_cannot_be_taken(self, shop: Shop, tab: Tab) -> None:
        dialog = self.open(shop, tab, 30, code=CODE)
        tab.page.clock.run_for(31_000)
        assert dialog.locator(".clock").inner_text() == "This offer has ended"
        assert dialog.get_by_role("status").inner_text() == "This offer has ended"
        go = dialog.get_by_role("link", name="Keep looking")
        assert (go.get_attribute("href"), go.is_disabled()) == (None, True)
        assert dialog.get_by_role("button", name="Copy code").is_disabled()
        go.click(force=True)
        assert tab.page.url == shop.url + "/"

    def test_a_paused_clock_ends_all_the_same(self, shop: Shop, tab: Tab) -> None:
        dialog = self.open(shop, tab, 30)
        dialog.get_by_role("button", name="Pause the clock (the offer still ends on time)").click()
        tab.page.clock.run_for(31_000)
        assert dialog.locator(".clock").inner_text() == "This offer has ended"

    def test_it_is_announced_now_and_then_not_each_second(self, shop: Shop, tab: Tab) -> None:
        dialog = self.open(shop, tab, 140)
        status = dialog.get_by_role("status")
        dialog.evaluate(
            "(box) => { window.said = []; const status = box.querySelector('[role=status]');"
            " new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true }) }"
        )
        tab.page.clock.run_for(145_000)
        assert tab.page.evaluate("said") == ["Ends in 02:00", "Ends in 01:00", "Ends in 00:30", "This offer has ended"]
        assert status.inner_text() == "This offer has ended"

    @pytest.mark.parametrize(("language", "clock"), [("en", "49:59:5"), ("ar-EG", ARABIC)])
    def test_hours_and_the_digits_of_the_language(self, shop: Shop, tab: Tab, language: str, clock: str) -> None:
        timer = self.open(shop, tab, 179_998, language=language).get_by_role("timer")
        tab.page.clock.run_for(1000)
        assert timer.inner_text().startswith(clock)


def test_nothing_moves_when_it_opens_and_closes(shop: Shop, tab: Tab) -> None:
    shop.body = "<p>Text</p>" * 60
    open_popup(shop, tab, products=[item(number) for number in range(12)], code=CODE, countdown=countdown(600))
    tab.page.wait_for_timeout(500)
    tab.page.keyboard.press("Escape")
    assert tab.shift() == 0


def test_no_task_of_the_page_takes_50_milliseconds_of_the_processor(shop: Shop, tab: Tab) -> None:
    browser = tab.page.context.browser
    assert browser is not None
    browser.start_tracing(page=tab.page)
    open_popup(shop, tab, products=[item(number) for number in range(12)], code=CODE, countdown=countdown(600))
    tab.page.wait_for_timeout(500)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    ours = {(event["pid"], event["tid"]) for event in events if "/vitrine.js" in str(event.get("args", {}).get("data"))}
    tasks = [event for event in events if event["name"] == "RunTask" and (event["pid"], event["tid"]) in ours]
    assert 1_000 < max(event.get("tdur", 0) for event in tasks) < 50_000  # microseconds


@pytest.mark.parametrize("blocked", ["**/vitrine-popups.js", "**/v1/popups/**", "**/v1/*"])
def test_a_blocked_host_leaves_the_page_as_it_was(shop: Shop, tab: Tab, blocked: str) -> None:
    shop.popups, shop.answers = [armed("flash", CALL)], {"flash": shown("flash")}
    shop.head = "window.vitrine = [['trigger', { name: 'now' }]]"
    tab.page.route(blocked, lambda route: route.abort())
    tab.open(shop.url)
    tab.page.wait_for_timeout(1000)
    tab.page.evaluate("vitrine.push(['trigger', { name: 'now' }])")
    assert tab.page.get_by_role("dialog").count() == 0
    assert [problem for problem in tab.problems if not problem.startswith("Failed to load resource")] == []


def test_a_shop_on_another_host_needs_no_preflight(shop: Shop, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab()
    methods: list[str] = []
    tab.page.on("request", lambda request: methods.append(request.method))
    shop.script_host = shop.url.replace("127.0.0.1", "localhost")
    open_popup(shop, tab)
    tab.page.keyboard.press("Escape")
    tab.wait(lambda: shop.dismissals)
    assert "OPTIONS" not in methods
    assert tab.problems == []
