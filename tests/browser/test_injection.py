"""A catalogue, a configuration and a visitor full of markup: all of it is text, and nothing of it runs.

The real API, its demo pages and `/docs`; without their content security policy, which would hide a missing escape.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.app import create
from api.bootstrap import build
from api.settings import Settings
from tests.browser.conftest import Tab
from tests.browser.shop import serving
from tests.services import free_port

pytestmark = pytest.mark.browser

RUN = "window.hacked=1"
ID = f'"><img src=x onerror={RUN}>'
TITLES = (
    f"<img src=x onerror={RUN}>",
    f"</script><script>{RUN}</script>",
    f"\"'><svg/onload={RUN}>{{{{{RUN}}}}}${{{RUN}}}",
    f"</bdi></template><iframe srcdoc='<script>parent.{RUN}</script>'>",
    "\u202egnp.exe\u2066",
    f"<style>@import url(javascript:{RUN});*{{background:url(javascript:{RUN})}}</style>",
)
LINKS = (
    f"javascript:{RUN}", f" java\tscript:{RUN}", f"data:text/html,<script>parent.{RUN}</script>", f"JAVASCRIPT:{RUN}//",
    f"vbscript:{RUN}", f'/ok"onclick="{RUN}',
)  # fmt: skip
CATEGORY = f"</script><img src=x onerror={RUN}> > <b onmouseover={RUN}>b</b>"
ITEMS: list[dict[str, Any]] = [
    {
        "id": ID if place == 0 else f"{place}", "title": title, "link": link, "image_link": link, "price": 10,
        "sale_price": 8, "currency": "GBP", "brand": title, "product_type": CATEGORY, "note": title,
    }
    for place, (title, link) in enumerate(zip(TITLES, LINKS, strict=True))
]  # fmt: skip
SHOWN = {"headline": "{item}", "text": "{offer} {item} {code}", "button": "{item}", "link": "/sale?code={code}"}
POPUP = {
    "id": "evil",
    "where": {"page_types": ["product"]},
    "triggers": [{"on": "api", "name": "now"}],
    "content": {**SHOWN, "products": {"strategy": "new_arrivals"}},
    "offer": {"gift": {"item_id": ID}, "minutes": 30},
}
BANNER = {
    "id": "banner",
    "slot": "home-banner",
    "where": {"page_types": ["home"]},
    "content": {"headline": "Look", "products": {"strategy": "new_arrivals"}},
}
PAGES = ("", f"product/{quote(ID, safe='')}", f"search?q={quote(TITLES[1])}", f"nowhere/{quote(ID, safe='')}")
SCAN = r"""() => {
  const found = [];
  const walk = (root) => root.querySelectorAll("*").forEach((one) => {
    for (const { name, value } of one.attributes) {
      const leads = /^(?:\w+:)?(href|src|srcset|action|formaction|data|background|poster)$/i.test(name);
      if (leads && !/^https?:$/.test(new URL(value, location.href).protocol)) found.push(one.outerHTML);
      if (/^(on|srcdoc)/i.test(name) || /url\(/i.test(name === "style" ? value : "")) found.push(one.outerHTML);
    }
    if (/^(iframe|object|embed|base|b onmouseover)$/i.test(one.localName)) found.push(one.outerHTML);
    if (one.shadowRoot) walk(one.shadowRoot);
  });
  walk(document);
  return found;
}"""
"""Elements with handlers, frames, or addresses that are no page's; shadow roots included."""


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo shop that was filled by an attacker."""
    port = free_port()
    services = build(Settings.load(home=tmp_path_factory.mktemp("evil"), holdout=0.0))
    keys = services.records.shops.create("demo")
    with serving(create(services), port):
        url, secret = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {keys.secret_key}"}
        with httpx.Client(base_url=url, headers=secret) as http:
            for path, body in (("/v1/catalog/items", ITEMS), ("/v1/config", {"campaigns": [POPUP, BANNER]})):
                answer = http.put(path, json=body)
                assert answer.status_code == 200, answer.text
        yield url


@pytest.fixture
def open_tab(new_tab: Callable[..., Tab]) -> Tab:
    """A tab without any policy, of a visitor who allowed everything."""
    tab = new_tab(bypass_csp=True)
    tab.page.add_init_script("localStorage.setItem('demo-consent', 'granted')")
    tab.page.on("dialog", lambda dialog: tab.problems.append(dialog.message))
    return tab


def harmless(tab: Tab) -> None:
    """Nothing ran, and nothing stands there that could."""
    assert tab.page.evaluate("window.hacked") is None
    assert tab.page.evaluate(SCAN) == []


def test_the_payloads_would_run_where_they_are_not_escaped(evil: str, open_tab: Tab) -> None:
    open_tab.page.route("**/raw", lambda route: route.fulfill(body=f"<p>{TITLES[0]}", content_type="text/html"))
    open_tab.open(f"{evil}/raw")
    open_tab.wait(lambda: open_tab.page.evaluate("window.hacked"))
    assert open_tab.page.evaluate(SCAN) != []


@pytest.mark.parametrize("path", PAGES, ids=["home", "product", "search", "not-found"])
def test_pages_and_carousels_show_text(evil: str, open_tab: Tab, path: str) -> None:
    open_tab.page.goto(f"{evil}/demo/{path}")
    cards = open_tab.page.locator("[data-vitrine] li a:has(bdi:not(:empty))")  # the others keep space
    cards.first.wait_for()
    harmless(open_tab)
    assert set(cards.locator("p").all_text_contents()) <= set(TITLES)
    for place in range(cards.count()):
        assert cards.nth(place).get_attribute("href") in {None, LINKS[-1]}
    cards.first.dispatch_event("click")
    open_tab.page.locator("#why").click()
    open_tab.page.locator("#explained li").first.wait_for()
    harmless(open_tab)


def test_the_cart_shows_text(evil: str, open_tab: Tab) -> None:
    open_tab.page.goto(f"{evil}/demo/{PAGES[1]}")
    open_tab.page.locator(".buy button").click()
    open_tab.page.locator(".lines li").wait_for()
    open_tab.page.locator("#code").fill(TITLES[2])
    open_tab.page.locator(".code button").click()
    kept = open_tab.page.locator("#code").input_value()
    assert kept != ""
    assert TITLES[2].startswith(kept)
    harmless(open_tab)


def test_a_popup_with_gift_code_and_products_shows_text(evil: str, open_tab: Tab) -> None:
    open_tab.page.goto(f"{evil}/demo/{PAGES[1]}")
    open_tab.page.evaluate("vitrine.push(['trigger', { name: 'now' }])")
    dialog = open_tab.page.locator("dialog.plain")
    dialog.wait_for()
    assert dialog.locator("h2").inner_text() == TITLES[0]
    assert dialog.locator(".code code").inner_text().startswith("VT-")
    dialog.locator(".products li").first.wait_for()
    harmless(open_tab)
    assert dialog.locator(".go").get_attribute("href").startswith("/sale?code=VT-")


def test_a_banner_shows_text(evil: str, open_tab: Tab) -> None:
    open_tab.page.goto(f"{evil}/demo/")
    open_tab.page.locator("[data-vitrine=home-banner] .sheet").wait_for()
    harmless(open_tab)


def test_the_documentation_holds_nothing_of_a_shop(evil: str, open_tab: Tab) -> None:
    open_tab.page.goto(f"{evil}/docs?q={quote(TITLES[1])}#{quote(TITLES[0])}")
    harmless(open_tab)


@pytest.mark.parametrize("path", [*PAGES[:2], "cart"], ids=["home", "product", "cart"])
def test_under_the_pages_own_policy_nothing_is_even_tried(evil: str, tab: Tab, path: str) -> None:
    tab.page.goto(f"{evil}/demo/{path}")
    tab.page.wait_for_load_state("networkidle")
    assert [problem for problem in tab.problems if "Content Security Policy" in problem] == []
    harmless(tab)
