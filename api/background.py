"""Work that no answer waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

log = structlog.get_logger(__name__)

FINISHED_SECONDS = 5.0
"""How long work may take to finish when the process ends."""

ASKED_AGAIN_SECONDS = 0.5
"""How long work that is told to stop may take before it is told again."""


class Background:
    """Tasks of this process; a failure is logged and harms nobody."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._endless: set[asyncio.Task[Any]] = set()

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` beside the requests; it is finished before the process ends."""
        self._begin(work, self._tasks)

    def repeat(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` that never ends by itself."""
        self._begin(work, self._endless)

    async def close(self) -> None:
        """Finish what was begun, stop what has no end, then what takes too long."""
        if self._tasks:
            await asyncio.wait([*self._tasks], timeout=FINISHED_SECONDS)
        while running := [*self._endless, *self._tasks]:
            for task in running:
                task.cancel()
            # Asked again: a library below may take a cancellation for a timeout of its own, and the work goes on.
            await asyncio.wait(running, timeout=ASKED_AGAIN_SECONDS)

    @staticmethod
    def _begin(work: Callable[[], Awaitable[None]], among: "set[asyncio.Task[Any]]") -> None:
        task = asyncio.create_task(_guarded(work))
        among.add(task)
        task.add_done_callback(among.discard)


async def _guarded(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:
        log.exception("background work failed")
