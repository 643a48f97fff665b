"""The end of a process without a failed request.

SIGTERM is answered in this order: `/readyz` says 503, so that whoever shares requests out leaves this process alone;
meanwhile everything is still answered, each answer closing its connection; then the server stops taking connections,
finishes what it has, and parts are closed. SIGINT (Ctrl-C) skips the wait.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import structlog

log = structlog.get_logger(__name__)


class Draining:
    """Whether this process is about to end."""

    begun = False


PROCESS = Draining()
"""Signals are sent to processes, so this is the process's, not an application's."""


@contextmanager
def drained(seconds: float) -> Iterator[None]:
    """While the block runs, SIGTERM begins to drain, and reaches the server after so many seconds."""
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    if not callable(before):  # no server that would end in order
        yield
        return
    signal.signal(signal.SIGTERM, _handler(before, loop, seconds))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _handler(
    before: Callable[[int, FrameType | None], Any], loop: asyncio.AbstractEventLoop, seconds: float
) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        if not PROCESS.begun:
            PROCESS.begun = True
            log.info("this process drains", seconds=seconds)
            loop.call_soon_threadsafe(lambda: loop.call_later(seconds, before, number, frame))

    return handle
