"""What a process does between requests."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import structlog
from pyarrow import ArrowException
from sqlalchemy.exc import SQLAlchemyError

from api.bootstrap import Services
from api.shipping import ship_log
from api.shops import LiveShop
from api.state.people import Versions
from recommender.days import DAY
from recommender.errors import VitrineError
from recommender.events.compaction import LEASE_SECONDS, compact
from recommender.events.spooled import oldest
from recommender.forgetting import due, rewrite
from recommender.periods import enforce
from recommender.records.database import AwayError

log = structlog.get_logger(__name__)

FAILURES = (VitrineError, OSError, SQLAlchemyError, sqlite3.Error, ArrowException)
"""Of one shop's files or of the records; they hold up no other shop."""
QUIET = timedelta(hours=1)
"""How often a shop's log is looked through when nothing waits in its spools: files of a day that is over are merged."""
FORGET_SECONDS = 1800.0
"""How often a process looks for what is to be forgotten: erased persons in files, and what was kept long enough."""


async def every(seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do `work` again and again; a failure is logged and tried again."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except AwayError:
            log.debug("periodic work waits for the records")
        except Exception:
            log.exception("periodic work failed")


async def refresh(parts: Services) -> None:
    """See what other processes changed in shops that are open, and tell the workers of a new model."""
    for shop in await asyncio.to_thread(_behind, parts):
        if erased := await asyncio.to_thread(shop.read_erasures):
            await parts.state.forget(shop.name, erased)
        if await asyncio.to_thread(shop.refresh):
            await parts.state.announce(shop.name, Versions(model=shop.view.version))
    await parts.filler.fill([shop.name for shop in parts.shops])


def _behind(parts: Services) -> list[LiveShop]:
    newest = parts.records.newest()
    return [shop for shop in parts.shops if shop.is_behind(newest)]


async def compact_all(parts: Services, looked_through: dict[str, datetime] | None = None) -> None:
    """Move acknowledged events into the log, for every shop whose turn no other process has.

    Args:
        parts: of this process.
        looked_through: when each shop's log was; kept between calls, it spares shops in which nothing happens.
    """
    known = {} if looked_through is None else looked_through
    for name in await asyncio.to_thread(parts.records.shops.list):
        try:
            await asyncio.to_thread(_compact, parts, name, known)
        except FAILURES:
            log.exception("the log cannot be compacted", shop=name)


def _compact(parts: Services, name: str, looked_through: dict[str, datetime]) -> None:
    folder, now = parts.workspace.shop(name), parts.now()
    waits = oldest(folder)
    parts.metrics.spooled.labels(name).set(0 if waits is None else (now - waits).total_seconds())
    if waits is None and folder.store is None and now - looked_through.get(name, now - QUIET) < QUIET:
        parts.metrics.compacted.labels(name).set(parts.time())
        return
    summary = compact(folder, now=now, leases=parts.records.leases)
    if not summary.busy:
        parts.metrics.compacted.labels(name).set(parts.time())
        looked_through[name] = now
    if summary.events or summary.files_merged:
        log.info("the log was compacted", shop=name, events=summary.events, merged=summary.files_merged)
    if not summary.busy:
        ship_log(folder)


async def forget_all(parts: Services) -> None:
    """Let go of what was kept long enough, once a day, and write artifacts anew without who was erased."""
    for name in await asyncio.to_thread(parts.records.shops.list):
        try:
            await asyncio.to_thread(_forget, parts, name)
        except FAILURES:
            log.exception("what is to be forgotten is not yet", shop=name)
    await asyncio.to_thread(parts.records.database.settle)


def _forget(parts: Services, name: str) -> None:
    folder, now, leases = parts.workspace.shop(name), parts.now(), parts.records.leases
    lease, holder = f"periods:{name}", f"{parts.process} {now}"
    if leases.acquire(lease, holder, LEASE_SECONDS, now):  # by itself it ends before the next look
        dropped = asdict(enforce(folder, parts.records, parts.settings.periods(), now))
        leases.acquire(lease, holder, DAY, now)  # done for today: nobody gives it back
        if any(dropped.values()):
            log.info("what was kept long enough was dropped", shop=name, **dropped)
    lease = f"forget:{name}"
    if due(parts.records, name, now) and leases.acquire(lease, parts.process, LEASE_SECONDS, now):
        done = rewrite(folder, parts.records, now)
        leases.release(lease, parts.process)
        log.info("models were written anew without who was erased", shop=name, persons=done.persons)
