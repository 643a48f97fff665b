"""Which web pages may call: exactly the origins that a shop lists."""

import asyncio
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.exchange import exchange
from api.problems import EXPECTED, Problem, told
from recommender.records import Records, Shop

log = structlog.get_logger(__name__)

ALLOWED = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, X-Vitrine-Key, X-Request-Id, If-None-Match",
    "Access-Control-Max-Age": "600",
}
FRESH_SECONDS = 0.5
"""How long the shops' lists are believed when a browser asks before it calls."""

_warned: set[str] = set()


def normal(origin: str) -> str:
    """An origin as shops list it: small letters, nothing behind the host, no port that goes without saying."""
    scheme, separator, host = origin.strip().rstrip("/").lower().partition("://")
    usual = {"http": ":80", "https": ":443"}.get(scheme, "")
    return f"{scheme}{separator}{host.removesuffix(usual)}"


def accepts(shop: Shop, origin: str) -> bool:
    """Whether pages of `origin` may call for this shop; a shop without a list accepts all."""
    return not shop.origins or normal(origin) in shop.origins


def check_origin(request: Request, shop: Shop) -> None:
    """Let the page read the answer, or refuse it.

    Raises:
        Problem: the page's origin is not listed (403).
    """
    origin = request.headers.get("origin")
    if origin is None:
        return
    if not shop.origins and shop.name not in _warned:
        _warned.add(shop.name)
        log.warning("the shop lists no origins, so pages of every site may call", shop=shop.name)
    if not accepts(shop, origin):
        raise Problem(403, "origin", f"{origin} is not among the shop's origins", field="Origin")
    exchange(request).allowed_origin = origin


class Preflight:
    """ASGI middleware that answers browsers asking before they call.

    The key is not known yet, so any shop's origin will do; the call itself is checked exactly.

    Args:
        app: what answers everything else.
        records: where shops' origins are kept.
        clock: a clock that never goes back, in seconds.
    """

    def __init__(self, app: ASGIApp, records: Records, clock: Callable[[], float]) -> None:
        self._app = app
        self._records = records
        self._clock = clock
        self._shops: Sequence[Shop] | None = None
        self._first = asyncio.Lock()
        """Held by the first who looks, for whom the others wait."""
        self._until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight; let everything else pass."""
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        headers = request.headers
        if "origin" not in headers or "access-control-request-method" not in headers:
            await self._app(scope, receive, send)
            return
        try:
            response = await self._answer(request, headers["origin"])
        except EXPECTED as error:
            response = told(error).response(exchange(request).request_id)
        await response(scope, receive, send)

    async def _answer(self, request: Request, origin: str) -> Response:
        if not any(accepts(shop, origin) for shop in await self._known()):
            raise Problem(403, "origin", f"{origin} is not among any shop's origins", field="Origin")
        exchange(request).allowed_origin = origin
        return Response(status_code=204, headers=ALLOWED)

    async def _known(self) -> Sequence[Shop]:
        if self._shops is None:
            async with self._first:
                return self._shops if self._shops is not None else await self._look()
        if self._clock() < self._until:
            return self._shops
        try:
            return await self._look()
        except SQLAlchemyError:
            return self._shops

    async def _look(self) -> Sequence[Shop]:
        self._until = self._clock() + FRESH_SECONDS  # meanwhile others go by what is known
        self._shops = await asyncio.to_thread(self._records.shops.all)
        return self._shops
