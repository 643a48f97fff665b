"""Whatever is sent, the answer is an answer: never a failure inside."""

from typing import Any

import pytest

from tests.api.conftest import Api

pytestmark = pytest.mark.anyio

VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, 10**30, "", "x" * 300, "\u0000", "a\nb", "😀", "NaN", "1e400",
    [], [1], {}, {"a": 1}, [[]],
]  # fmt: skip
PAGE = ("page", "visitor_id", "customer_id", "customer_token", "session", "cart", "placements", "consent", "language")
LIST = ("strategy", "item_ids", "visitor_id", "session", "cart", "limit", "filter", "exclude", "allow_seen", "explain")
EVENT = (
    "event", "timestamp", "visitor_id", "customer_id", "session_id", "item_id", "quantity", "price", "order_id",
    "value", "currency", "items", "events", "ecommerce", "consent", "event_id", "attribution_token", "customer_token",
)  # fmt: skip
COUPON = ("code", "cart", "customer_id", "visitor_id", "with_codes", "order_id")
ITEM = (
    "id",
    "title",
    "price",
    "sale_price",
    "availability",
    "currency",
    "cost",
    "created_at",
    "product_type",
    "colour",
)


@pytest.mark.parametrize("field", PAGE)
async def test_a_page_of_anything(api: Api, field: str) -> None:
    for value in VALUES:
        body = {"page": {"type": "home"}, field: value}
        response = await api.http.post("/v1/page", json=body, headers=api.public)
        assert response.status_code in {200, 422}, (value, response.text)


@pytest.mark.parametrize("field", COUPON)
@pytest.mark.parametrize("what", ["validate", "redeem", "rollback"])
async def test_a_coupon_of_anything(api: Api, what: str, field: str) -> None:
    lines = [{"item_id": "cup", "quantity": 1, "price": 3}]
    for value in VALUES:
        body: dict[str, Any] = {"code": "X", "order_id": "1", "cart": {"currency": "EUR", "items": lines}, field: value}
        sent = [body, {**body, "cart": {"currency": "EUR", "items": [{**lines[0], "price": value}]}}]
        for one in (*sent, {**body, "cart": {"currency": value, "items": lines}}):
            response = await api.http.post(f"/v1/coupons/{what}", json=one, headers=api.secret)
            assert response.status_code in {200, 404, 409, 422}, (value, response.text)


@pytest.mark.parametrize("field", LIST)
async def test_a_list_of_anything(api: Api, field: str) -> None:
    for value in VALUES:
        body = {"requests": [{"strategy": "similar", "item_ids": ["cup"], field: value}]}
        response = await api.http.post("/v1/recommendations", json=body, headers=api.public)
        assert response.status_code in {200, 422}, (value, response.text)


@pytest.mark.parametrize("field", EVENT)
async def test_an_event_of_anything(api: Api, field: str) -> None:
    for value in VALUES:
        event = {"event": "purchase", "visitor_id": "v", "item_id": "cup", "transaction_id": "1", field: value}
        await api.tell(event, {"client_id": "v", "events": [{"name": "view_item", "params": {field: value}}]})
    await api.page("home", visitor_id="v")


@pytest.mark.parametrize("field", ITEM)
async def test_an_item_of_anything(api: Api, field: str) -> None:
    for value in VALUES:
        response = await api.put_items({"id": "cup", "title": "Cup", field: value})
        assert response.status_code in {200, 422}, (value, response.text)
        await api.page("product", item_id="cup")


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b'{"a":' * 5000, b'"\\ud800"', b"NaN"])
@pytest.mark.parametrize("path", ["/v1/page", "/v1/events", "/v1/recommendations"])
async def test_bytes_of_any_kind(api: Api, path: str, body: bytes) -> None:
    response = await api.http.post(path, content=body, headers=api.public)
    assert response.status_code in {400, 422}


@pytest.mark.parametrize("path", ["%00", "%ff", "%E2%82", "..%2f..%2fetc", "a" * 5000, "%F0%9F%98%80", "%2F"])
async def test_a_path_of_any_kind(api: Api, path: str) -> None:
    response = await api.http.get(f"/v1/similar/{path}", headers=api.public)
    assert response.status_code in {200, 422}
