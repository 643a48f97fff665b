"""Work that no answer waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

log = structlog.get_logger(__name__)

ASKED_AGAIN_SECONDS = 0.5
"""How long work that is told to stop may take before it is told again."""


class Background:
    """Tasks of this process; a failure is logged and harms nobody."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` beside the requests."""
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop everything that still runs."""
        while running := [*self._tasks]:
            for task in running:
                task.cancel()
            # Asked again: a library below may take a cancellation for a timeout of its own, and the work goes on.
            await asyncio.wait(running, timeout=ASKED_AGAIN_SECONDS)


async def _guarded(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:
        log.exception("background work failed")
