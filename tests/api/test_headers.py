"""What answers tell browsers to refuse, and who may read them."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient, Response

from tests.api.conftest import Api, running

pytestmark = pytest.mark.anyio

OURS = "https://shop.example"
STRANGE = (
    "https://evil.example", "http://shop.example", "https://shop.example.evil", "https://shop.example:8443", "null",
    "https://shop.examplé", "https://evil.example#https://shop.example", "", "https://shop.example@evil.example",
    "https://sub.shop.example", "https://shop.example/path", "*", "file://", "https://shop.example https://evil.example",
)  # fmt: skip
SAME = ("https://shop.example", "https://SHOP.example", "https://shop.example:443")
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-vitrine-key"}


@pytest.fixture
async def listed(api: Api) -> Api:
    api.services.records.shops.set_origins("shop", [OURS])
    return api


async def ask(api: Api, origin: str, path: str = "/v1/similar/lamp", **headers: str) -> Response:
    return await api.http.get(path, headers={**api.public, "Origin": origin.encode(), **headers})  # type: ignore[dict-item]


async def preflight(api: Api, origin: str) -> Response:
    return await api.http.options("/v1/page", headers={"Origin": origin.encode(), **PREFLIGHT})  # type: ignore[dict-item]


def from_afar(api: Api, scheme: str = "http") -> AsyncClient:
    app = api.http._transport.app  # type: ignore[attr-defined]
    return AsyncClient(transport=ASGITransport(app, client=("203.0.113.9", 5000)), base_url=f"{scheme}://api")


class TestOrigins:
    async def test_only_the_shops_own_may_call_and_ask(self, listed: Api) -> None:
        for origin in STRANGE:
            for answer in (await ask(listed, origin), await preflight(listed, origin)):
                assert (origin, answer.status_code) == (origin, 403)
                assert not [name for name in answer.headers if name.startswith("access-control")]

    async def test_the_answer_names_exactly_who_asked(self, listed: Api) -> None:
        for origin in SAME:
            for answer in (await ask(listed, origin), await preflight(listed, origin)):
                assert (answer.is_success, answer.headers["access-control-allow-origin"]) == (True, origin)
                assert "Origin" in answer.headers["vary"]

    async def test_cookies_are_never_asked_for(self, listed: Api) -> None:
        answers = [await ask(listed, OURS), await preflight(listed, OURS), await listed.http.get("/vitrine.js")]
        assert not any("access-control-allow-credentials" in answer.headers for answer in answers)
        assert not any("set-cookie" in answer.headers for answer in answers)

    async def test_the_secret_key_is_for_no_page(self, listed: Api) -> None:
        asked = await preflight(listed, OURS)
        assert "authorization" not in asked.headers["access-control-allow-headers"].lower()
        assert asked.headers["access-control-allow-methods"] == "GET, POST"
        answer = await listed.http.get("/v1/config", headers={**listed.secret, "Origin": OURS})
        assert "access-control-allow-origin" not in answer.headers

    async def test_one_shops_origin_is_not_anothers(self, listed: Api) -> None:
        other = listed.services.records.shops.create("other", ["https://other.example"])
        answer = await ask(listed, OURS, **{"X-Vitrine-Key": other.public_key})
        assert answer.status_code == 403


async def test_nothing_is_guessed_from_bytes(api: Api) -> None:
    paths = ("/healthz", "/docs", "/openapi.json", "/vitrine.js", "/nowhere", "/v1/config", "/demo/assets/shop.css")
    answers = [await api.http.get(path) for path in paths]
    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}


async def test_the_documentation_may_do_nothing_and_stand_in_no_frame(api: Api) -> None:
    answer = await api.http.get("/docs")
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"default-src 'none'; style-src 'sha256-{digest}'; " in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.findall(r"\s(?:style|on\w+)=", answer.text)


class TestTls:
    @pytest.fixture
    async def strict(self, tmp_path: Path) -> AsyncIterator[Api]:
        async with running(tmp_path, hsts_seconds=86_400) as started:
            yield started

    async def test_browsers_are_held_to_it_where_they_came_by_it(self, strict: Api) -> None:
        async with from_afar(strict, "https") as by_tls, from_afar(strict) as plain:
            assert (await by_tls.get("/healthz")).headers["strict-transport-security"] == "max-age=86400"
            assert "strict-transport-security" not in (await plain.get("/healthz")).headers

    async def test_without_the_setting_nothing_is_said(self, api: Api) -> None:
        async with from_afar(api, "https") as by_tls:
            assert "strict-transport-security" not in (await by_tls.get("/healthz")).headers


class TestReadiness:
    async def test_from_afar_no_shop_is_named(self, api: Api) -> None:
        async with from_afar(api) as http:
            shown = (await http.get("/readyz")).json()
        assert (shown["ready"], "shops" in shown) == (True, False)

    async def test_a_proxy_on_this_host_is_afar(self, api: Api) -> None:
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            for path, told in (("/readyz", "shops"), ("/metrics", "vitrine_requests")):
                answer = await api.http.get(path, headers={header: "127.0.0.1"})
                assert told not in answer.text

    async def test_what_is_wrong_is_told_from_afar_in_one_word(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: object) -> None:
            raise OSError("no route to db.internal:5432")

        monkeypatch.setattr(type(api.services.records), "ping", fail)
        async with from_afar(api) as http:
            answer = await http.get("/readyz")
        assert answer.json()["checks"]["records"] == {"ok": False, "reason": "OSError"}
        assert "db.internal" in (await api.http.get("/readyz")).text

    async def test_the_operators_token_shows_all(self, tmp_path: Path) -> None:
        async with running(tmp_path, operator_token="t") as api, from_afar(api) as http:
            shown = (await http.get("/readyz", headers={"Authorization": "Bearer t"})).json()
            assert shown["shops"] == {"shop": {"model_version": "none"}}
            for wrong in ("Bearer ", "Bearer tt", "Bearer T", "t", "Basic t", "bearer t"):
                assert (await http.get("/metrics", headers={"Authorization": wrong})).status_code == 401

    @pytest.mark.parametrize("token", ["", None])
    async def test_an_empty_token_opens_nothing(self, tmp_path: Path, token: str | None) -> None:
        async with running(tmp_path, operator_token=token) as api, from_afar(api) as http:
            assert (await http.get("/metrics", headers={"Authorization": "Bearer "})).status_code == 401
