"""Load above capacity is turned away at once, so that what is taken is answered in time.

The server reads every request that has arrived and starts a task for each. Who is one too many is told so by the first
lines of the application, before keys, bodies and limits are looked at; or, where the body came later than the headers,
as soon as it is here, before it is looked at.
"""

from functools import lru_cache
from typing import Final

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.draining import PROCESS
from api.exchange import KEY
from api.metrics import Metrics
from api.problems import Problem
from api.settings import Settings

SHED: Final = "vitrine.shed"
"""In the scope of a request that is one too many."""

TOO_MUCH: Final = "more calls at once than this process answers in time; try again in a moment"
NEVER: Final = frozenset({"/healthz", "/readyz", "/metrics"})


@lru_cache(1)
def _most() -> int:
    return Settings.load().most_at_once


class Protocol(HttpToolsProtocol):
    """HTTP of one connection; it marks requests that are too many.

    A request whose body is still on its way holds nobody up, and does not count: else whoever sends headers only could
    turn everybody away.
    """

    arriving: Final[set[HttpToolsProtocol]] = set()
    """Connections in the middle of a request."""

    def on_headers_complete(self) -> None:
        """The request's task starts after what is read now."""
        super().on_headers_complete()
        self.arriving.add(self)
        if PROCESS.begun and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The whole request is here."""
        super().on_message_complete()
        self.arriving.discard(self)
        if len(self.tasks) - len(self.arriving) > _most() and self.scope["path"] not in NEVER:
            self.scope[SHED] = True  # type: ignore[typeddict-unknown-key]  # the scope is the application's too

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more arrives."""
        self.arriving.discard(self)
        super().connection_lost(exc)


def too_much(metrics: Metrics) -> Problem:
    """What a request is told that is one too many; it is counted."""
    metrics.shed.inc()
    return Problem(503, "too-much", TOO_MUCH, headers={"Retry-After": "1"})


class TurnedAway:
    """ASGI application that says that it is too much now.

    Args:
        metrics: counts.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer without having read anything."""
        await too_much(self._metrics).response(scope[KEY].request_id)(scope, receive, send)
