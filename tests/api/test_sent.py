"""Bodies, headers and ids that somebody sends who wants a service to fail."""

import gzip
from itertools import product
from pathlib import Path

import orjson
import pytest

from tests import services
from tests.api.conftest import Api, running
from tests.proofs.hostile import lists, objects

pytestmark = pytest.mark.anyio

IDS = [
    "ИД-42",
    "商品",
    "سلعة",
    "שלום",
    "ไทย",
    "👩‍👩‍👧‍👦",
    "é",
    "e\u0301",
    "../../etc/passwd",
    "/",
    "a/../b",
    "%2e%2e",
    "C:\\con",
    "=1+1",
]
"""Ids that any shop may have."""
REFUSED_IDS = ["\0", "a\0b", "a\nb", "x" * 257, "x" * 10_000, "😀" * 257]


def _quoted(id_: str) -> str:
    return "".join(f"%{byte:02X}" for byte in id_.encode())


async def test_an_id_of_any_script_goes_in_and_comes_out_as_it_was(api: Api) -> None:
    for id_ in IDS:
        await _through(api, id_)


async def _through(api: Api, id_: str) -> None:
    assert (await api.put_items({"id": id_, "title": "T", "product_type": "Lighting"})).status_code == 200
    await api.tell({"event": "view_item", "item_id": id_, "visitor_id": id_})
    assert id_ in await api.recommend("similar", item_ids=["lamp"])
    assert await api.seen(id_) == [id_]
    patched = await api.http.patch(f"/v1/catalog/items/{_quoted(id_)}", json={"price": 3}, headers=api.secret)
    assert patched.json()["item"]["id"] == id_
    assert (await api.http.get(f"/v1/visitors/{_quoted(id_)}", headers=api.secret)).json()["visitor_id"] == id_
    assert (await api.http.delete(f"/v1/catalog/items/{_quoted(id_)}", headers=api.secret)).status_code == 200


async def test_an_id_that_nothing_can_have_is_refused_by_its_field(api: Api) -> None:
    for id_ in REFUSED_IDS:
        await _refused(api, id_)


async def _refused(api: Api, id_: str) -> None:
    for method, place, field in [
        ("GET", "similar", "item_id"), ("PATCH", "catalog/items", "item_id"), ("DELETE", "catalog/items", "item_id"),
        ("GET", "visitors", "visitor_id"), ("DELETE", "visitors", "visitor_id"), ("GET", "customers", "customer_id"),
    ]:  # fmt: skip
        body = {"content": b"{}"} if method == "PATCH" else {}
        response = await api.http.request(method, f"/v1/{place}/{_quoted(id_)}", headers=api.secret, **body)
        assert (response.status_code, response.json()["field"]) == (422, field)
    told = await api.tell({"event": "view_item", "item_id": id_, "visitor_id": "v"})
    assert [one["field"] for one in told["rejected"]] == ["item_id"]


@pytest.mark.postgres
async def test_postgresql_never_meets_what_it_cannot_hold(tmp_path: Path, postgres_url: str) -> None:
    async with running(tmp_path, database_url=services.new_database(postgres_url, "sent")) as api:
        await api.put_items({"id": "cup", "title": "a\0b", "colour": "\0", "\0": 1})
        for method, path in [("PATCH", "catalog/items"), ("DELETE", "catalog/items"), ("GET", "visitors")]:
            body = {"content": b"{}"} if method == "PATCH" else {}
            response = await api.http.request(method, f"/v1/{path}/a%00", headers=api.secret, **body)
            assert response.status_code == 422, response.text
        assert (await api.http.get("/v1/similar/cup?key=%00")).status_code == 401
        assert (await api.http.get("/v1/similar/cup", headers=api.public)).status_code == 200


async def test_a_body_that_is_nested_too_deep_is_refused(api: Api) -> None:
    for call, body in product(
        ["page", "events", "recommendations", "coupons/validate", "segments/preview"],
        [lists(33), lists(900), objects(33), objects(900)],
    ):
        response = await api.http.post(f"/v1/{call}", content=orjson.dumps(body), headers=api.secret)
        assert (response.status_code, response.json()["field"]) == (422, "body")


