"""What surrounds every answer: request id, CORS headers, timing, and a problem instead of a broken connection."""

from time import perf_counter

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.exchange import Exchange, open_exchange
from api.metrics import Metrics
from api.problems import Problem

log = structlog.get_logger(__name__)

NO_SNIFFING = (b"x-content-type-options", b"nosniff")
EXPOSED = "X-Request-Id, X-Vitrine-Degraded, ETag, Retry-After"


class Envelope:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

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
            await send(message)

        try:
            await self._app(scope, receive, send_wrapped)
        except Exception as error:
            log.exception("a request failed", request_id=current.request_id, path=scope["path"])
            if status:
                raise
            problem = Problem(500, "internal", "something went wrong here; the log has it under the request id")
            self._metrics.failures.labels(type(error).__name__).inc()
            await problem.response(current.request_id)(scope, receive, send_wrapped)
        finally:
            self._observe(scope, current, status, perf_counter() - began)

    def _observe(self, scope: Scope, current: Exchange, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.requests.labels(scope["method"], route, str(status)).inc()
        self._metrics.seconds.labels(scope["method"], route).observe(seconds)
        log.debug("request", path=scope["path"], status=status, seconds=seconds, request_id=current.request_id)


def _add_headers(message: Message, current: Exchange) -> None:
    message["headers"].append((b"x-request-id", current.request_id.encode("latin-1")))
    message["headers"].append(NO_SNIFFING)
    if not (current.degraded or current.allowed_origin is not None):
        return
    headers = MutableHeaders(scope=message)
    if current.degraded:
        headers["X-Vitrine-Degraded"] = "state"
    if current.allowed_origin is not None:
        headers["Access-Control-Allow-Origin"] = current.allowed_origin
        headers["Access-Control-Expose-Headers"] = EXPOSED
        headers.add_vary_header("Origin")
