"""Which pages may call."""

import asyncio
from collections.abc import Sequence
from functools import partial
from threading import Event

import pytest
from sqlalchemy.exc import OperationalError

from recommender.records import Shop
from tests.api.conftest import Api

pytestmark = pytest.mark.anyio

OURS = "https://shop.example"
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-vitrine-key"}


@pytest.fixture
async def listed(api: Api) -> Api:
    api.services.records.shops.set_origins("shop", [OURS])
    return api


async def ask(api: Api, origin: str | None) -> tuple[int, str | None]:
    headers = {**api.public, **({"Origin": origin} if origin else {})}
    response = await api.http.get("/v1/similar/lamp", headers=headers)
    return response.status_code, response.headers.get("access-control-allow-origin")


async def test_a_listed_origin_may_read_the_answer(listed: Api) -> None:
    assert await ask(listed, OURS) == (200, OURS)


@pytest.mark.parametrize("origin", ["https://evil.example", "http://shop.example", "https://shop.example.evil", "null"])
async def test_another_origin_is_refused(listed: Api, origin: str) -> None:
    assert await ask(listed, origin) == (403, None)


async def test_a_call_without_origin_is_accepted(listed: Api) -> None:
    assert await ask(listed, None) == (200, None)


async def test_a_shop_without_a_list_accepts_all(api: Api) -> None:
    assert await ask(api, "https://anywhere.example") == (200, "https://anywhere.example")


async def test_answers_vary_by_origin(listed: Api) -> None:
    response = await listed.http.get("/v1/similar/lamp", headers={**listed.public, "Origin": OURS})
    assert "Origin" in response.headers["vary"]


async def test_a_page_may_read_what_it_did_wrong(listed: Api) -> None:
    response = await listed.http.post("/v1/page", json={}, headers={**listed.public, "Origin": OURS})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (422, OURS)


async def test_a_preflight_from_a_listed_origin_is_allowed(listed: Api) -> None:
    response = await listed.http.options("/v1/page", headers={"Origin": OURS, **ASKING})
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (204, OURS)
    assert "X-Vitrine-Key" in response.headers["access-control-allow-headers"]


async def test_a_preflight_from_another_origin_is_refused(listed: Api) -> None:
    response = await listed.http.options("/v1/page", headers={"Origin": "https://evil.example", **ASKING})
    assert (response.status_code, "access-control-allow-origin" in response.headers) == (403, False)


async def test_preflights_at_once_wait_for_the_first_look(listed: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is refused because nobody knows yet; the shops are asked for once."""
    records = listed.services.records.shops
    begun, go, looks, look = Event(), Event(), [], records.all

    def slow() -> Sequence[Shop]:
        looks.append(1)
        begun.set()
        assert go.wait(10)
        return look()

    monkeypatch.setattr(records, "all", slow)
    ask = partial(listed.http.options, "/v1/page", headers={"Origin": OURS, **ASKING})
    first = asyncio.create_task(ask())
    await asyncio.to_thread(begun.wait, 10)
    second = asyncio.create_task(ask())
    await asyncio.sleep(0.01)
    go.set()
    assert [(await one).status_code for one in (first, second)] == [204, 204]
    assert len(looks) == 1


async def test_a_preflight_goes_by_what_was_known_while_the_records_are_away(
    listed: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing was known yet, it is told that it may try again."""

    def fail() -> list[Shop]:
        raise OperationalError("SELECT", {}, Exception("silent"))

    ask = partial(listed.http.options, "/v1/page", headers={"Origin": OURS, **ASKING})
    with monkeypatch.context() as away:
        away.setattr(listed.services.records.shops, "all", fail)
        for _ in range(2):
            refused = await ask()
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert (await ask()).status_code == 204
    monkeypatch.setattr("api.origins.FRESH_SECONDS", 0.0)
    monkeypatch.setattr(listed.services.records.shops, "all", fail)
    assert [(await ask()).status_code for _ in range(2)] == [204, 204]


@pytest.mark.parametrize("path", ["/vitrine.js", "/vitrine-popups.js"])
async def test_the_snippet_may_be_loaded_from_everywhere(listed: Api, path: str) -> None:
    response = await listed.http.get(path, headers={"Origin": "https://evil.example"})
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
