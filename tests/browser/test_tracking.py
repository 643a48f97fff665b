"""What the snippet tells the API, and what it keeps in the browser."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Tab
from tests.browser.shop import Shop

pytestmark = pytest.mark.browser

SIMILAR = '<div data-vitrine="product-similar" data-item-id="SKU1"></div>'
GRANT = '{ analytics: "granted", personalization: "granted", storage: "granted" }'
DENY = GRANT.replace("granted", "denied")
IDS = {"visitor_id", "session_id", "customer_id", "customer_token"}


def pushed(*commands: str) -> str:
    return f"window.vitrine = [{', '.join(commands)}]"


def told(shop: Shop, tab: Tab, name: str, count: int = 1) -> list[dict[str, object]]:
    tab.wait(lambda: len(shop.named(name)) >= count)
    return shop.named(name)


def test_with_consent_events_carry_one_visitor_over_pages_and_tabs(shop: Shop, tab: Tab) -> None:
    shop.body, shop.head = SIMILAR, pushed(f'["consent", {GRANT}]')
    tab.open(shop.url)
    told(shop, tab, "view_item")
    tab.open(shop.url + "/again")
    told(shop, tab, "view_item", 2)
    Tab(tab.page.context.new_page()).open(shop.url + "/third")
    told(shop, tab, "view_item", 3)
    assert len({batch["visitor_id"] for batch in shop.batches}) == 1
    assert len({batch["session_id"] for batch in shop.batches}) == 1
    assert len({event["event_id"] for event in shop.events}) == len(shop.events)
    assert shop.pages[0]["visitor_id"] == shop.batches[0]["visitor_id"]


@pytest.mark.parametrize("head", ["", pushed(f'["consent", {DENY}]')])
def test_without_consent_nothing_is_stored_and_no_id_is_sent(shop: Shop, tab: Tab, head: str) -> None:
    shop.body, shop.head = SIMILAR, head
    tab.open(shop.url, ready="product-similar")
    told(shop, tab, "view_item")
    told(shop, tab, "view_item_list")
    assert tab.stored() == 0
    for body in (*shop.pages, *shop.batches, *shop.events):
        assert IDS & body.keys() == set()
    assert tab.page.context.cookies() == []


def test_denied_personalisation_keeps_the_session_at_home(shop: Shop, tab: Tab) -> None:
    shop.body, shop.head = SIMILAR, pushed(f'["consent", {DENY}]')
    tab.open(shop.url, ready="product-similar")
    assert shop.pages[0]["session"] == []
    assert shop.pages[0]["consent"]["personalization"] == "denied"


def test_an_unknown_choice_still_follows_the_first_click_in_memory(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    tab.open(shop.url, ready="product-similar")
    assert shop.pages[0]["session"] == [{"item_id": "SKU1", "event": "view_item"}]
    assert tab.stored() == 0


def test_withdrawn_consent_erases_what_was_stored(shop: Shop, tab: Tab) -> None:
    shop.body, shop.attributes = SIMILAR, 'data-consent="granted"'
    tab.open(shop.url, ready="product-similar")
    assert tab.stored() == 1
    tab.page.evaluate(f'vitrine.push(["consent", {DENY}])')
    assert tab.stored() == 0


def test_global_privacy_control_outweighs_a_granted_consent(shop: Shop, tab: Tab) -> None:
    tab.page.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true })")
    shop.body, shop.head = SIMILAR, pushed(f'["consent", {GRANT}]')
    tab.open(shop.url, ready="product-similar")
    assert set(shop.pages[0]["consent"].values()) == {"denied"}
    assert tab.stored() == 0


def test_storage_that_the_browser_refuses_changes_nothing_for_the_page(shop: Shop, tab: Tab) -> None:
    tab.page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })")
    shop.body, shop.head = SIMILAR, pushed(f'["consent", {GRANT}]')
    tab.open(shop.url, ready="product-similar")
    assert tab.problems == []


def test_items_count_as_seen_after_a_second_half_in_view(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    tab.open(shop.url, ready="product-similar")
    seen = told(shop, tab, "view_item_list")[0]
    assert seen["attribution_token"] == "token-product-similar"
    assert seen["item_list_id"] == "product-similar"
    assert sorted(row["index"] for row in seen["items"]) == [0, 1, 2, 3, 4]  # type: ignore[attr-defined]
    tab.page.wait_for_timeout(1500)
    assert len(shop.named("view_item_list")) == 1


def test_items_below_the_fold_are_not_seen(shop: Shop, tab: Tab) -> None:
    shop.body = "<br>" * 60 + SIMILAR
    tab.open(shop.url)
    told(shop, tab, "view_item")
    tab.page.wait_for_timeout(1500)
    assert shop.named("view_item_list") == []


@pytest.mark.parametrize("button", ["left", "middle"])
def test_a_click_tells_which_item_with_its_token(shop: Shop, tab: Tab, button: str) -> None:
    shop.body = SIMILAR
    tab.open(shop.url, ready="product-similar")
    tab.page.locator("[data-vitrine] li a").nth(2).click(button=button)  # type: ignore[arg-type]
    (chosen,) = told(shop, tab, "select_item")
    assert chosen["items"] == [{"item_id": "S2", "index": 2}]
    assert chosen["attribution_token"] == "token-product-similar"


def test_the_data_layer_is_read_and_left_as_it_is(shop: Shop, tab: Tab) -> None:
    shop.head = (
        "window.dataLayer = [{ event: 'gtm.js' }, { event: 'add_to_cart', ecommerce: { currency: 'GBP', value: 3,"
        " items: [{ item_id: 'A', quantity: 2 }] } }];"
        "function gtag() { dataLayer.push(arguments) }"
    )
    tab.open(shop.url)
    (added,) = told(shop, tab, "add_to_cart")
    assert added["items"] == [{"item_id": "A", "quantity": 2}]
    tab.page.evaluate("gtag('event', 'purchase', { transaction_id: 'T1', value: 9, items: [{ item_id: 'B' }] })")
    tab.page.evaluate("dataLayer.push({ event: 'search', search_term: 'lamp', element: document.body })")
    assert told(shop, tab, "purchase")[0]["transaction_id"] == "T1"
    assert told(shop, tab, "search")[0]["search_term"] == "lamp"
    assert tab.page.evaluate("dataLayer.length") == 4
    assert {event["event"] for event in shop.events} == {"page_view", "add_to_cart", "purchase", "search"}


def test_one_view_told_by_page_data_layer_and_shop_counts_once(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    shop.head = "window.dataLayer = [{ event: 'view_item', ecommerce: { value: 5, items: [{ item_id: 'SKU1' }] } }]"
    tab.open(shop.url, ready="product-similar")
    tab.page.evaluate("vitrine.push(['event', { event: 'view_item', item_id: 'SKU1' }])")
    tab.page.evaluate("vitrine.push(['event', { event: 'view_item', item_id: 'SKU2' }])")
    tab.wait(lambda: len(shop.named("view_item")) > 1)
    assert [event.get("value") for event in shop.named("view_item")] == [5, None]


def test_a_page_of_an_app_without_reloads_renders_anew(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR.replace(' data-item-id="SKU1"', "")
    shop.head = pushed('["page", { type: "product", item_id: "SKU1" }]')
    tab.open(shop.url, ready="product-similar")
    tab.page.evaluate("vitrine.push(['page', { type: 'product', item_id: 'SKU2', customer_id: 'c1' }])")
    tab.wait(lambda: len(shop.pages) == 2)
    assert [asked["page"]["item_id"] for asked in shop.pages] == ["SKU1", "SKU2"]
    assert [row["item_id"] for row in shop.pages[1]["session"]] == ["SKU1", "SKU2"]
    tab.page.locator("[data-vitrine] li a").nth(3).wait_for()
    assert tab.page.get_by_role("region").count() == 1


def test_the_answer_to_a_page_that_was_left_is_ignored(shop: Shop, tab: Tab) -> None:
    shop.body, shop.delay = SIMILAR, 0.5
    shop.head = "window.heard = 0; addEventListener('vitrine:showcase', () => window.heard++)"
    tab.open(shop.url)
    tab.wait(lambda: shop.pages)
    tab.page.evaluate("vitrine.push(['page', { type: 'product', item_id: 'SKU2' }])")
    tab.page.locator("[data-vitrine] li a").nth(3).wait_for()
    assert tab.page.evaluate("window.heard") == 1


def test_the_account_and_the_cart_go_with_the_page(shop: Shop, tab: Tab) -> None:
    page = '["page", { type: "cart", customer_id: "c1", customer_token: "t1", cart: { currency: "GBP", items: [] } }]'
    shop.body, shop.head = '<div data-vitrine="cart-for-you"></div>', pushed(page, f'["consent", {GRANT}]')
    tab.open(shop.url, ready="cart-for-you")
    asked = shop.pages[0]
    assert (asked["customer_id"], asked["customer_token"]) == ("c1", "t1")
    assert asked["cart"] == {"currency": "GBP", "items": []}
    assert asked["page"]["type"] == "cart"


def test_a_cart_told_to_the_data_layer_goes_with_the_page(shop: Shop, tab: Tab) -> None:
    shop.body = '<div data-vitrine="cart-for-you"></div>'
    shop.head = (
        "window.dataLayer = [{ event: 'view_cart', ecommerce: { currency: 'GBP', items: [{ item_id: 'A', price: 2 },"
        " { item_name: 'without id' }] } }]"
    )
    tab.open(shop.url, ready="cart-for-you")
    assert shop.pages[0]["cart"]["items"] == [{"item_id": "A", "price": 2}]


def test_events_arrive_when_the_page_is_left_at_once(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR
    tab.open(shop.url, ready="product-similar")
    tab.page.evaluate("vitrine.push(['event', { event: 'add_to_cart', item_id: 'SKU1' }])")
    tab.page.goto("about:blank")
    told(shop, tab, "add_to_cart")


def test_events_wait_while_the_api_cannot_be_reached(shop: Shop, tab: Tab) -> None:
    tab.page.route("**/v1/events", lambda route: route.abort())
    tab.open(shop.url)
    tab.page.wait_for_timeout(1300)
    tab.page.unroute("**/v1/events")
    tab.page.evaluate("vitrine.push(['event', { event: 'search', search_term: 'lamp' }])")
    told(shop, tab, "search")
    assert len(shop.named("page_view")) == 1


@pytest.mark.parametrize("command", ["null", "[]", '["nothing"]', '["event"]', '["page", 5]', "{}"])
def test_strange_commands_do_no_harm(shop: Shop, tab: Tab, command: str) -> None:
    shop.body, shop.head = SIMILAR, pushed(command)
    tab.open(shop.url, ready="product-similar")
    tab.page.evaluate(f"vitrine.push({command})")
    assert tab.problems == []


def test_a_second_copy_of_the_script_stays_quiet(shop: Shop, tab: Tab) -> None:
    shop.body = SIMILAR + '<script async src="/vitrine.js" data-key="pk_test"></script>'
    tab.open(shop.url, ready="product-similar")
    tab.page.wait_for_timeout(300)
    assert len(shop.pages) == 1


def test_a_shop_on_another_host_needs_no_preflight(shop: Shop, new_tab: Callable[..., Tab]) -> None:
    shop.body, shop.script_host = SIMILAR, shop.url.replace("127.0.0.1", "localhost")
    tab = new_tab()
    methods: list[str] = []
    tab.page.on("request", lambda request: methods.append(request.method))
    tab.open(shop.url, ready="product-similar")
    told(shop, tab, "view_item")
    assert "OPTIONS" not in methods
    assert tab.problems == []
