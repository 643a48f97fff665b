"""One request and its answer: what is known about it beyond the body."""

import os
import re
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

from api.limits.buckets import Limit

KEY = "vitrine.exchange"
AT_ONCE = 256
"""Request ids that are drawn at once."""
USABLE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def fresh_ids() -> Iterator[str]:
    """Request ids; the system is asked for many at once, since asking takes longer than all the rest.

    Nothing is drawn before the first request, by when every worker is a process of its own.
    """
    while True:
        drawn = os.urandom(16 * AT_ONCE).hex()
        yield from (drawn[begin : begin + 32] for begin in range(0, len(drawn), 32))


FRESH = fresh_ids()


@dataclass(slots=True)
class Exchange:
    """Facts that are found out while a request is answered and end up in headers, logs and metrics."""

    request_id: str
    shop: str | None = None
    allowed_origin: str | None = None
    """The page's origin, once the shop's list was found to hold it."""
    degraded: bytes = b""
    """What the answer was made without: the shared `state`, or the `records`, whose last changes may be missing."""
    limit: Limit | None = None
    """The limit that is nearest."""
    used: float = 0.0
    """How much of it is used, as a part; above 1 the call was refused."""


CURRENT: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
"""The exchange in which something is said: every request is answered in a context of its own."""


def exchange(request: Request) -> Exchange:
    """The exchange that the envelope opened."""
    opened: Exchange = request.scope[KEY]
    return opened


def open_exchange(scope: Scope) -> Exchange:
    """Begin; the caller's own `X-Request-Id` is used when it is harmless to repeat."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode("latin-1")
    opened = Exchange(given if given and USABLE_ID.fullmatch(given) else next(FRESH))
    scope[KEY] = opened
    CURRENT.set(opened)
    return opened
