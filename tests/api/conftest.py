"""A running API in the test's own event loop."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from api.app import create
from api.bootstrap import Services, build, utc_now
from api.settings import Settings
from recommender.artifact import ArtifactStore, artifacts
from recommender.records import ShopKeys

ITEMS: list[dict[str, Any]] = [
    {"id": "lamp", "title": "Red lamp", "price": 10, "product_type": "Lighting", "cost": 4},
    {"id": "bulb", "title": "Light bulb", "price": 2, "product_type": "Lighting"},
    {"id": "cup", "title": "Blue cup", "price": 3, "product_type": "Kitchen"},
    {"id": "plate", "title": "Blue plate", "price": 5, "product_type": "Kitchen"},
    {"id": "sofa", "title": "Green sofa", "price": 400, "product_type": "Furniture"},
]


@dataclass
class Api:
    """A shop's view of the API."""

    http: AsyncClient
    services: Services
    keys: ShopKeys

    @property
    def public(self) -> dict[str, str]:
        return {"X-Vitrine-Key": self.keys.public_key}

    @property
    def secret(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys.secret_key}"}

    @property
    def artifacts(self) -> ArtifactStore:
        return artifacts(self.services.workspace.shop("shop"))

    @property
    def signing_key(self) -> str:
        return self.services.records.shops.get("shop").signing_key

    async def put_items(self, *items: dict[str, Any]) -> Response:
        return await self.http.put("/v1/catalog/items", json=list(items or ITEMS), headers=self.secret)

    async def tell(self, *events: dict[str, Any], secret: bool = False) -> dict[str, Any]:
        headers = self.secret if secret else self.public
        response = await self.http.post("/v1/events", json=list(events), headers=headers)
        assert response.status_code == 202, response.text
        return dict(response.json())

    async def page(self, type_: str = "home", *, headers: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        page = {"type": type_, **({"item_id": more.pop("item_id")} if "item_id" in more else {})}
        response = await self.http.post("/v1/page", json={"page": page, **more}, headers=headers or self.public)
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def recommend(self, strategy: str, *, secret: bool = False, **more: Any) -> list[str]:
        headers = self.secret if secret else self.public
        body = {"requests": [{"strategy": strategy, **more}]}
        response = await self.http.post("/v1/recommendations", json=body, headers=headers)
        assert response.status_code == 200, response.text
        return [item["item_id"] for item in response.json()["results"][0]["items"]]

    def figure(self, name: str, **labels: str) -> float:
        """A metric of this process; 0 where nothing was counted under these labels yet."""
        return self.services.metrics.registry.get_sample_value(name, labels) or 0.0

    async def seen(self, visitor_id: str) -> list[str]:
        """Items in the visitor's history, the latest first."""
        asked = {"strategy": "recently_viewed", "visitor_id": visitor_id}
        body = {"requests": [asked]}
        result = (await self.http.post("/v1/recommendations", json=body, headers=self.public)).json()["results"][0]
        return [item["item_id"] for item in result["items"]] if result["strategy"] == "recently_viewed" else []


@asynccontextmanager
async def running(
    home: Path, *, keys: ShopKeys | None = None, now: Callable[[], datetime] = utc_now, **settings: Any
) -> AsyncIterator[Api]:
    """An API over `home`, with shop `shop`."""
    given = {
        "home": home,
        "holdout": 0.0,
        "replay_share": 0.0,
        "refresh_seconds": 0.05,
        "compaction_seconds": 3600,
        **settings,
    }
    services = build(Settings.load(**given), now=now)
    keys = keys or services.records.shops.create("shop")
    app = create(services)
    transport = ASGITransport(app, client=("127.0.0.1", 5000))
    async with app.router.lifespan_context(app), AsyncClient(transport=transport, base_url="http://api") as http:
        yield Api(http, services, keys)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """An API whose shop has five items and no model."""
    async with running(tmp_path) as started:
        await started.put_items()
        yield started
