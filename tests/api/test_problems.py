"""Everything that is not a success looks alike and says what is wrong."""

from typing import Any

import pytest

from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


async def test_an_unknown_path_is_a_problem(api: Api) -> None:
    response = await api.http.get("/nothing")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert response.json()["title"] == "Not Found"


async def test_a_wrong_method_is_a_problem_that_names_the_right_one(api: Api) -> None:
    response = await api.http.get("/v1/page")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_a_body_that_is_not_json_is_a_problem(api: Api) -> None:
    response = await api.http.post("/v1/page", content=b"{", headers=api.public)
    assert (response.status_code, response.json()["type"]) == (400, "urn:vitrine:problem:not-json")


async def test_another_media_type_is_a_problem(api: Api) -> None:
    response = await api.http.post("/v1/page", content=b"<a/>", headers={**api.public, "Content-Type": "text/xml"})
    assert response.status_code == 415


async def test_too_large_a_body_is_a_problem(api: Api) -> None:
    response = await api.http.post("/v1/page", content=b" " * (2**20 + 1), headers=api.public)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "page"),
        ({"page": {"type": "shelf"}}, "page.type"),
        ({"page": {"type": "home"}, "session": [{"item_id": ""}]}, "session[0].item_id"),
        ({"page": {"type": "home"}, "session": [{"item_id": "a", "event": "glance"}]}, "session[0].event"),
        ({"page": {"type": "home"}, "session": [{"item_id": "a"}] * 501}, "session"),
        ({"page": {"type": "home"}, "visitor_id": "a\nb"}, "visitor_id"),
        ({"page": {"type": "home"}, "cart": {"items": [{"item_id": "a", "quantity": -1}]}}, "cart.items[0].quantity"),
        ({"page": {"type": "home"}, "consent": {"analytics": "maybe"}}, "consent.analytics"),
        ([], "body"),
    ],
)
async def test_the_field_that_is_wrong_is_named(api: Api, body: Any, field: str) -> None:
    response = await api.http.post("/v1/page", json=body, headers=api.public)
    assert (response.status_code, response.json()["field"]) == (422, field)


async def test_the_callers_request_id_comes_back(api: Api) -> None:
    response = await api.http.get("/nothing", headers={"X-Request-Id": "abc-1"})
    assert (response.headers["x-request-id"], response.json()["request_id"]) == ("abc-1", "abc-1")


async def test_an_unusable_request_id_is_replaced(api: Api) -> None:
    response = await api.http.get("/healthz", headers={"X-Request-Id": "a b"})
    assert len(response.headers["x-request-id"]) == 32


async def test_a_failure_inside_is_a_problem_without_details(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(api.services.shops), "get", fail)
    response = await api.http.get("/v1/similar/lamp", headers=api.public)
    assert response.status_code == 500
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert "secret detail" not in response.text
    assert api.figure("vitrine_failures_total", error="RuntimeError") == 1.0
