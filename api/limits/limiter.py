"""Who may call how often: a shop's pages, its server, one visitor, one address."""

import secrets
from collections.abc import Callable, Hashable
from datetime import datetime
from math import ceil

from starlette.requests import Request

from api.exchange import Exchange, exchange
from api.limits.addresses import disguised, distant
from api.limits.buckets import FULL, Buckets, Limit
from api.metrics import Metrics
from api.problems import Problem
from api.settings import Settings
from api.state.store import StateStore
from recommender.records import Shop

GUESSES = 60
"""Unknown keys a minute from one address."""

WHAT = {
    "key": "calls with this shop's public key",
    "secret": "calls with this shop's secret key",
    "visitor": "calls and events of this visitor",
    "address": "calls from this address",
    "codes": "codes asked for from this address",
    "guesses": "unknown keys from this address",
}


class Limiter:
    """Counts calls in the process; what matters to other processes is told to them in the background.

    So a request waits for nobody. Until processes have told each other, each lets through what it knows of: together
    they may exceed a limit by what they take within a second.

    Args:
        settings: how much is allowed, if anything is limited.
        clock: a clock that never goes back, in seconds.
        now: the wall clock.
        metrics: counts what is refused.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], float], now: Callable[[], datetime], metrics: Metrics
    ) -> None:
        self._on = settings.rate_limits
        self.shared = self._on and settings.redis_url is not None
        """Whether :meth:`share` has anything to do."""
        self._clock = clock
        self._now = now
        self._metrics = metrics
        self._own_key = secrets.token_hex(32)
        self._key = Buckets(Limit("key", settings.rate_key), shared=self.shared)
        self._secret = Buckets(Limit("secret", settings.rate_secret), shared=self.shared)
        self._visitor = Buckets(Limit("visitor", settings.rate_visitor), shared=self.shared)
        self._address = Buckets(Limit("address", settings.rate_address), shared=self.shared)
        self._codes = Buckets(Limit("codes", settings.rate_codes, 3600.0), shared=self.shared)
        self._guesses = Buckets(Limit("guesses", GUESSES))
        self._named: dict[Hashable, str] = {}
        """What addresses are called where other processes are told of them."""

    def page(self, request: Request, shop: Shop) -> None:
        """A page calls with the shop's public key.

        Raises:
            Problem: the shop's pages, or this address, called too often (429); so do the other methods for theirs.
        """
        if self._on:
            current, now = exchange(request), self._clock()
            self._from_address(request, current, self._address, shop, now)
            self._take(current, self._key, shop.name, now)

    def server(self, request: Request, shop: Shop) -> None:
        """The shop's server calls with its secret key."""
        if self._on:
            self._take(exchange(request), self._secret, shop.name, self._clock())

    def visitor(self, request: Request, shop: Shop, visitor_id: str, cost: int = 1) -> None:
        """Something is asked for or told by one visitor."""
        if self._on:
            self._take(exchange(request), self._visitor, (shop.name, visitor_id), self._clock(), cost)

    def code(self, request: Request, shop: Shop) -> None:
        """A popup may give a code of its own away: whoever collects them can be a new visitor each time."""
        if self._on:
            self._from_address(request, exchange(request), self._codes, shop, self._clock())

    def guess(self, request: Request, *, wrong: bool) -> None:
        """A key that is not known yet is about to be looked up, or was found to be nobody's."""
        host = distant(request.scope) if self._on else None
        if host is None:
            return
        whose, now = disguised(host, self._own_key, self._now()), self._clock()
        if wrong:
            self._guesses.take(whose, now)
        elif (used := self._guesses.would_be(whose, now)) > FULL:
            self._refuse(exchange(request), self._guesses.limit, used)

    async def share(self, state: StateStore) -> None:
        """Tell other processes what this one let through, and hear what they did."""
        told = {
            self._name(buckets, whose): (buckets, whose, used)
            for buckets in (self._key, self._secret, self._visitor, self._address, self._codes)
            for whose, used in buckets.untold().items()
        }
        self._named.clear()
        if not told:
            return
        heard = await state.fill({name: used for name, (_, _, used) in told.items()})
        for name, seconds in heard.items():
            buckets, whose, _ = told[name]
            buckets.hear(whose, seconds, self._clock())

    def _from_address(self, request: Request, current: Exchange, buckets: Buckets, shop: Shop, now: float) -> None:
        host = distant(request.scope)
        if host is None:
            return
        whose = hash((self._own_key, shop.name, host))  # salted; quicker than what other processes can repeat
        if self._take(current, buckets, whose, now) > buckets.told_from:
            self._named[whose] = f"{shop.name}:{disguised(host, shop.signing_key, self._now())}"

    def _take(self, current: Exchange, buckets: Buckets, whose: Hashable, now: float, cost: int = 1) -> float:
        used = buckets.take(whose, now, cost)
        if used > FULL:
            self._refuse(current, buckets.limit, used)
        if used > current.used:
            current.used, current.limit = used, buckets.limit
        return used

    def _refuse(self, current: Exchange, limit: Limit, used: float) -> None:
        current.used, current.limit = used, limit
        self._metrics.limited.labels(limit.name).inc()
        detail = f"too many {WHAT[limit.name]}; {limit.amount} in {limit.seconds:g} seconds are allowed"
        headers = {"Retry-After": str(ceil((used - 1) * limit.seconds))}
        raise Problem(429, "too-many-calls", detail, headers=headers, limit=limit.name)

    def _name(self, buckets: Buckets, whose: Hashable) -> str:
        named = self._named.get(whose) or (":".join(whose) if isinstance(whose, tuple) else whose)
        return f"{buckets.limit.name}:{named}"
