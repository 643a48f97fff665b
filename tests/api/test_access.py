"""Every call with every wrong key: nobody gets in, nobody sees or changes what is another shop's.

The calls are read from the OpenAPI document, so one that is added is tried as well.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import select

from api import routes
from api.documentation import EITHER, SECRET, examples
from recommender.records import ShopKeys
from recommender.records.tables import METADATA
from tests.api.artifacts import publish
from tests.api.conftest import ITEMS, Api, running

pytestmark = pytest.mark.anyio

OURS = "https://shop.example"
OPEN = {"healthz", "readyz", "metrics", "snippet", "popup_module"}
BOTH = {"page", "similar", "recommendations", "events", "show_popup", "dismiss_popup"}
UNDESCRIBED = {"/docs", "/openapi.json", "/docs/oauth2-redirect"}
CAMPAIGN = {
    "id": "gift",
    "where": {"page_types": ["home"]},
    "offer": {"percent": 10, "code": {"generated": {}}},
    "content": {"headline": "Only for ours"},
}
MARKS = ("Only for ours", "event-of-ours", *(item["title"] for item in ITEMS))
"""What no answer to anybody else may hold."""


@dataclass(frozen=True)
class Call:
    """A call as the document describes it."""

    name: str
    method: str
    path: str
    security: list[dict[str, Any]]


def calls() -> list[Call]:
    service = FastAPI()
    for router in routes.routers():
        service.include_router(router)
    described = service.openapi()["paths"]
    return [
        Call(call["operationId"], method.upper(), path, call.get("security", []))
        for path, methods in described.items()
        for method, call in methods.items()
    ]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Two:
    """An API with two shops: ours, of which there is much to see, and another one."""

    api: Api
    other: ShopKeys
    replaced: ShopKeys
    """Ours, before they were replaced."""
    paths: dict[str, str]
    bodies: dict[str, Any]

    async def send(self, call: Call, headers: dict[str, str], **query: str) -> Response:
        path = call.path.format(**self.paths)
        body = self.bodies.get(call.name, examples().get(call.name, {}).get("request"))
        return await self.api.http.request(call.method, path, json=body, headers=headers, params=query)

    async def kept(self) -> list[Any]:
        """Everything of ours: the records' rows, and what our server may read."""
        with self.api.services.records.database.read() as connection:
            tables = [table for table in METADATA.sorted_tables if "shop" in table.c and table.name != "keys"]
            rows = [connection.execute(select(table).where(table.c.shop == "shop")).all() for table in tables]
        read = ("/v1/config", "/v1/models", "/v1/visitors/visitor", "/v1/customers/customer")
        return [*rows, *[(await self.api.http.get(path, headers=self.api.secret)).json() for path in read]]


@pytest.fixture(scope="module")
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    async with running(tmp_path_factory.mktemp("two")) as api:
        shops = api.services.records.shops
        other, replaced = shops.create("other", [OURS]), api.keys
        api.keys = ShopKeys("shop", shops.rotate("shop", "public"), shops.rotate("shop", "secret"))
        shops.set_origins("shop", [OURS])
        await api.put_items()
        published = publish(api.artifacts, *(item["id"] for item in ITEMS))
        document = {"campaigns": [CAMPAIGN]}
        assert (await api.http.put("/v1/config", json=document, headers=api.secret)).status_code == 200
        seen = {"event": "view_item", "item_id": "cup", "visitor_id": "visitor", "customer_id": "customer"}
        await api.tell({**seen, "event_id": "event-of-ours"}, secret=True)
        (popup,) = (await api.page("home", visitor_id="visitor", headers=api.secret))["popups"]
        armed = {"arm_token": popup["arm_token"]}
        shown = await api.http.post("/v1/popups/gift/show", json=armed, headers=api.secret)
        code, cart = shown.json()["offer"]["code"], {"currency": "EUR", "items": [{"item_id": "cup", "price": 3}]}
        order = {"code": code, "cart": cart, "order_id": "1"}
        paths = {"item_id": "cup", "visitor_id": "visitor", "customer_id": "customer", "campaign_id": "gift"}
        bodies = {"show_popup": armed, "dismiss_popup": armed, "validate_coupon": order, "redeem_coupon": order,
                  "rollback_coupon": order, "events": [seen]}  # fmt: skip
        yield Two(api, other, replaced, {**paths, "version": published}, bodies)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def public(key: str, origin: str | None = None) -> dict[str, str]:
    return {"X-Vitrine-Key": key, **({"Origin": origin} if origin else {})}


