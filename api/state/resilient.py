"""A shared store that may go away: answers go on without it, and it catches up when it is back."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

import structlog

from api.state.clients import FAILURES
from api.state.memory import MemoryState
from api.state.people import Person, Reading, Row, Versions
from api.state.store import StateStore
from recommender.breaker import Breaker
from recommender.forgotten import Forgotten

PAUSE_SECONDS = 0.5
"""How long a failed store is left alone, so that not every request waits for its timeout."""

MOST_WAITING = 10_000
"""Writes kept for a store that is away; the oldest go first, the event log has them all. Erasures stay: nothing
else would ever tell the store of them."""

Result = TypeVar("Result")
log = structlog.get_logger(__name__)


class _Write(NamedTuple):
    """What a store is to be told."""

    call: Callable[[StateStore], Awaitable[None]]
    erases: bool


class ResilientState:
    """A `StateStore` around another: while that one is away, memory stands in and writes wait.

    Args:
        store: the shared store.
        stand_in: what this process knows while the shared store is away.
        breaker: leaves the shared store alone after a failure.
    """

    def __init__(self, store: StateStore, stand_in: MemoryState, breaker: Breaker) -> None:
        self._store = store
        self._stand_in = stand_in
        self._breaker = breaker
        self._waiting: deque[_Write] = deque()
        self._catching_up = False
        self.reason: str | None = None
        """Why the shared store is not used now."""

    async def read(self, shop: str, people: Sequence[Person], *, answer_key: str | None = None) -> Reading:
        """All there is about `people`; marked degraded when only this process was asked."""
        found = await self._try(lambda store: store.read(shop, people, answer_key=answer_key))
        return found or replace(await self._stand_in.read(shop, people), degraded=True)

    async def append(self, shop: str, rows: Mapping[Person, Sequence[Row]]) -> None:
        """Add interactions, later when the store is away."""
        await self._write(lambda store: store.append(shop, rows))

    async def link(self, shop: str, visitor_id: str, customer_id: str, timestamp: float) -> None:
        """Record a login, later when the store is away."""
        await self._write(lambda store: store.link(shop, visitor_id, customer_id, timestamp))

    async def announce(self, shop: str, versions: Versions) -> None:
        """Tell every process about new versions, later when the store is away."""
        await self._write(lambda store: store.announce(shop, versions))

    async def keep_answer(self, key: str, answer: bytes, seconds: int) -> None:
        """Keep an answer, unless the store is away."""
        await self._try(lambda store: store.keep_answer(key, answer, seconds))

    async def fill(self, seconds: Mapping[str, float]) -> Mapping[str, float]:
        """Fill buckets of all processes, unless the store is away: then each process counts by itself."""
        return await self._try(lambda store: store.fill(seconds)) or {}

    async def erase(self, shop: str, person: Person) -> None:
        """Forget a person: what this process knows at once, the shared store later when it is away."""
        await self._stand_in.erase(shop, person)
        await self._write(lambda store: store.erase(shop, person), erases=True)

    async def forget(self, shop: str, erased: Forgotten) -> None:
        """Forget everybody whom another process has erased, here: the shared store was told by that one."""
        await self._stand_in.forget(shop, erased)

    async def first_use(self, shops: Sequence[str]) -> Sequence[str]:
        """Shops whose state the caller shall fill; none while the store is away."""
        return await self._try(lambda store: store.first_use(shops)) or ()

    async def ping(self) -> None:
        """Raise when the shared store cannot be reached; when it can again, hand over what waited."""
        try:
            await self._store.ping()
            await self._catch_up()
        except FAILURES as error:
            self._fail(error)
            raise
        self._succeed()

    async def close(self) -> None:
        """Let go of connections."""
        await self._store.close()

    async def _try(self, call: Callable[[StateStore], Awaitable[Result]]) -> Result | None:
        if not self._breaker.allows():
            return None
        try:
            if self._waiting:
                await self._catch_up()
            result = await call(self._store)
        except FAILURES as error:
            self._fail(error)
            return None
        self._succeed()
        return result

    async def _write(self, call: Callable[[StateStore], Awaitable[None]], *, erases: bool = False) -> None:
        async def done(store: StateStore) -> bool:
            await call(store)
            return True

        # Behind what is being handed over: what comes later must not be undone by what came before.
        if self._catching_up or not await self._try(done):
            self._wait(_Write(call, erases))
            await call(self._stand_in)

    def _wait(self, write: _Write) -> None:
        self._waiting.append(write)
        if len(self._waiting) > MOST_WAITING:
            oldest = next((place for place, one in enumerate(self._waiting) if not one.erases), None)
            if oldest is not None:
                del self._waiting[oldest]

    async def _catch_up(self) -> None:
        if self._catching_up:
            return
        self._catching_up = True
        try:
            while self._waiting:
                write = self._waiting[0]
                await write.call(self._store)
                if self._waiting[0] is write:  # not dropped meanwhile, for too many came after it
                    self._waiting.popleft()
        finally:
            self._catching_up = False

    def _succeed(self) -> None:
        self._breaker.succeeded()
        if self.reason is not None:
            log.info("the shared state is back")
            self.reason = None

    def _fail(self, error: BaseException) -> None:
        if self.reason is None:
            log.warning("the shared state is away; answers go on without it", error=str(error))
        self.reason = f"{type(error).__name__}: {error}"
        self._breaker.failed()
