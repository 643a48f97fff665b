"""What surrounds every answer: request id, CORS headers, timing, and a problem instead of a broken connection."""

from math import ceil
from time import perf_counter

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.exchange import Exchange, open_exchange
from api.metrics import Metrics
from api.problems import Problem

log = structlog.get_logger(__name__)

NO_SNIFFING = (b"x-content-type-options", b"nosniff")
ROUNDING = 1e-6
EXPOSED = "X-Request-Id, X-Vitrine-Degraded, ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"


class Envelope:
    """ASGI middleware around the whole application.

    Args:
        app: what answers.
        metrics: counts and times answers.
        hsts_seconds: how long browsers are told, over TLS, to come by TLS only; 0: they are told nothing.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, hsts_seconds: int) -> None:
        self._app = app
        self._metrics = metrics
        self._hsts = b"max-age=%d" % hsts_seconds if hsts_seconds else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, whatever happens."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        current, began = open_exchange(scope), perf_counter()
        status = 0

        async def send_wrapped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(message, current)
                if self._hsts and scope["scheme"] == "https":
                    message["headers"].append((b"strict-transport-security", self._hsts))
            await send(message)

        try:
            await self._app(scope, receive, send_wrapped)
        except Exception as error:
            log.exception("a request failed", request_id=current.request_id, route=_route(scope))
            if status:
                raise
            problem = Problem(500, "internal", "something went wrong here; the log has it under the request id")
            self._metrics.failures.labels(type(error).__name__).inc()
            await problem.response(current.request_id)(scope, receive, send_wrapped)
        finally:
            self._observe(scope, current, status, perf_counter() - began)

    def _observe(self, scope: Scope, current: Exchange, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.requests.labels(scope["method"], route, str(status)).inc()
        self._metrics.seconds.labels(scope["method"], route).observe(seconds)
        log.debug("request", route=route, status=status, seconds=seconds, request_id=current.request_id)


def _route(scope: Scope) -> str:
    """The path as it is declared: the one that was called may hold somebody's id."""
    return getattr(scope.get("route"), "path", "other")


def _add_headers(message: Message, current: Exchange) -> None:
    added = message["headers"]
    added += ((b"x-request-id", current.request_id.encode("latin-1")), NO_SNIFFING)
    if (limit := current.limit) is not None:
        used = min(current.used, 1.0)
        added += (
            (b"ratelimit-limit", limit.shown),
            (b"ratelimit-remaining", b"%d" % int((1 - used) * limit.amount + ROUNDING)),
            (b"ratelimit-reset", b"%d" % ceil(used * limit.seconds)),
        )
    if current.degraded:
        added.append((b"x-vitrine-degraded", b"state"))
    if current.allowed_origin is not None:
        headers = MutableHeaders(scope=message)
        headers["Access-Control-Allow-Origin"] = current.allowed_origin
        headers["Access-Control-Expose-Headers"] = EXPOSED
        headers.add_vary_header("Origin")
