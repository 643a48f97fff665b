"""Who is calling: a page with a shop's public key, or a shop's server with the secret one."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from starlette.requests import Request

from api.exchange import exchange
from api.limits.limiter import Limiter
from api.origins import check_origin
from api.problems import Problem
from recommender.records import Records, Shop

FRESH_SECONDS = 2.0
"""How long a key that was looked up is believed, unless somebody sees before that the shop's keys have changed."""

PATIENCE_SECONDS = 0.1
"""How long a call with a known key waits to hear whether the key is still good."""

MOST_KEYS = 10_000
LONGEST_KEY = 200

KEY_NEEDED = 'send the shop\'s public key: header X-Vitrine-Key, on GET ?key=, or "key" in a body sent as text/plain'
SECRET_NEEDED = "this call needs the shop's secret key: 'Authorization: Bearer sk_…'"  # noqa: S105 - no key


@dataclass(frozen=True, slots=True)
class Caller:
    """A shop, and whether its secret key was shown."""

    shop: Shop
    secret: bool


class _Found(NamedTuple):
    caller: Caller | None
    until: float


class KeyRing:
    """Keys and their shops, looked up in the records and believed for a moment.

    Args:
        records: where keys are kept.
        clock: a clock that never goes back, in seconds.
        now: the wall clock, by which replaced keys end.
        limits: how often anybody may call.
    """

    def __init__(
        self, records: Records, clock: Callable[[], float], now: Callable[[], datetime], limits: Limiter
    ) -> None:
        self._limits = limits
        self._records = records
        self._clock = clock
        self._now = now
        self._found: dict[str, _Found] = {}
        self._looking: dict[str, asyncio.Task[Caller | None]] = {}

    def changed(self, shop: str) -> None:
        """Look up again whose keys the shop's are: its keys or its origins have changed."""
        for key, found in list(self._found.items()):
            if found.caller is None or found.caller.shop.name == shop:
                self._found[key] = found._replace(until=self._clock())

    async def caller(self, key: str) -> Caller | None:
        """Whose key this is; None when nobody's."""
        found = self._found.get(key)
        if found is not None and self._clock() < found.until:
            return found.caller
        looking = self._looking.get(key) or self._look(key)
        if found is None or found.caller is None:
            return await asyncio.shield(looking)
        await asyncio.wait({looking}, timeout=PATIENCE_SECONDS)
        # The records are away, or slow: who was known stays known.
        return found.caller if not looking.done() or looking.exception() is not None else looking.result()

    def _look(self, key: str) -> "asyncio.Task[Caller | None]":
        """Look a key up, once for all who ask meanwhile."""

        async def look() -> Caller | None:
            caller = await asyncio.to_thread(self._look_up, key)
            if len(self._found) >= MOST_KEYS:
                self._found.clear()
            self._found[key] = _Found(caller, self._clock() + FRESH_SECONDS)
            return caller

        def done(task: "asyncio.Task[Caller | None]") -> None:
            self._looking.pop(key, None)
            if not task.cancelled():
                task.exception()  # somebody may have stopped waiting for it

        looking = self._looking[key] = asyncio.create_task(look())
        looking.add_done_callback(done)
        return looking

    def _look_up(self, key: str) -> Caller | None:
        owner = self._records.shops.owner(key, self._now())
        return Caller(self._records.shops.get(owner.shop), owner.kind == "secret") if owner else None

    async def either(self, request: Request, document: Any = None) -> Caller:
        """The caller of something that both keys may do.

        Args:
            request: the request; the key is taken from its headers or, on GET, its query.
            document: its body, that may carry `key` when sent as `text/plain`.

        Raises:
            Problem: no key or an unknown one (401), or a page of an origin that the shop does not list (403).
        """
        secret = _bearer(request)
        if secret is not None:
            return await self._secret(request, secret)
        caller = await self._known(request, _public_key(request, document), "X-Vitrine-Key")
        if caller.secret:
            raise _unauthorized("the secret key belongs in 'Authorization: Bearer', never in a page")
        check_origin(request, caller.shop)
        exchange(request).shop = caller.shop.name
        self._limits.page(request, caller.shop)
        return caller

    async def secret(self, request: Request) -> Caller:
        """The caller of something that only the shop's server may do.

        Raises:
            Problem: no key or an unknown one (401), or only the public key (403).
        """
        secret = _bearer(request)
        if secret is not None:
            return await self._secret(request, secret)
        if _public_key(request, None):
            await self.either(request)
            raise Problem(403, "secret-key-needed", SECRET_NEEDED)
        raise _unauthorized(SECRET_NEEDED)

    async def _secret(self, request: Request, key: str) -> Caller:
        caller = await self._known(request, key, "Authorization")
        if not caller.secret:
            raise Problem(403, "secret-key-needed", f"{SECRET_NEEDED}; the public one goes into X-Vitrine-Key")
        exchange(request).shop = caller.shop.name
        self._limits.server(request, caller.shop)
        return caller

    async def _known(self, request: Request, key: str | None, field: str) -> Caller:
        if not key:
            raise _unauthorized(KEY_NEEDED)
        if key not in self._found:
            self._limits.guess(request, wrong=False)
        caller = await self.caller(key) if len(key) <= LONGEST_KEY else None
        if caller is None:
            self._limits.guess(request, wrong=True)
            raise _unauthorized(f"no shop has this key ({field})")
        return caller


def _bearer(request: Request) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None


def _public_key(request: Request, document: Any) -> str | None:
    if key := request.headers.get("x-vitrine-key"):
        return key
    if request.method in {"GET", "HEAD"}:
        return request.query_params.get("key")
    plain = request.headers.get("content-type", "").lower().startswith("text/plain")
    if isinstance(document, list) and document:
        document = document[0]
    key = document.get("key") if plain and isinstance(document, Mapping) else None
    return key if isinstance(key, str) else None


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "key", detail, headers={"WWW-Authenticate": "Bearer"})
