"""What a process does between requests."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from api.bootstrap import Services
from api.shops import LiveShop
from api.state.people import Versions
from recommender.collecting import FAILURES, collect
from recommender.days import DAY
from recommender.errors import ConflictError, StoreError
from recommender.events import merging
from recommender.events.changing import host
from recommender.events.compaction import Summary, has_own
from recommender.events.erasure import erase_waiting
from recommender.events.spooled import oldest
from recommender.forgetting import due, rewrite
from recommender.periods import enforce
from recommender.records.changes import Seen
from recommender.records.database import AwayError
from recommender.workspace import ShopFolder

log = structlog.get_logger(__name__)

QUIET = timedelta(hours=1)
"""How often a shop's log is looked through when nothing waits in its spools: files of a day that is over are merged."""
LEASE_SECONDS = 600
"""How long nobody follows one who was killed while files were written anew or what is old was dropped."""
COLLECTOR = "collector"
"""The lease of the host that makes the logs of all shops."""
COLLECTOR_SECONDS, COLLECTOR_ROUNDS = 60.0, 3
"""After how long, or how many compactions left out, another host takes its place."""
REST, MOST_REST = 7, 1.0
"""How many times as long as a shop took this process rests before the next one, and seconds at most: with thousands of
small shops calls would wait for their background work; nobody is to wait for what follows a large one."""
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
    for shop, seen in await asyncio.to_thread(_behind, parts):
        before = shop.seen
        if before is None or seen.access != before.access:
            parts.keys.changed(shop.name)
        if before is None or seen.erasures != before.erasures:
            await _forget_erased(parts, shop)
        if await asyncio.to_thread(shop.refresh, seen):
            await parts.state.announce(shop.name, Versions(model=shop.view.version))
    await parts.filler.fill([shop.name for shop in parts.shops])


def _behind(parts: Services) -> list[tuple[LiveShop, Seen]]:
    """Open shops in which something is to be refreshed; one that is not in this database any more is none."""
    found = parts.records.changes.look()
    there = ((shop, seen) for shop in parts.shops if (seen := found.get(shop.name)) is not None)
    return [(shop, seen) for shop, seen in there if shop.is_behind(seen)]


async def _forget_erased(parts: Services, shop: LiveShop) -> None:
    if erased := await asyncio.to_thread(shop.read_erasures):
        await parts.state.forget(shop.name, erased)
        if parts.shipper is not None:  # by another host, which does not see the spools of this one
            events = await asyncio.to_thread(parts.records.erasures.of_events, shop.name)
            await asyncio.to_thread(erase_waiting, parts.workspace.shop(shop.name), events)


async def compact_all(parts: Services, looked_through: dict[str, datetime] | None = None) -> None:
    """Move acknowledged events into the log, for every shop whose turn no other process has.

    Where hosts have their log together, one of them does it for all; the others keep up the copies that they have.

    Args:
        parts: of this process.
        looked_through: when each shop's log was; kept between calls, it spares shops in which nothing happens.
    """
    names = await asyncio.to_thread(parts.records.shops.list)
    late = await asyncio.to_thread(parts.records.erasures.shops_late)
    work = partial(_compact_here, parts, late, {} if looked_through is None else looked_through)
    if parts.shipper is not None:
        await parts.shipper.ship(names)  # dead processes' events, too
        waiting = await asyncio.to_thread(_waiting, parts)
        work = partial(_take_turn, parts, None if waiting is None else waiting | late)
    rest = REST if parts.shipper is None else 0  # whoever makes the logs of all hosts has to end within its lease
    async for name in in_turn(names, rest):
        try:
            await asyncio.to_thread(work, name)
        except (ConflictError, StoreError) as error:
            log.warning("the log cannot be changed now", shop=name, reason=str(error))
        except FAILURES:
            log.exception("the log cannot be compacted", shop=name)


async def in_turn(names: Sequence[str], rest: float) -> AsyncIterator[str]:
    """The shops one after the other; between two a rest so many times as long as the first took, within `MOST_REST`."""
    for name in names:
        began = time.monotonic()
        yield name
        if name != names[-1]:
            await asyncio.sleep(min(rest * (time.monotonic() - began), MOST_REST))


def _waiting(parts: Services) -> set[str] | None:
    """Shops of which events were shipped, if it is this host that makes the log of them.

    It stays so while it lives, because others would have to fetch first what changed.
    """
    from recommender.events.pieces import shops_waiting  # an extra brings what it needs

    seconds = max(COLLECTOR_ROUNDS * parts.settings.compaction_seconds, COLLECTOR_SECONDS)
    if not parts.records.leases.acquire(COLLECTOR, host(parts.workspace), seconds, parts.now()):
        return None
    try:
        return shops_waiting(str(parts.workspace.store))
    except StoreError as error:
        log.warning("nobody knows which events were shipped", reason=str(error))
        return None


def _take_turn(parts: Services, waiting: set[str] | None, name: str) -> None:
    """Do for the log of all hosts what is this one's to do; else keep the copy here up, if there is one."""
    from recommender.events.stored import bring_up  # an extra brings what it needs

    folder, now = parts.workspace.shop(name), parts.now()
    _measure(parts, folder)
    if has_own(folder) or (waiting is not None and (name in waiting or merging.due(folder.log, now))):
        _compact(parts, folder)
        return
    if waiting is not None:
        parts.metrics.compacted.labels(name).set(parts.time())
    if folder.copied.exists():
        bring_up(folder, now)


def _compact_here(parts: Services, late: set[str], looked_through: dict[str, datetime], name: str) -> None:
    """Move what this home has, unless nothing waits there."""
    folder, now = parts.workspace.shop(name), parts.now()
    quiet = _measure(parts, folder) is None and name not in late
    if quiet and now - looked_through.get(name, now - QUIET) < QUIET:
        parts.metrics.compacted.labels(name).set(parts.time())
    elif not _compact(parts, folder).busy:
        looked_through[name] = now


def _compact(parts: Services, folder: ShopFolder) -> Summary:
    name, summary = folder.path.name, collect(folder, parts.records, parts.now())
    if not summary.busy:
        parts.metrics.compacted.labels(name).set(parts.time())
    if summary.events or summary.files_merged:
        log.info("the log was compacted", shop=name, events=summary.events, merged=summary.files_merged)
    return summary


def _measure(parts: Services, folder: ShopFolder) -> datetime | None:
    """Tell for how long events wait in this home; since when, or None where none do."""
    waits = oldest(folder)
    parts.metrics.spooled.labels(folder.path.name).set(0 if waits is None else (parts.now() - waits).total_seconds())
    return waits


async def forget_all(parts: Services) -> None:
    """Let go of what was kept long enough, once a day, and write artifacts anew without who was erased."""
    async for name in in_turn(await asyncio.to_thread(parts.records.shops.list), REST):
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
