"""Visitors' state where there is none: filled from the shop's log."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import structlog

from api.consent import ALL_GRANTED
from api.reading import latest
from api.recording import Told, remember
from api.state.people import KEPT_SECONDS
from api.state.store import StateStore
from recommender.collecting import FAILURES, gather
from recommender.events.rows import Received
from recommender.records import Records
from recommender.workspace import ShopFolder, Workspace

BATCH = 1000
"""Events written at once."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Filler:
    """Fills state in the process after every start, in Redis once.

    Args:
        state: what is filled.
        workspace: where the logs are.
        records: of all hosts.
        most: events of a shop that are looked at, the latest.
        now: the wall clock.
    """

    state: StateStore
    workspace: Workspace
    records: Records
    most: int
    now: Callable[[], datetime]

    async def fill(self, shops: Sequence[str], after: "asyncio.Future[Any] | None" = None) -> None:
        """Fill the state of those shops that have none.

        Args:
            shops: their names.
            after: what must have ended, well or not, before anything is written; logs are read meanwhile.
        """
        for shop in await self.state.first_use(shops) if shops else ():
            await self._fill(shop, after)

    async def _fill(self, shop: str, after: "asyncio.Future[Any] | None") -> None:
        since = self.now() - timedelta(seconds=KEPT_SECONDS)
        folder = self.workspace.shop(shop)
        found = await asyncio.to_thread(self._latest, folder, since)
        if after is not None:
            await asyncio.wait({after})
        told = [Told(one.event, ALL_GRANTED, one.verified) for one in found]
        told.sort(key=lambda one: one.event.timestamp)
        for start in range(0, len(told), BATCH):
            await remember(self.state, shop, told[start : start + BATCH])
            await asyncio.sleep(0)
        log.info("visitors' state was rebuilt from the log", shop=shop, events=len(told))

    def _latest(self, folder: ShopFolder, since: datetime) -> list[Received]:
        """The latest events, as far as they can be known: a process starts also without the store."""
        try:
            gather(folder, self.records, self.now())
        except FAILURES as error:
            log.warning("state is rebuilt from what is here", shop=folder.path.name, reason=str(error))
        found = list(latest(folder, since, self.most))
        pa.default_memory_pool().release_unused()  # it would keep what reading took at most
        return found
