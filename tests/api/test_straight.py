"""The straight way to a route, beside the framework's own."""

import re
from typing import Any

import pytest
from starlette.requests import Request
from starlette.routing import Match, Route

from api.app import create
from api.routes.direct import Direct
from api.straight import Call, Straight
from tests.api.conftest import Api

PATHS = (
    "/healthz", "/v1/page", "/v1/similar/a", "/v1/similar/", "/v1/similar/a/b%20c", "/v1/similar", "/v1/catalog/items",
    "/v1/catalog/items/a/b", "/v1/popups/x/show", "/v1/visitors/v", "/docs", "/openapi.json", "/nothing", "/v1/page/",
)  # fmt: skip


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_a_call_meets_the_route_that_the_framework_would_find(api: Api, method: str) -> None:
    """Whatever is found straight away has the framework's route and parameters; nothing else is found."""
    app = create(api.services)
    for path in PATHS:
        scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
        first = next((one for one in app.routes if one.matches(dict(scope))[0] is Match.FULL), None)
        if app.straight.finds(scope):
            assert scope["route"] is first
            assert scope["path_params"] == first.matches(dict(scope))[1]["path_params"]
        else:
            assert not isinstance(first, Direct) or "{" in re.sub(r"\{\w+:path\}$", "", first.path)


def test_below_a_root_path_the_framework_finds_the_way() -> None:
    """Only the framework knows how a path and its root go together."""
    route = Direct("/v1/page", lambda _: None, methods=["POST"])
    straight = Straight([route, Route("/other", lambda _: None)])
    assert straight.finds({"method": "POST", "path": "/v1/page", "root_path": ""})
    assert not straight.finds({"method": "POST", "path": "/v1/page", "root_path": "/api"})


def test_of_a_header_that_was_sent_twice_the_first_counts() -> None:
    """As the framework has it."""
    call = Call({"type": "http", "headers": [(b"origin", b"https://a.example"), (b"origin", b"https://b.example")]})
    assert call.headers.get("origin") == "https://a.example"


@pytest.mark.parametrize(
    "query", ["", "limit=3&language=de", "key=a&key=b", "limit=", "x=%2B+%C3%A4", "q=" + "y" * 200]
)
def test_a_query_is_read_as_the_framework_reads_it(query: str) -> None:
    """Remembered or not."""
    scope = {"type": "http", "headers": [], "query_string": query.encode()}
    for _ in range(2):
        assert dict(Call(scope).query_params) == dict(Request(scope).query_params)


@pytest.mark.anyio
async def test_errors_of_a_straight_call_are_problems(api: Api) -> None:
    """With the request id, as everywhere."""
    answer = await api.http.get("/v1/similar/a", headers={"X-Vitrine-Key": "nobody's", "X-Request-Id": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (401, "mine")
    assert answer.json()["request_id"] == "mine"
    assert answer.headers["content-type"] == "application/problem+json"