def nobodys(two: Two) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Keys that open nothing: what they are, headers, query."""
    secret, old = two.api.keys.secret_key, two.replaced
    yield "none", {}, {}
    yield "garbage", public("pk_garbage"), {}
    yield "garbage in the query", {}, {"key": "pk_garbage"}
    yield "garbage as a secret", bearer("sk_garbage"), {}
    yield "half a secret", bearer(secret[:-1]), {}
    yield "an empty secret", {"Authorization": "Bearer "}, {}
    yield "a secret as a password", {"Authorization": f"Basic {secret}"}, {}
    yield "the secret in a page's header", public(secret), {}
    yield "the secret in the query", {}, {"key": secret}
    yield "a replaced public key", public(old.public_key), {}
    yield "a replaced secret", bearer(old.secret_key), {}
    yield "the end that is shown of a secret", bearer(f"sk_{secret[-4:]}"), {}
    yield "another header", {"X-Api-Key": secret, "Cookie": f"key={secret}"}, {}


def lesser(two: Two, call: Call) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    """Keys of somebody who may not do this."""
    key = two.api.keys.public_key
    yield "the public key as a secret", bearer(key), {}
    for origin in ("https://evil.example", "null", "http://shop.example", f"{OURS}.evil.example", f"{OURS}:8443", ""):
        yield f"from {origin!r}", {**public(key), "Origin": origin}, {}
    if call.security == SECRET:
        yield "the public key", public(key, OURS), {}
        yield "another shop's public key", public(two.other.public_key), {}


def test_every_call_says_who_may_make_it() -> None:
    told = {call.name: call.security for call in calls()}
    assert {name for name, security in told.items() if not security} == OPEN
    assert {name for name, security in told.items() if security == EITHER} == BOTH
    assert all(security == SECRET for name, security in told.items() if name not in OPEN | BOTH)


async def test_nothing_is_served_that_is_not_described_but_pages_for_people(two: Two) -> None:
    app = two.api.http._transport.app  # type: ignore[attr-defined]
    served = {route.path for route in app.routes if not getattr(route, "include_in_schema", True)}
    assert {path for path in served if not path.startswith("/demo")} <= UNDESCRIBED


@pytest.mark.parametrize("call", [call for call in calls() if call.security], ids=lambda call: call.name)
async def test_a_wrong_key_opens_nothing(two: Two, call: Call) -> None:
    for what, headers, query in nobodys(two):
        answer = await two.send(call, headers, **query)
        assert (what, answer.status_code, answer.json()["type"]) == (what, 401, "urn:vitrine:problem:key")
        assert answer.headers["www-authenticate"] == "Bearer"
    for what, headers, query in lesser(two, call):
        answer = await two.send(call, headers, **query)
        assert (what, answer.status_code) == (what, 403)
        assert "access-control-allow-origin" not in answer.headers or headers.get("Origin") == OURS


@pytest.mark.parametrize("call", [call for call in calls() if call.security == EITHER], ids=lambda call: call.name)
async def test_the_public_key_opens_what_pages_need_from_the_shops_own_origin(two: Two, call: Call) -> None:
    answer = await two.send(call, public(two.api.keys.public_key, OURS))
    assert (answer.is_success, answer.headers["access-control-allow-origin"]) == (True, OURS)


async def test_all_these_refusals_changed_nothing(two: Two) -> None:
    before = await two.kept()
    for call in calls():
        if call.security:
            for _, headers, query in (*nobodys(two), *lesser(two, call)):
                assert (await two.send(call, headers, **query)).status_code in {401, 403}
    assert await two.kept() == before


async def test_another_shop_sees_and_changes_nothing_of_ours(two: Two) -> None:
    before, statuses = await two.kept(), {}
    assert all(mark in str(before) for mark in MARKS)  # so they would be found
    for headers in (bearer(two.other.secret_key), public(two.other.public_key)):
        for call in calls():
            if call.security == EITHER or (call.security and headers == bearer(two.other.secret_key)):
                answer = await two.send(call, headers)
                statuses[call.name] = answer.status_code
                assert [mark for mark in MARKS if mark in answer.text] == [], call
    assert await two.kept() == before
    gone = {"patch_item", "delete_item", "publish_model", "preview_popup", "rollback_coupon"}
    assert {name for name, status in statuses.items() if status == 404} == gone
    assert {name for name, status in statuses.items() if status == 422} == {"show_popup", "dismiss_popup"}
    assert {name for name, status in statuses.items() if status == 409} == {"redeem_coupon"}


async def test_another_shop_has_ids_of_its_own(two: Two) -> None:
    theirs = bearer(two.other.secret_key)
    event = {"event": "view_item", "item_id": "cup", "visitor_id": "visitor", "event_id": "event-of-ours"}
    await two.api.http.post("/v1/events", json=event, headers=theirs)
    exported = (await two.api.http.get("/v1/visitors/visitor", headers=theirs)).json()
    assert "customer" not in exported["customer_ids"]
    before = await two.kept()
    assert (await two.api.http.delete("/v1/visitors/visitor", headers=theirs)).status_code == 200
    assert await two.kept() == before
