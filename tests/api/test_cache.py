"""Whole answers, kept in the process and, where asked for, in Redis."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import redis
import redis.asyncio

from api.cache import OVERHEAD, AnswerCache
from api.state.memory import MemoryState
from api.state.people import Reading
from tests.api.conftest import running

NOTHING = Reading(rows={}, links={})


class Shared(MemoryState):
    """A shared state that shows what it was given to keep."""

    def __init__(self) -> None:
        super().__init__(1, lambda: 0.0)
        self.kept: dict[str, bytes] = {}

    async def keep_answer(self, key: str, answer: bytes, seconds: int) -> None:
        self.kept[key] = answer


def never(work: Callable[[], Awaitable[None]]) -> None:
    raise AssertionError("nothing is to be kept elsewhere")


def test_the_least_recently_used_answers_go_first() -> None:
    cache = AnswerCache(2 * (OVERHEAD + len("a") + len(b"1")), never)
    cache.put("a", b"1")
    cache.put("b", b"2")
    assert cache.get("a", NOTHING, None) == b"1"
    cache.put("c", b"3")

    assert [cache.get(key, NOTHING, None) for key in "abc"] == [b"1", None, b"3"]


def test_no_room_keeps_nothing() -> None:
    cache = AnswerCache(0, never)
    cache.put("a", b"1")

    assert cache.get("a", NOTHING, None) is None


def test_what_came_with_the_state_counts_for_its_own_key_only() -> None:
    cache = AnswerCache(1000, never, Shared())
    came = Reading(rows={}, links={}, answer=b"1")

    assert cache.asked("a") == "a"
    assert cache.get("b", came, "a") is None
    assert cache.get("a", came, "a") == b"1"
    assert cache.asked("a") is None
    assert cache.get("a", NOTHING, None) == b"1"


async def _run(works: list[Callable[[], Awaitable[None]]]) -> None:
    for work in works:
        await work()


def test_the_other_workers_get_an_answer_behind_the_visitors_back() -> None:
    works: list[Callable[[], Awaitable[None]]] = []
    shared = Shared()
    cache = AnswerCache(1000, works.append, shared)
    cache.put("a", b"1")

    assert not shared.kept
    asyncio.run(_run(works))
    assert shared.kept == {"a": b"1"}


@pytest.mark.redis
@pytest.mark.anyio
async def test_of_equal_misses_one_is_worked_out(tmp_path: Path, redis_url: str) -> None:
    redis.Redis.from_url(redis_url).flushdb()
    async with running(tmp_path, redis_url=redis_url, cache="redis") as api:
        await api.put_items()
        calls = (api.http.get("/v1/similar/lamp", headers=api.public) for _ in range(20))
        answers = await asyncio.gather(*calls)

        assert len({answer.content for answer in answers}) == 1
        told = (await api.http.get("/metrics")).text
        assert 'vitrine_answer_cache_total{outcome="miss"} 1.0' in told
        assert 'vitrine_answer_cache_total{outcome="hit"} 19.0' in told


@pytest.mark.redis
@pytest.mark.anyio
@pytest.mark.parametrize("what", ["page", "similar"])
async def test_an_answer_asks_redis_once(
    tmp_path: Path, redis_url: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, redis_url=redis_url, cache="redis", refresh_seconds=60) as api:
        await api.put_items()
        await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "ann"})
        sent, send = 0, redis.asyncio.Connection.send_packed_command

        async def counted(self: redis.asyncio.Connection, *arguments: object, **more: object) -> None:
            nonlocal sent
            sent += 1
            await send(self, *arguments, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(redis.asyncio.Connection, "send_packed_command", counted)
        if what == "page":
            await api.page(visitor_id="ann")
        else:
            await api.http.get("/v1/similar/lamp", headers=api.public)  # what is kept is written behind the answer
        assert sent == 1