async def test_a_body_may_be_nested_as_deep_as_the_limit(api: Api) -> None:
    response = await api.http.post("/v1/events", content=orjson.dumps([{"a": lists(30)}]), headers=api.secret)
    assert response.json()["rejected"][0]["field"] == "event"


async def test_a_compressed_body_is_not_unpacked(api: Api) -> None:
    bomb = gzip.compress(b"[" + b" " * (64 << 20) + b"]")
    headers = {**api.public, "Content-Encoding": "gzip"}
    response = await api.http.post("/v1/events", content=bomb, headers=headers)
    assert (response.status_code, response.json()["field"]) == (415, "Content-Encoding")
    assert response.headers["accept-encoding"] == "identity"


async def test_a_length_that_is_none_is_refused(api: Api) -> None:
    for length in ("-1", "x", "²", "9" * 19, "9" * 5000):
        headers = {**api.public, "Content-Length": length.encode()}
        assert (await api.http.post("/v1/events", content=b"[]", headers=headers)).status_code == 400  # type: ignore[arg-type]


async def test_a_number_that_is_none_is_no_json(api: Api) -> None:
    for text in ("NaN", "Infinity", "-Infinity", "1e999"):
        body = f'{{"page": {{"type": "home"}}, "cart": {{"items": [{{"item_id": "cup", "price": {text}}}]}}}}'
        assert (await api.http.post("/v1/page", content=body, headers=api.public)).status_code == 400


async def test_what_events_have_in_common_is_not_multiplied_without_bounds(api: Api) -> None:
    event = {"name": "page_view"}
    common = {f"p{number}": "x" * 20 for number in range(1000)}
    for body, status in [
        ({"client_id": "v", "events": [event] * 1001}, 413),
        ({"client_id": "v", **common, "events": [event]}, 413),
        ({"client_id": "v", "events": [event] * 1000}, 202),
    ]:
        response = await api.http.post("/v1/events", json=body, headers=api.secret)
        assert response.status_code == status, response.text
    told = await api.tell({"client_id": "v", "events": [event] * 25}, {"client_id": "v", "events": [event] * 26})
    assert (told["accepted"], [one["field"] for one in told["rejected"]]) == (25, ["events"])


async def test_a_bundle_without_anything_in_common_is_one(api: Api) -> None:
    told = await api.tell(*[{"events": [{"name": "page_view", "params": {"visitor_id": "v"}}]}])
    body = {"events": [{"name": "page_view", "params": {"visitor_id": "v"}}]}
    response = await api.http.post("/v1/events", json=body, headers=api.public)
    assert (told["accepted"], response.json()["accepted"]) == (1, 1)


async def test_a_version_that_is_none_is_refused(api: Api) -> None:
    for version in ('"²"', '"' + "9" * 19 + '"', "9" * 5000, "x"):
        headers = {**api.secret, "If-Match": version.encode()}
        assert (await api.http.put("/v1/config", json={}, headers=headers)).status_code == 400  # type: ignore[arg-type]


async def test_a_preview_of_a_cart_without_end_is_refused(api: Api) -> None:
    path = "/v1/popups/last-chance/preview"
    response = await api.http.get(path, params={"cart": "cup," * 500 + "cup"}, headers=api.secret)
    assert (response.status_code, response.json()["field"]) == (422, "cart")


async def test_the_demos_cookies_hold_whatever_is_typed(api: Api) -> None:
    for code in ("日本", "é", "a\0b", "=1+1", "x" * 300):
        answer = await api.http.get("/demo/cart", params={"code": code})
        assert answer.status_code == 303
        assert answer.headers["set-cookie"].isascii()
    for quantity in ("²", "٣", "9" * 5000, "-1", "x"):
        answer = await api.http.post("/demo/cart", data={"item_id": "日本", "quantity": quantity})
        assert answer.status_code == 303
