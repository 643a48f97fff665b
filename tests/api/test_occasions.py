"""Audiences over HTTP: what a visitor does today reaches the campaigns of their next page, and its items the popup."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.artifact import ArtifactStore
from recommender.models.intent.course import FEATURES
from recommender.models.intent.model import IntentConfig, IntentModel
from recommender.models.models import Models
from recommender.models.replenishment import ReplenishmentModel
from tests.api.artifacts import DATA_END, add, people
from tests.api.conftest import Api, running
from tests.api.test_popups import Clock, arm, configure, show

pytestmark = pytest.mark.anyio

OCCASIONS = ("replenishment_due", "replenishment_late", "price_drop", "back_in_stock", "cart_abandoned")


def campaign(segment: str, **content: Any) -> dict[str, Any]:
    """One that is for this segment only."""
    return {"id": segment.replace("_", "-"), "whom": {"segments": [segment]}, "content": content}


@asynccontextmanager
async def shop(home: Path, clock: Callable[[], datetime]) -> AsyncIterator[Api]:
    """A shop with a campaign for each occasion, which shows the occasion's items."""
    async with running(home, now=clock) as api:
        await api.put_items()
        await configure(api, *(campaign(name, products={"occasion": name}) for name in OCCASIONS))
        yield api


async def reminded(api: Api, campaign_id: str) -> list[str]:
    """The items that a campaign shows when it opens; none when it is not armed."""
    popups = await arm(api, "home")
    if campaign_id not in popups:
        return []
    return [item["item_id"] for item in (await show(api, popups[campaign_id]))["content"]["products"]]


async def patch(api: Api, item_id: str, **changes: Any) -> None:
    response = await api.http.patch(f"/v1/catalog/items/{item_id}", json=changes, headers=api.secret)
    assert response.status_code == 200, response.text


async def test_an_item_that_costs_less_than_when_it_was_looked_at_is_told_of(tmp_path: Path) -> None:
    clock = Clock()
    async with shop(tmp_path, clock) as api:
        for item in ("lamp", "cup"):
            await api.tell({"event": "view_item", "visitor_id": "v", "item_id": item, "price": 99})
        clock.on(days=1)
        assert await arm(api, "home") == {}
        await patch(api, "lamp", sale_price=8)
        await patch(api, "cup", price=4)
        assert await reminded(api, "price-drop") == ["lamp"]


async def test_what_was_bought_or_looked_at_again_is_no_longer_cheaper(tmp_path: Path) -> None:
    clock = Clock()
    async with shop(tmp_path, clock) as api:
        for item in ("lamp", "cup"):
            await api.tell({"event": "view_item", "visitor_id": "v", "item_id": item})
            await patch(api, item, sale_price=1)
        clock.on(minutes=1)
        await api.tell({"event": "view_item", "visitor_id": "v", "item_id": "lamp"})
        await api.tell({"event": "purchase", "visitor_id": "v", "transaction_id": "o1", "items": [{"item_id": "cup"}]})
        assert "price-drop" not in await arm(api, "home")


async def test_what_came_back_after_a_look_is_told_of_and_what_is_away_again_is_not(tmp_path: Path) -> None:
    clock = Clock()
    async with shop(tmp_path, clock) as api:
        await patch(api, "lamp", availability="out_of_stock")
        for item in ("lamp", "cup", "plate"):
            await api.tell({"event": "view_item", "visitor_id": "v", "item_id": item})
        clock.on(hours=2)
        for item in ("cup", "plate"):
            await patch(api, item, availability="out_of_stock")
        assert "back-in-stock" not in await arm(api, "home")
        clock.on(hours=2)
        for item in ("lamp", "cup"):
            await patch(api, item, availability="in_stock")
        assert sorted(await reminded(api, "back-in-stock")) == ["cup", "lamp"]


async def test_a_cart_of_an_earlier_visit_is_abandoned_until_it_is_bought(tmp_path: Path) -> None:
    clock = Clock()
    async with shop(tmp_path, clock) as api:
        for name, item in (("add_to_cart", "lamp"), ("add_to_cart", "cup"), ("add_to_cart", "plate")):
            await api.tell({"event": name, "visitor_id": "v", "item_id": item})
        clock.on(seconds=9)
        await api.tell({"event": "remove_from_cart", "visitor_id": "v", "item_id": "plate"})
        assert await arm(api, "home") == {}
        clock.on(hours=1)
        assert sorted(await reminded(api, "cart-abandoned")) == ["cup", "lamp"]
        inside = {"currency": "EUR", "items": [{"item_id": "lamp"}, {"item_id": "cup"}]}
        clock.on(days=2)
        assert "cart-abandoned" not in await arm(api, "home", cart=inside)
        await api.tell({"event": "purchase", "visitor_id": "v", "transaction_id": "o1", "value": 13}, secret=True)
        assert "cart-abandoned" not in await arm(api, "home")


