"""A shared store that goes away and comes back."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from api.state.memory import MemoryState
from api.state.people import Versions
from api.state.resilient import PAUSE_SECONDS, ResilientState
from recommender.breaker import Breaker
from tests.api.state.contract import VISITOR, row

pytestmark = pytest.mark.anyio


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Shared(MemoryState):
    """A store that can be taken away."""

    away = False
    calls = 0

    def __getattribute__(self, name: str) -> Any:
        if name in {"read", "append", "announce", "erase", "ping", "link"}:
            self.calls += 1
            if self.away:
                raise RedisConnectionError("connection refused")
        return super().__getattribute__(name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shared() -> Shared:
    return Shared(1000, Clock())


@pytest.fixture
def state(shared: Shared, clock: Clock) -> ResilientState:
    return ResilientState(shared, MemoryState(1000, Clock()), Breaker("state", clock, pause=PAUSE_SECONDS))


async def test_answers_go_on_with_what_this_process_knows(state: ResilientState, shared: Shared) -> None:
    shared.away = True
    await state.append("shop", {VISITOR: [row(1)]})
    reading = await state.read("shop", [VISITOR])
    assert (reading.degraded, list(reading.rows[VISITOR])) == (True, [row(1)])


async def test_a_store_that_failed_is_left_alone_for_a_moment(
    state: ResilientState, shared: Shared, clock: Clock
) -> None:
    shared.away = True
    for _ in range(5):
        await state.read("shop", [VISITOR])
    calls = shared.calls
    clock.now += PAUSE_SECONDS
    await state.read("shop", [VISITOR])
    assert (calls, shared.calls) == (1, 2)


async def test_what_waited_is_handed_over_in_its_order(state: ResilientState, shared: Shared, clock: Clock) -> None:
    shared.away = True
    await state.append("shop", {VISITOR: [row(1)]})
    await state.erase("shop", VISITOR)
    await state.append("shop", {VISITOR: [row(2)]})
    await state.announce("shop", Versions(catalog=7))
    shared.away = False
    clock.now += PAUSE_SECONDS
    reading = await state.read("shop", [VISITOR])
    assert (reading.degraded, list(reading.rows[VISITOR]), reading.versions.catalog) == (False, [row(2)], 7)
    assert state.reason is None


async def test_a_ping_says_that_it_is_away_and_brings_it_back(state: ResilientState, shared: Shared) -> None:
    shared.away = True
    with pytest.raises(RedisConnectionError):
        await state.ping()
    assert state.reason is not None
    shared.away = False
    await state.ping()
    assert (state.reason, (await state.read("shop", [VISITOR])).degraded) == (None, False)
