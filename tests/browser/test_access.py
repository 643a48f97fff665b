"""Popups and banners as axe-core judges them."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Tab
from tests.browser.shop import Shop, armed, item, shown
from tests.browser.test_popups import CODE, countdown

pytestmark = pytest.mark.browser

DARK = (
    "const sheet = new CSSStyleSheet(); sheet.replaceSync('body { background: #15151c; color: #e6e6ee }');"
    "document.adoptedStyleSheets = [sheet];"
)
FULL = {
    "products": [item(1, title="Lantern"), item(2, sale_price=1.95), *(item(number) for number in range(3, 9))],
    "notes": ["£12.40 more for 10% off"],
    "code": CODE,
}
ARABIC = {
    "headline": "قبل أن تذهب",
    "text": "قد تكون هذه المنتجات ما كنت تبحث عنه.",
    "button": {"label": "مواصلة التسوق", "link": "/sale"},
    "dismiss": "لا، شكرا",
    "close": "إغلاق",
    "direction": "rtl",
    "language": "ar",
}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS = [(template, look) for template in ("dont_go", "flash", "last_chance") for look in ("light", "dark")]
CASES = [(*look, {}) for look in (*LOOKS, ("flash", "rtl"), ("flash", "over"))]


def violations(tab: Tab) -> list[str]:
    """What axe finds wrong with what is ours; targets of 24 pixels included."""
    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}, "region": {"enabled": False}}}
    found = Axe().run(tab.page, options=options).response["violations"]
    return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("template", "look", "size"), [*CASES, ("dont_go", "light", PHONE), ("flash", "rtl", PHONE)])
@pytest.mark.parametrize("slot", [{}, {"slot": "banner"}], ids=["dialog", "banner"])
def test_axe_finds_no_violation_in_popups(
    shop: Shop, new_tab: Callable[..., Tab], slot: Any, template: str, look: str, size: Any
) -> None:
    content: dict[str, Any] = {**FULL, **(ARABIC if look == "rtl" else {}), "template": template}
    content["countdown"] = countdown(-1 if look == "over" else 900)
    shop.language, shop.direction = ("ar", "rtl") if look == "rtl" else ("en", "ltr")
    shop.body = "<p>Text</p><div data-vitrine=banner></div>" if slot else "<p>Text</p>"
    shop.head = (DARK if look == "dark" else "") + "window.vitrine = [['trigger', { name: 'now' }]]"
    shop.popups = [armed("flash", {"on": "api", "name": "now"}, **slot)]
    shop.answers = {"flash": shown("flash", **content)}
    tab = new_tab(reduced_motion="reduce", **size)
    tab.open(shop.url)
    tab.page.locator(".sheet").wait_for()
    assert violations(tab) == []


def test_axe_finds_no_violation_in_a_carousel(shop: Shop, tab: Tab) -> None:
    shop.body = "<div data-vitrine=product-similar></div>"
    tab.open(shop.url, ready="product-similar")
    assert violations(tab) == []
