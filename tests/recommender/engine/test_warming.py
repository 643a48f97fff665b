"""Machine code is there before anybody waits for it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recommender.configuration import Configuration
from recommender.engine import blending, choosing, engine, kin, warming
from recommender.engine.page import Page, PageType
from recommender.engine.plain import prepare
from recommender.engine.request import NOBODY, CartItem, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.models.models import Models
from tests.recommender.engine.shops import NOW, change, listed, snapshot

KERNELS = [
    *(blending.blend_similar, blending.blend_together, blending.met_most, blending.loudest),
    *(choosing.choose, choosing.fittest, choosing.full),
    *(kin.closest, kin.begin),
]


def compiled() -> list[int]:
    """In how many forms each function is there."""
    return [len(kernel.signatures) for kernel in KERNELS]  # type: ignore[attr-defined]


@pytest.mark.parametrize("models", [listed(), snapshot().models])
def test_nothing_is_compiled_while_a_visitor_waits(models: Models) -> None:
    warming.warm()
    before = compiled()
    shop = replace(snapshot(), models=models)
    visitor = Visitor("visitor-1", cart=(CartItem("tin"), CartItem("apron")))

    for kind in PageType:
        engine.page(shop, visitor, Page(kind, "candle" if kind == PageType.PRODUCT else None, "Kitchen"), None, NOW)
    engine.recommend(shop, visitor, Query("similar", ("candle", "star"), category="Kitchen", new_items_share=0.3), NOW)
    new = replace(capped(), models=models)
    engine.page(new, visitor, Page(PageType.PRODUCT, "candle"), None, NOW)

    for _ in range(2):
        engine.recommend(shop, NOBODY, Query("similar", ("candle",), limit=2), NOW)
        prepare(shop, lambda: True)

    assert min(before) > 0
    assert compiled() == before


def capped() -> Snapshot:
    """A shop with new items, and no more than one of a brand in a list."""
    slot = {"id": "slot", "page_types": ["product"], "strategy": "trending", "same_category": True, "limit": 2}
    rules = [{"id": "one", "max_per": {"brand": 1}}]
    configuration = Configuration.parse({"placements": [{**slot, "new_items_share": 0.5}], "rules": rules})
    new = change("fig", 100, NOW - timedelta(days=2), title="Fig Candle", product_type="Home > Lighting", price="4.00")
    return snapshot(new, configuration=configuration)
