"""The one place where real parts are chosen; tests choose others."""

import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from api.background import Background
from api.cache import AnswerCache
from api.filling import Filler
from api.keys import KeyRing
from api.limits.limiter import Limiter
from api.metrics import Metrics
from api.opening import Shops
from api.settings import CacheKind, Settings
from api.shipping import Shipper
from api.spooling import Spooler
from api.state.clients import FORMS
from api.state.memory import MemoryState
from api.state.redis import RedisState
from api.state.resilient import PAUSE_SECONDS, ResilientState
from api.state.store import StateStore
from recommender.breaker import Breaker
from recommender.errors import ConfigurationError
from recommender.records import Records
from recommender.workspace import Workspace

COMMAND_SECONDS = 30.0
"""How long a command waits for Redis; answers wait for `Settings.redis_timeout`."""


@dataclass(frozen=True)
class Services:
    """Everything that answers are made with."""

    process: str
    """This process's name among those that share the records."""
    settings: Settings
    workspace: Workspace
    records: Records
    state: StateStore
    filler: Filler
    cache: AnswerCache
    keys: KeyRing
    limits: Limiter
    shops: Shops
    spooler: Spooler
    shipper: Shipper | None
    """Where hosts have their log together in a store."""
    metrics: Metrics
    background: Background
    now: Callable[[], datetime]
    """The wall clock."""

    def time(self) -> float:
        """The wall clock in Unix seconds."""
        return self.now().timestamp()


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def build(settings: Settings, *, now: Callable[[], datetime] = utc_now, serves: bool = True) -> Services:
    """Choose the parts that the settings ask for.

    Args:
        settings: what was set from outside.
        now: the wall clock.
        serves: whether answers wait for them, which go on without a part that is slow or away; a command waits, and
            fails where it cannot do what it was asked.

    Raises:
        ConfigurationError: the settings contradict each other.
    """
    metrics, background = Metrics(), Background()
    if settings.store is not None:
        from recommender.objects import Objects  # an extra brings what it needs

        Objects.open(settings.store)
    state = _state(settings, now, metrics, serves=serves)
    cache = _cache(settings, state, background)  # before the records are opened: these may refuse
    guard = Breaker("records", time.monotonic, failures=3, pause=1.0, told=metrics.circuit)
    workspace, records = settings.workspace(), settings.records(guard if serves else None)
    limits = Limiter(settings, time.monotonic, now, metrics)
    filler = Filler(state, workspace, records, settings.state_rows, now)
    spooler = Spooler(workspace, metrics.commits.inc, metrics.dropped.inc, most_open=settings.open_shops)
    return Services(
        process=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
        settings=settings,
        workspace=workspace,
        records=records,
        state=state,
        filler=filler,
        cache=cache,
        keys=KeyRing(records, time.monotonic, now, limits),
        limits=limits,
        shops=Shops(
            workspace,
            records,
            time.monotonic,
            metrics,
            filler,
            background,
            most=settings.open_shops,
            least_recall=settings.least_recall,
        ),
        spooler=spooler,
        shipper=None if settings.store is None else Shipper(workspace, spooler),
        metrics=metrics,
        background=background,
        now=now,
    )


def _state(settings: Settings, now: Callable[[], datetime], metrics: Metrics, *, serves: bool) -> StateStore:
    memory = MemoryState(settings.state_rows, lambda: now().timestamp())
    if settings.redis_url is None:
        return memory
    try:
        shared = RedisState.connect(settings.redis_url, settings.redis_timeout if serves else COMMAND_SECONDS)
    except ValueError:  # the URL may hold a password: it is not repeated
        raise ConfigurationError(f"VITRINE_REDIS_URL cannot be read; use {FORMS}") from None
    if not serves:
        return shared
    return ResilientState(shared, memory, Breaker("state", time.monotonic, pause=PAUSE_SECONDS, told=metrics.circuit))


def _cache(settings: Settings, state: StateStore, background: Background) -> AnswerCache:
    if settings.cache is CacheKind.REDIS and settings.redis_url is None:
        raise ConfigurationError("VITRINE_CACHE=redis needs VITRINE_REDIS_URL; use memory or off without it")
    if settings.cache is CacheKind.REDIS:
        return AnswerCache(settings.cache_bytes, background.start, state)
    return AnswerCache(settings.cache_bytes if settings.cache is CacheKind.MEMORY else 0, background.start)
