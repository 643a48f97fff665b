"""Who may call."""

import orjson
import pytest

from tests.api.conftest import Api

pytestmark = pytest.mark.anyio

PAGE = {"page": {"type": "home"}}


async def test_a_call_without_a_key_is_refused(api: Api) -> None:
    response = await api.http.post("/v1/page", json=PAGE)
    assert (response.status_code, response.json()["type"]) == (401, "urn:vitrine:problem:key")


async def test_an_unknown_key_is_refused(api: Api) -> None:
    response = await api.http.post("/v1/page", json=PAGE, headers={"X-Vitrine-Key": "pk_unknown"})
    assert response.status_code == 401


async def test_the_key_may_stand_in_a_text_body(api: Api) -> None:
    body = orjson.dumps({"key": api.keys.public_key, **PAGE})
    response = await api.http.post("/v1/page", content=body, headers={"Content-Type": "text/plain;charset=UTF-8"})
    assert response.status_code == 200


async def test_the_key_in_a_json_body_does_not_count(api: Api) -> None:
    response = await api.http.post("/v1/page", json={"key": api.keys.public_key, **PAGE})
    assert response.status_code == 401


async def test_the_key_may_stand_in_the_query_of_a_get(api: Api) -> None:
    response = await api.http.get("/v1/similar/lamp", params={"key": api.keys.public_key})
    assert response.status_code == 200


async def test_the_key_in_the_query_of_a_post_does_not_count(api: Api) -> None:
    response = await api.http.post("/v1/page", json=PAGE, params={"key": api.keys.public_key})
    assert response.status_code == 401


async def test_the_secret_key_opens_everything(api: Api) -> None:
    assert (await api.http.post("/v1/page", json=PAGE, headers=api.secret)).status_code == 200
    assert (await api.http.get("/v1/config", headers=api.secret)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/config", "/v1/models", "/v1/visitors/v", "/v1/customers/c"])
async def test_the_public_key_does_not_open_what_is_secret(api: Api, path: str) -> None:
    assert (await api.http.get(path, headers=api.public)).status_code == 403
    assert (await api.http.get(path)).status_code == 401


async def test_a_secret_key_sent_as_a_public_one_is_refused(api: Api) -> None:
    response = await api.http.post("/v1/page", json=PAGE, headers={"X-Vitrine-Key": api.keys.secret_key})
    assert response.status_code == 401


async def test_a_public_key_sent_as_a_secret_one_is_refused(api: Api) -> None:
    response = await api.http.get("/v1/config", headers={"Authorization": f"Bearer {api.keys.public_key}"})
    assert response.status_code == 403


async def test_a_key_opens_only_its_own_shop(api: Api) -> None:
    other = api.services.records.shops.create("other")
    response = await api.http.get("/v1/similar/lamp", params={"key": other.public_key})
    assert (response.status_code, response.json()["items"]) == (200, [])