def published(api: Api, **parts: Any) -> None:
    """Put a model into service that knows more than which items sell."""
    made = add(api.artifacts, "bulb", "cup", "lamp", "plate", "sofa")
    store: ArtifactStore = api.artifacts
    models: Models = replace(made.models, **parts)
    manifest = made.manifest.model_copy(update={"files": {}, "fingerprint": "with more"})
    store.publish(store.add(models, manifest).version)


async def model_read(api: Api) -> None:
    """Wait for nothing: the process looks for the new model now."""
    (await api.services.shops.get("shop")).refresh()


async def test_a_regular_item_is_due_then_late_then_given_up(tmp_path: Path) -> None:
    """Bought twice, ten days apart: due after nine days, late after fifteen, forgotten after thirty."""
    clock = Clock()
    async with shop(tmp_path, clock) as api:
        published(api, replenishment=ReplenishmentModel(np.full(5, 10, np.float32)))
        await model_read(api)
        for order, ago in (("o1", 10), ("o2", 0)):
            moment = (clock.now - timedelta(days=ago)).isoformat()
            about = {"transaction_id": order, "timestamp": moment, "items": [{"item_id": "bulb", "price": 2}]}
            await api.tell({"event": "purchase", "visitor_id": "v", **about}, secret=True)
        clock.on(days=8.9)
        assert await arm(api, "home") == {}
        clock.on(days=0.2)
        assert await reminded(api, "replenishment-due") == ["bulb"]
        clock.on(days=6)
        assert await reminded(api, "replenishment-late") == ["bulb"]
        clock.on(days=15)
        assert await arm(api, "home") == {}


async def test_a_habit_that_only_the_models_know_is_due(tmp_path: Path) -> None:
    """Two lamps ten days apart, both before the visitor's state: due nine days after the second."""
    clock = Clock()
    async with shop(tmp_path, clock) as api:
        first, last = (np.array([(clock.now - timedelta(days=ago)).timestamp()], np.int64) for ago in (18.9, 8.9))
        once = people("visitor:v")["histories"]
        twice = replace(once, purchase_counts=np.full(1, 2, np.int32), purchase_first=first, purchase_last=last)
        published(api, replenishment=ReplenishmentModel(np.full(5, 10, np.float32)), histories=twice)
        await model_read(api)
        assert await arm(api, "home") == {}
        clock.on(days=0.2)
        assert await reminded(api, "replenishment-due") == ["bulb"]


def intent() -> IntentModel:
    """Who puts something into the cart buys in nine of ten cases, others never."""
    table = np.zeros((1000, len(FEATURES)), np.float32)
    table[500:, FEATURES.index("adds")] = 1
    bought = (np.arange(1000) >= 500) & (np.arange(1000) % 10 > 0)
    return IntentModel.fit(table, bought, FEATURES, IntentConfig(trees=50, folds=2))


async def test_intent_follows_each_event_and_reaches_campaigns_and_previews(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        segments = ("buys_anyway", "will_not_buy", "purchase_intent >= 0.8", "purchase_intent < 0.1")
        campaigns = [campaign(name) | {"id": f"c{place}"} for place, name in enumerate(segments)]
        await configure(api, *campaigns)
        assert await arm(api, "home") == {}
        published(api, intent=intent())
        await model_read(api)
        await api.tell({"event": "view_item", "visitor_id": "v", "item_id": "lamp"})
        assert list(await arm(api, "home")) == ["c1", "c3"]
        await api.tell({"event": "add_to_cart", "visitor_id": "v", "item_id": "lamp"})
        assert list(await arm(api, "home")) == ["c0", "c2"]
        path = "/v1/popups/c1/preview?visitor_id=v&page_type=home"
        preview = (await api.http.get(path, headers=api.secret)).json()
        assert preview["facts"]["purchase_intent"] == pytest.approx(0.9, abs=0.01)
        assert preview["facts"]["intent"] == "buys_anyway"
        assert preview["facts"]["occasions"] == {}
        denied = {"analytics": "denied", "personalization": "denied", "storage": "denied"}
        assert await arm(api, "home", consent=denied) == {}
    assert clock.now > DATA_END
