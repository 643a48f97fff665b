"""State in a real Redis."""

from collections.abc import AsyncIterator
from typing import ClassVar

import pytest
from redis.asyncio import Redis

from api.state.people import KEPT_SECONDS
from api.state.redis import RedisState, links_key, rows_key
from api.state.store import StateStore
from tests.api.state.contract import VISITOR, StateContract, row

pytestmark = [pytest.mark.anyio, pytest.mark.redis]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
async def state(redis: Redis, redis_url: str) -> AsyncIterator[RedisState]:
    opened = RedisState.connect(redis_url, 1.0)
    yield opened
    await opened.close()


class TestRedisState(StateContract):
    pytestmark: ClassVar = [pytest.mark.anyio, pytest.mark.redis]

    @pytest.fixture
    def store(self, state: RedisState) -> StateStore:
        return state


async def test_everything_expires(state: RedisState, redis: Redis) -> None:
    await state.link("shop", VISITOR.id, "c", 1.0)
    await state.append("shop", {VISITOR: [row(1)]})
    for key in (rows_key("shop", VISITOR), links_key("shop", VISITOR)):
        assert 0 < await redis.ttl(key) <= KEPT_SECONDS


async def test_an_answer_comes_with_the_state(state: RedisState) -> None:
    await state.keep_answer("a", b"{}", 60)
    assert (await state.read("shop", [VISITOR], answer_key="a")).answer == b"{}"
    assert (await state.read("shop", [VISITOR], answer_key="b")).answer is None


async def test_buckets_fill_and_run_dry_for_everybody(state: RedisState, redis: Redis, redis_url: str) -> None:
    assert await state.fill({"a": 5.0, "b": 1.5}) == {"a": 5.0, "b": 1.5}
    other = RedisState.connect(redis_url, 1.0)
    filled = await other.fill({"a": 2.0, "c": 1.0})
    await other.close()
    assert 6.0 < filled["a"] <= 7.0
    assert filled["c"] == 1.0
    assert 5_000 < await redis.pttl("vitrine:limit:a") <= 7_000


async def test_a_reading_is_one_round_trip(state: RedisState, redis: Redis) -> None:
    await state.read("shop", [VISITOR])
    before = (await redis.info("stats"))["total_reads_processed"]
    await state.read("shop", [VISITOR], answer_key="a")
    after = (await redis.info("stats"))["total_reads_processed"]
    assert after - before == 2  # one of them asks for these very numbers
