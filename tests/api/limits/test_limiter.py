"""Calls that come too often are refused, and say so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.requests import Request

from api.exchange import open_exchange
from api.limits.addresses import disguised
from api.limits.buckets import FULL
from api.limits.limiter import Limiter
from api.metrics import Metrics
from api.settings import Settings
from api.state.memory import MemoryState
from api.state.redis import RedisState
from api.state.resilient import ResilientState
from api.state.store import StateStore
from recommender.breaker import Breaker
from recommender.records import Shop
from tests.api.conftest import Api, running
from tests.conftest import NOW

pytestmark = pytest.mark.anyio

Pair = tuple[Limiter, Limiter]
FAR = "203.0.113.9"
SMALL = {"rate_visitor": 5, "rate_address": 20, "rate_key": 1000, "rate_secret": 8, "rate_codes": 2}
CODES = {"id": "gift", "offer": {"percent": 10, "code": {"generated": {}}}, "content": {"headline": "For you"}}


@asynccontextmanager
async def limited(home: Path, **settings: Any) -> AsyncIterator[Api]:
    """An API whose limits see a clock that stands still."""
    async with running(home, **settings) as api:
        api.services.limits._clock = lambda: 1000.0
        yield api


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Api]:
    """An API with small limits, of which no time gives anything back."""
    async with limited(tmp_path, **SMALL) as api:
        yield api


def told(answer: Response) -> tuple[int, ...]:
    """Limit, what is left of it, and seconds until all of it is."""
    return tuple(int(answer.headers[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset"))


async def page(api: Api, visitor: str | None = "v", http: AsyncClient | None = None, **headers: str) -> Response:
    body: dict[str, Any] = {"page": {"type": "home"}, **({"visitor_id": visitor} if visitor else {})}
    return await (http or api.http).post("/v1/page", json=body, headers={**api.public, **headers})


def far(api: Api, host: str = FAR) -> AsyncClient:
    """A client somewhere on the internet."""
    app = api.http._transport.app  # type: ignore[attr-defined]
    return AsyncClient(transport=ASGITransport(app, client=(host, 5000)), base_url="http://api")


async def test_an_answer_says_how_much_is_left_of_the_nearest_limit(strict: Api) -> None:
    assert [told(await page(strict)) for _ in range(3)] == [(5, 4, 12), (5, 3, 24), (5, 2, 36)]
    assert told(await page(strict, visitor=None)) == (1000, 996, 1)


async def test_a_visitor_who_calls_too_often_is_told_when_to_come_back(strict: Api) -> None:
    for _ in range(5):
        await page(strict)
    refused = await page(strict, Origin="https://shop.example")
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:vitrine:problem:too-many-calls")
    assert (refused.json()["limit"], told(refused)[:2]) == ("visitor", (5, 0))
    assert refused.headers["retry-after"] == "12"
    assert refused.headers["access-control-allow-origin"] == "https://shop.example"
    assert "RateLimit-Reset" in refused.headers["access-control-expose-headers"]
    assert (await page(strict, visitor="w")).status_code == 200


async def test_every_event_counts_and_a_refused_call_stores_nothing(strict: Api) -> None:
    events = [{"event": "view_item", "item_id": "cup", "visitor_id": "v"}] * 3
    sent = [await strict.http.post("/v1/events", json=events, headers=strict.public) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [202, 429]
    exported = (await strict.http.get("/v1/visitors/v", headers=strict.secret)).json()
    assert len(exported["events"]) == 3
    assert (await page(strict, visitor="v")).status_code == 200


async def test_lists_for_many_visitors_count_for_each(strict: Api) -> None:
    asked = [{"strategy": "trending", "visitor_id": visitor} for visitor in "vvvvvw"]
    answers = [
        (await strict.http.post("/v1/recommendations", json={"requests": some}, headers=strict.public)).status_code
        for some in (asked, asked[:1], asked[-1:])
    ]
    assert answers == [200, 429, 200]


async def test_whoever_did_not_allow_to_be_remembered_is_not_counted(strict: Api) -> None:
    body = {"page": {"type": "home"}, "visitor_id": "v", "consent": "denied"}
    for _ in range(7):
        answer = await strict.http.post("/v1/page", json=body, headers=strict.public)
        assert (answer.status_code, told(answer)[0]) == (200, 1000)


async def test_the_shops_server_has_a_limit_of_its_own(strict: Api) -> None:
    answers = [await strict.http.get("/v1/config", headers=strict.secret) for _ in range(9)]
    assert [answer.status_code for answer in answers] == [*[200] * 8, 429]
    assert told(answers[0])[:2] == (8, 7)
    assert answers[-1].json()["limit"] == "secret"
    assert (await page(strict)).status_code == 200


async def test_the_shops_pages_have_one_together(tmp_path: Path) -> None:
    async with limited(tmp_path, rate_key=2) as api:
        other = api.services.records.shops.create("other")
        answers = [await api.http.get("/v1/similar/x", headers=api.public) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert (await api.http.get("/v1/similar/x", headers={"X-Vitrine-Key": other.public_key})).status_code == 200


async def test_many_visitors_from_one_address_are_limited_together(strict: Api) -> None:
    async with far(strict) as http, far(strict, "198.51.100.1") as elsewhere:
        answers = [(await page(strict, str(number), http)).status_code for number in range(21)]
        assert answers == [*[200] * 20, 429]
        assert (await page(strict, "1", elsewhere)).status_code == 200
    for number in range(25):
        assert (await page(strict, str(number))).status_code == 200


async def test_codes_cannot_be_collected_with_many_visitor_ids(strict: Api) -> None:
    document = {"campaigns": [{**CODES, "where": {"page_types": ["home"]}}]}
    assert (await strict.http.put("/v1/config", json=document, headers=strict.secret)).status_code == 200
    shown = []
    async with far(strict) as http:
        for visitor in ("a", "b", "c"):
            (popup,) = (await page(strict, visitor, http)).json()["popups"]
            body = {"arm_token": popup["arm_token"]}
            shown.append(await http.post("/v1/popups/gift/show", json=body, headers=strict.public))
        again = await http.post("/v1/popups/gift/show", json=body, headers=strict.secret)
    assert [answer.status_code for answer in shown] == [200, 200, 429]
    assert len({answer.json()["offer"]["code"] for answer in shown[:2]}) == 2
    assert shown[-1].json()["limit"] == "codes"
    assert again.json()["shown"] is True  # the shop's server may, and the token is as good as before


async def test_keys_are_not_guessed_for_long(tmp_path: Path) -> None:
    async with limited(tmp_path) as api, far(api) as http, far(api, "198.51.100.1") as elsewhere:
        assert (await page(api, http=http)).status_code == 200
        tries = [await page(api, http=http, **{"X-Vitrine-Key": f"pk_{number}"}) for number in range(62)]
        assert [answer.status_code for answer in tries] == [*[401] * 60, 429, 429]
        assert (await http.get("/v1/config", headers={"Authorization": "Bearer sk_x"})).status_code == 429
        assert (await page(api, http=http)).status_code == 200  # who is known from before goes on
        assert (await page(api, http=elsewhere, **{"X-Vitrine-Key": "pk_0"})).status_code == 401


async def test_limits_can_be_switched_off(tmp_path: Path) -> None:
    async with running(tmp_path, rate_limits="off", **SMALL) as api, far(api) as http:
        for _ in range(25):
            answer = await page(api, http=http)
            assert (answer.status_code, "ratelimit-limit" in answer.headers) == (200, False)


async def test_refusals_are_counted(strict: Api) -> None:
    for _ in range(6):
        await page(strict)
    assert 'vitrine_limited_total{limit="visitor"} 1.0' in (await strict.http.get("/metrics")).text


class TestSharing:
    """Two processes, each with a limiter, over one store."""

    @pytest.fixture
    def pair(self) -> Pair:
        settings = Settings.load(rate_visitor=10, rate_codes=10, redis_url="redis://shared")
        first, second = (Limiter(settings, lambda: 100.0, lambda: NOW, Metrics()) for _ in range(2))
        return first, second

    def calls(self, limiter: Limiter, times: int) -> int:
        """How many of so many calls of one visitor are let through."""
        return sum(limiter._visitor.take(("shop", "v"), 100.0) <= FULL for _ in range(times))

    @pytest.mark.redis
    async def test_what_one_lets_through_the_other_does_not(self, pair: Pair, redis_url: str) -> None:
        state = RedisState.connect(redis_url, 5.0)
        await state._redis.flushdb()
        first, second = pair
        assert self.calls(first, 8) == 8
        await first.share(state)
        assert self.calls(second, 1) == 1  # nobody has told it yet
        await second.share(state)
        assert (self.calls(second, 5), self.calls(first, 5)) == (1, 2)
        for name in await state._redis.keys("vitrine:limit:*"):
            assert 0 < await state._redis.pttl(name) <= 60_000
        await state.close()

    @pytest.mark.redis
    async def test_an_address_has_one_name_in_all_processes_and_it_is_not_its_own(
        self, pair: Pair, redis_url: str
    ) -> None:
        state = RedisState.connect(redis_url, 5.0)
        await state._redis.flushdb()
        shop = Shop("shop", (), "a" * 64, NOW)
        for limiter in pair:
            scope = {"type": "http", "client": (FAR, 5000), "headers": []}
            open_exchange(scope)
            limiter.code(Request(scope), shop)
            await limiter.share(state)
        (name,) = await state._redis.keys("vitrine:limit:*")
        assert name.decode() == f"vitrine:limit:codes:shop:{disguised(FAR, shop.signing_key, NOW)}"
        await state.close()

    async def test_each_counts_by_itself_where_redis_is_away(self, pair: Pair) -> None:
        away = RedisState.connect("redis://127.0.0.1:1/0", 0.05)
        state: StateStore = ResilientState(away, MemoryState(10, lambda: 0.0), Breaker("state", lambda: 0.0))
        for limiter in pair:
            assert self.calls(limiter, 8) == 8
            await limiter.share(state)
            assert self.calls(limiter, 8) == 2
        await state.close()
