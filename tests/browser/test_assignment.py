"""The browser draws as the API does."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Tab
from tests.browser.shop import Shop

pytestmark = pytest.mark.browser

CASES = json.loads((Path(__file__).parents[1] / "recommender" / "assignment_cases.json").read_text(encoding="utf-8"))
GRANT = '["consent", { analytics: "granted", personalization: "granted", storage: "granted" }]'
DRAW = """async (cases) => {
  const { draw, variant } = await import("/modules/popups/assignment.js");
  const answer = async ({ shop, visitor_id, layer, variants }) =>
    [await draw(shop, visitor_id, layer), await variant(shop, visitor_id, layer, variants)];
  return Promise.all(cases.map(answer));
}"""
ASSIGN = (
    "window.drawn = []; vitrine.push(['assign',"
    " { shop: 'gifts', layer: 'hero', variants: %s, then: (one) => drawn.push(one ?? null) }])"
)


def assigned(tab: Tab, variants: str = "{ a: 1, b: 1 }") -> Any:
    """The variant that the page is told."""
    tab.page.evaluate(ASSIGN % variants)
    tab.wait(lambda: tab.page.evaluate("drawn.length"))
    return tab.page.evaluate("drawn[0]")


def test_every_case_is_drawn_as_in_python(shop: Shop, tab: Tab) -> None:
    tab.open(shop.url)
    assert tab.page.evaluate(DRAW, CASES) == [[case["draw"], case["variant"]] for case in CASES]


def test_a_visitor_keeps_the_variant_over_pages(shop: Shop, tab: Tab) -> None:
    shop.head = f"window.vitrine = [{GRANT}]"
    tab.open(shop.url)
    first = assigned(tab)
    assert first in {"a", "b"}
    tab.open(shop.url + "/again")
    assert assigned(tab) == first
    assert assigned(tab, "{ a: 0, b: 1 }") == "b"


def test_without_stored_consent_nobody_takes_part(shop: Shop, tab: Tab) -> None:
    tab.open(shop.url)
    assert assigned(tab) is None
    assert tab.stored() == 0


def test_where_the_browser_cannot_hash_nobody_takes_part(shop: Shop, tab: Tab) -> None:
    tab.page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    shop.head = f"window.vitrine = [{GRANT}]"
    tab.open(shop.url)
    assert assigned(tab) is None
    assert tab.problems == []


def test_an_error_of_the_shops_own_code_is_not_hidden(shop: Shop, tab: Tab) -> None:
    tab.open(shop.url)
    tab.page.evaluate("vitrine.push(['assign', { then: () => { throw new Error('mine') } }])")
    tab.wait(lambda: tab.problems)
    assert tab.problems == ["mine"]
