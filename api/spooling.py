"""Acknowledged means durable: one thread commits what many requests hand in, a group at a time."""

import asyncio
import queue
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

import structlog

from api.problems import Problem
from recommender.events.spool import Spool
from recommender.workspace import Workspace

MOST_WAITING = 5_000
"""Batches that may wait for the disk before new ones are refused."""

MOST_TOLD = 50_000
"""Events that nobody waits for and that may wait for the disk: a few ten megabytes."""

UNHURRIED_SECONDS = 0.05
"""How long events that nobody waits for may gather."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Batch:
    shop: str
    events: Sequence[bytes]
    done: "Future[None]"


UNHURRIED = _Batch("", (), Future())
"""Says that there are events that nobody waits for."""


class Spooler:
    """This process's spools, one a shop that was told of lately.

    While one commit waits for the disk, the next group gathers by itself, so that no request waits for a timer. Events
    that nobody waits for gather for a moment, and go with the next commit if one comes sooner. A spool that is closed
    keeps its events, which move to the log as those of a process that ended do.

    Args:
        workspace: where the spools are.
        committed: called after each commit.
        dropped: told how many events that nobody waits for were lost.
        most_open: spools that are open at once; the one that was written to least lately is closed first.
    """

    def __init__(
        self,
        workspace: Workspace,
        committed: Callable[[], None],
        dropped: Callable[[int], None] = lambda count: None,  # noqa: ARG005 - nobody listens
        *,
        most_open: int = 200,
    ) -> None:
        self._workspace = workspace
        self._committed = committed
        self._dropped = dropped
        self._queue: queue.Queue[_Batch | None] = queue.Queue(MOST_WAITING)
        self._unhurried: deque[tuple[str, bytes]] = deque()
        self._most_open = most_open
        self._spools: OrderedDict[str, Spool] = OrderedDict()
        self._touched: set[str] = set()
        self._thread = Thread(target=self._run, name="spooler", daemon=True)
        self.problem: str | None = None
        """Why the last commit failed."""

    def start(self) -> None:
        """Begin to take batches."""
        self._thread.start()

    def close(self) -> None:
        """Commit what waits, and stop."""
        self._queue.put(None)
        self._thread.join()

    async def append(self, shop: str, events: Sequence[bytes]) -> None:
        """Return once the events are on the disk.

        Raises:
            Problem: the disk does not keep up or refuses (503); nothing was acknowledged.
        """
        done: Future[None] = Future()
        try:
            self._queue.put_nowait(_Batch(shop, events, done))
            await asyncio.wrap_future(done)
        except queue.Full:
            raise _unavailable("too many events wait for the disk") from None
        except Exception as error:
            raise _unavailable(f"the events could not be stored: {error}") from error

    def tell(self, shop: str, event: bytes) -> None:
        """Write down an event that nobody waits for; while the disk hangs, at most so many are kept."""
        if len(self._unhurried) >= MOST_TOLD:
            self._dropped(1)
            return
        self._unhurried.append((shop, event))
        if len(self._unhurried) == 1:
            with suppress(queue.Full):  # then there are commits ahead that take it along
                self._queue.put_nowait(UNHURRIED)

    def touched(self) -> set[str]:
        """Shops of which something was committed since this was asked last."""
        found = set()
        with suppress(KeyError):
            while True:  # one by one: the thread adds others meanwhile
                found.add(self._touched.pop())
        return found

    def _run(self) -> None:
        closing = False
        while not closing:
            group = [self._first()]
            while not self._queue.empty():
                group.append(self._queue.get())
            closing = None in group
            self._commit([batch for batch in group if batch is not None and batch is not UNHURRIED])
        for spool in self._spools.values():
            spool.close()

    def _first(self) -> _Batch | None:
        """What comes next; where that is in no hurry, what follows it soon."""
        first = self._queue.get()
        with suppress(queue.Empty):
            if first is UNHURRIED:
                first = self._queue.get(timeout=UNHURRIED_SECONDS)
        return first

    def _told(self) -> list[_Batch]:
        """What nobody waits for, by shop."""
        found: defaultdict[str, list[bytes]] = defaultdict(list)
        while self._unhurried:
            shop, event = self._unhurried.popleft()
            found[shop].append(event)
        return [_Batch(shop, events, Future()) for shop, events in found.items()]

    def _commit(self, hurried: Sequence[_Batch]) -> None:
        told = self._told()
        group = [*hurried, *told]
        for shop in {batch.shop: None for batch in group}:
            batches = [batch for batch in group if batch.shop == shop]
            try:
                self._spool(shop).append([event for batch in batches for event in batch.events])
            except Exception as error:
                log.exception("a spool cannot be written", shop=shop)
                self.problem = f"{type(error).__name__}: {error}"
                _finish(batches, error)
                self._dropped(sum(len(batch.events) for batch in batches if batch in told))
            else:
                self.problem = None
                self._touched.add(shop)
                self._committed()
                _finish(batches, None)

    def _spool(self, shop: str) -> Spool:
        if shop not in self._spools:
            while len(self._spools) >= self._most_open:
                self._spools.popitem(last=False)[1].close()
            self._spools[shop] = Spool.create(self._workspace.shop(shop).spools)
        self._spools.move_to_end(shop)
        return self._spools[shop]


def _finish(batches: Sequence[_Batch], error: Exception | None) -> None:
    for batch in batches:
        if batch.done.set_running_or_notify_cancel():
            batch.done.set_exception(error) if error else batch.done.set_result(None)


def _unavailable(detail: str) -> Problem:
    return Problem(503, "events-unavailable", detail, headers={"Retry-After": "1"})
