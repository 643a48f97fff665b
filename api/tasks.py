"""What a process does between requests."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import structlog
from pyarrow import ArrowException
from sqlalchemy.exc import SQLAlchemyError

from api.bootstrap import Services
from api.consent import ALL_GRANTED
from api.reading import latest
from api.recording import Told, remember
from api.shipping import ship_log
from api.state.people import KEPT_SECONDS, Versions
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
REBUILD_BATCH = 1000
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
    """See what other processes changed, and tell the workers of a new model."""
    for shop in parts.shops:
        if erased := await asyncio.to_thread(shop.read_erasures):
            await parts.state.forget(shop.name, erased)
        if await asyncio.to_thread(shop.refresh):
            await parts.state.announce(shop.name, Versions(model=shop.view.version))
        parts.metrics.learned.labels(shop.name).set(shop.view.snapshot.models.data_end.timestamp())
        await rebuild(parts, shop.name)


async def compact_all(parts: Services) -> None:
    """Move acknowledged events into the log, for every shop whose turn no other process has."""
    for name in await asyncio.to_thread(parts.records.shops.list):
        try:
            await asyncio.to_thread(_compact, parts, name)
        except FAILURES:
            log.exception("the log cannot be compacted", shop=name)


def _compact(parts: Services, name: str) -> None:
    folder = parts.workspace.shop(name)
    waits = oldest(folder)
    parts.metrics.spooled.labels(name).set(0 if waits is None else (parts.now() - waits).total_seconds())
    summary = compact(folder, now=parts.now(), leases=parts.records.leases)
    if not summary.busy:
        parts.metrics.compacted.labels(name).set(parts.time())
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


async def rebuild(parts: Services, shop: str) -> None:
    """Fill empty state from the log: in process after every start, in Redis once."""
    if not await parts.state.first_use(shop):
        return
    since = parts.now() - timedelta(seconds=KEPT_SECONDS)
    folder = parts.workspace.shop(shop)
    found = await asyncio.to_thread(lambda: list(latest(folder, since, parts.settings.state_rows)))
    told = sorted((Told(one.event, ALL_GRANTED, one.verified) for one in found), key=lambda one: one.event.timestamp)
    for start in range(0, len(told), REBUILD_BATCH):
        await remember(parts.state, shop, told[start : start + REBUILD_BATCH])
        await asyncio.sleep(0)
    log.info("visitors' state was rebuilt from the log", shop=shop, events=len(told))
