"""A shared store that goes away and comes back."""

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from api.state.memory import MemoryState
from api.state.people import Person, Versions
from api.state.resilient import PAUSE_SECONDS, ResilientState
from recommender.breaker import Breaker
from tests.api.state.contract import CUSTOMER, VISITOR, row

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


class Slow(Shared):
    """A store that answers writes of rows only when it is let."""

    def __init__(self) -> None:
        super().__init__(1000, Clock())
        self.go = asyncio.Event()
        self.begun = asyncio.Event()

    async def append(self, *given: Any) -> None:
        self.begun.set()
        await self.go.wait()
        await super().append(*given)


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


async def handing_over(clock: Clock) -> tuple[ResilientState, Slow, "asyncio.Task[None]"]:
    """A state in the middle of telling a store that is back of a row."""
    slow = Slow()
    state = ResilientState(slow, MemoryState(1000, Clock()), Breaker("state", clock, pause=PAUSE_SECONDS))
    slow.away = True
    await state.append("shop", {VISITOR: [row(1)]})
    slow.away = False
    handing = asyncio.create_task(state.ping())
    await slow.begun.wait()
    return state, slow, handing


async def gone(state: ResilientState, person: Person) -> bool:
    reading = await state.read("shop", [person])
    return not reading.rows.get(person) and not reading.links.get(person)


async def test_who_is_erased_while_the_store_is_away_is_forgotten_at_once_and_for_good(
    state: ResilientState, shared: Shared, clock: Clock
) -> None:
    """Rows and links that waited are taken away again, and are not in this process either the next time."""
    await state.append("shop", {VISITOR: [row(1)]})
    shared.away = True
    await state.append("shop", {VISITOR: [row(2)]})
    await state.link("shop", VISITOR.id, CUSTOMER.id, 5.0)
    await state.erase("shop", VISITOR)
    assert await gone(state, VISITOR)
    assert await gone(state, CUSTOMER)
    shared.away = False
    clock.now += PAUSE_SECONDS
    assert await gone(state, VISITOR)
    assert await gone(state, CUSTOMER)
    shared.away = True
    assert await gone(state, VISITOR)


async def test_who_is_erased_after_the_store_came_back_is_not_known_to_this_process_either(
    state: ResilientState, shared: Shared, clock: Clock
) -> None:
    """What this process saw meanwhile would be answered with when the store is away again."""
    shared.away = True
    await state.append("shop", {VISITOR: [row(1)]})
    shared.away = False
    clock.now += PAUSE_SECONDS
    await state.erase("shop", VISITOR)
    shared.away = True
    reading = await state.read("shop", [VISITOR])
    assert (reading.degraded, dict(reading.rows)) == (True, {})


async def test_an_erasure_waits_for_its_turn_while_earlier_rows_are_handed_over(clock: Clock) -> None:
    """Told to the store at once it would be undone by them."""
    state, slow, handing = await handing_over(clock)
    await state.erase("shop", VISITOR)
    slow.go.set()
    await handing
    assert await gone(state, VISITOR)


async def test_an_erasure_outlasts_the_writes_that_are_too_many(
    state: ResilientState, shared: Shared, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.state.resilient.MOST_WAITING", 2)
    await state.append("shop", {VISITOR: [row(1)]})
    shared.away = True
    await state.erase("shop", VISITOR)
    for number in range(5):
        await state.announce("shop", Versions(catalog=number))
    shared.away = False
    clock.now += PAUSE_SECONDS
    reading = await state.read("shop", [VISITOR])
    assert (dict(reading.rows), reading.versions.catalog) == ({}, 4)


async def test_a_cancelled_caller_loses_nothing_that_waits(clock: Clock) -> None:
    state, slow, handing = await handing_over(clock)
    handing.cancel()
    await asyncio.wait([handing])
    slow.go.set()
    await state.ping()
    assert list((await slow.read("shop", [VISITOR])).rows[VISITOR]) == [row(1)]


@pytest.mark.parametrize("by", ["read", "ping"])
@pytest.mark.parametrize("waiting", [True, False])
async def test_it_is_logged_that_the_store_is_away_and_that_it_is_back(
    state: ResilientState, shared: Shared, clock: Clock, by: str, waiting: bool
) -> None:
    """Once each, whether something waited for it or not."""
    with capture_logs() as logged:
        shared.away = True
        for _ in range(2):
            await (state.append("shop", {VISITOR: [row(1)]}) if waiting else state.read("shop", [VISITOR]))
        shared.away = False
        clock.now += PAUSE_SECONDS
        for _ in range(2):
            await (state.read("shop", [VISITOR]) if by == "read" else state.ping())
    assert [one["event"].partition(";")[0] for one in logged] == [
        "the shared state is away",
        "the shared state is back",
    ]
