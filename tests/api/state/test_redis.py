"""State in a real Redis."""

from collections.abc import AsyncIterator, Iterator
from typing import ClassVar

import orjson
import pytest
from redis.asyncio import Redis, RedisCluster, SSLConnection
from redis.crc import key_slot

from api.state.clients import FAILURES, client, close
from api.state.memory import MemoryState
from api.state.people import KEPT_SECONDS, Person
from api.state.redis import RedisState, links_key, rows_key
from api.state.resilient import ResilientState
from api.state.store import StateStore
from recommender.breaker import Breaker
from tests import services
from tests.api.state.contract import CUSTOMER, VISITOR, StateContract, row
from tests.services import free_port

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


@pytest.fixture(scope="module")
def cluster_url() -> Iterator[str]:
    """A cluster of three nodes, of which two are named."""
    with services.redis_cluster() as nodes:
        yield "redis+cluster://" + ",".join(f"127.0.0.1:{services.port_of(node.url)}" for node in nodes[:2])


class TestCluster(StateContract):
    """State in a real cluster of three nodes."""

    pytestmark: ClassVar = [pytest.mark.anyio, pytest.mark.redis]

    @pytest.fixture
    async def store(self, cluster_url: str) -> AsyncIterator[StateStore]:
        async with client(cluster_url, 1.0) as nodes:
            await nodes.flushall(target_nodes=RedisCluster.PRIMARIES)
        opened = RedisState.connect(cluster_url, 1.0)
        yield opened
        await opened.close()

    async def test_what_is_known_of_a_person_lies_in_one_slot(self) -> None:
        for id_ in ("v", "v:1", "{a}", "}", "", "日本"):
            person = Person.visitor(id_)
            tag = id_.partition("}")[0]
            if tag:
                assert key_slot(rows_key("shop", person).encode()) == key_slot(links_key("shop", person).encode())

    async def test_answers_and_buckets_are_kept(self, cluster_url: str) -> None:
        state = RedisState.connect(cluster_url, 1.0)
        await state.keep_answer("a", b"{}", 60)
        assert (await state.read("shop", [VISITOR, CUSTOMER], answer_key="a")).answer == b"{}"
        assert await state.fill({"a": 5.0, "b": 1.5}) == {"a": 5.0, "b": 1.5}
        await state.ping()
        await state.close()


async def test_sentinels_say_where_the_redis_is(redis: Redis, redis_url: str) -> None:
    with services.redis_sentinel(redis_url, "shop-state") as sentinel:
        url = f"redis+sentinel://127.0.0.1:{services.port_of(sentinel.url)}/shop-state/0"
        state = RedisState.connect(url, 1.0)
        await state.append("shop", {VISITOR: [row(1)]})
        await state.close()
    assert await redis.zcard(rows_key("shop", VISITOR)) == 1


@pytest.mark.parametrize(
    "url", ["redis+cluster://", "redis+sentinel://host:26379", "http://host", "redis+cluster://a:x"]
)
def test_a_url_that_means_no_redis_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"host|service|scheme|Port"):
        client(url, 1.0)


async def test_a_url_names_hosts_and_who_logs_in() -> None:
    nodes = client("rediss+cluster://me:p%40ss@one:7000,two", 1.0)
    assert isinstance(nodes, RedisCluster)
    assert [(node.host, node.port) for node in nodes.startup_nodes] == [("one", 7000), ("two", 6379)]
    assert (nodes.connection_kwargs["username"], nodes.connection_kwargs["password"]) == ("me", "p@ss")
    await nodes.aclose()


async def test_everything_expires(state: RedisState, redis: Redis) -> None:
    await state.link("shop", VISITOR.id, "c", 1.0)
    await state.append("shop", {VISITOR: [row(1)]})
    for key in (rows_key("shop", VISITOR), links_key("shop", VISITOR)):
        assert 0 < await redis.ttl(key) <= KEPT_SECONDS


async def test_rows_of_a_newer_vitrine_are_read_as_far_as_they_are_known(state: RedisState, redis: Redis) -> None:
    """What it adds at the end says nothing here, and what is no row at all is left out."""
    known = row(1)._replace(paid=3.0, price=4.0)
    newer = {orjson.dumps([*known[1:], "more", {}]): 1.0, b'{"item": "x"}': 2.0}
    await redis.zadd(rows_key("shop", VISITOR), newer)
    await state.append("shop", {VISITOR: [row(3)]})
    assert list((await state.read("shop", [VISITOR])).rows[VISITOR]) == [known, row(3)]


async def test_what_an_older_version_kept_of_an_erased_person_goes_too(state: RedisState, redis: Redis) -> None:
    """It is not read any more, but it would lie there for a month."""
    rows, links = "vitrine:shop:visitor:rows:v", "vitrine:shop:visitor:links:v"
    await redis.zadd(rows, {b"[]": 1.0})
    await redis.hset(links, "c", "1.0")
    await redis.hset("vitrine:shop:customer:links:c", mapping={"v": "1.0", "other": "1.0"})
    await state.link("shop", "v", "c", 1.0)
    await state.link("shop", "other", "c", 1.0)
    await state.append("shop", {Person.visitor("v"): [row(1)]})
    await state.erase("shop", Person.visitor("v"))
    spelt = ["vitrine:shop:customer:links:c", "vitrine:shop:customer:{c}:links"]
    assert {*await redis.keys("vitrine:*")} == {key.encode() for key in [*spelt, "vitrine:shop:visitor:{other}:links"]}
    assert [await redis.hkeys(key) for key in spelt] == [[b"other"], [b"other"]]


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


@pytest.mark.parametrize("form", ["redis://{}/0", "redis+cluster://{}", "redis+sentinel://{}/name/0"])
async def test_answers_go_on_where_nothing_answers_at_the_address(form: str) -> None:
    there = RedisState.connect(form.format(f"127.0.0.1:{free_port()}"), 0.2)
    state = ResilientState(there, MemoryState(1000, lambda: 0.0), Breaker("state", lambda: 0.0))
    await state.append("shop", {VISITOR: [row(1)]})
    reading = await state.read("shop", [VISITOR])
    assert (reading.degraded, list(reading.rows[VISITOR])) == (True, [row(1)])
    with pytest.raises(FAILURES):
        await state.ping()
    await state.close()


@pytest.mark.parametrize(("scheme", "encrypted"), [("redis+sentinel", False), ("rediss+sentinel", True)])
async def test_who_asks_for_encryption_has_it_with_sentinels_too(scheme: str, encrypted: bool) -> None:
    found = client(f"{scheme}://host/name", 1.0)
    assert isinstance(found, Redis)
    pools = [found.connection_pool, *(one.connection_pool for one in found.connection_pool.sentinel_manager.sentinels)]
    assert [issubclass(pool.connection_class, SSLConnection) for pool in pools] == [encrypted, encrypted]
    await close(found)
