"""Which shops this process holds: each is opened with its first call, and the least recently called is closed."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime

import structlog

from api.background import Background
from api.filling import Filler
from api.metrics import Metrics
from api.shops import LiveShop
from recommender.artifact import artifacts
from recommender.records import Records
from recommender.sealing import LEAST_RECALL
from recommender.workspace import Workspace

AT_ONCE = 4
"""Shops that are opened side by side: reading and unpacking is this process's own work, and calls wait behind it."""

PATIENCE_SECONDS = 1.0
"""How long a shop's first call waits for its visitors' state; of a long log it comes a little later."""

log = structlog.get_logger(__name__)


class Shops:
    """The shops of this process.

    A closed shop loses nothing: its events are in the spool or the log, its visitors in the state, and everything else
    is read again. A request that it is closed under goes on with what it holds.

    Args:
        workspace: their files.
        records: their catalogues and configurations.
        clock: a clock that never goes back, in seconds.
        metrics: counts shops and artifacts that were opened.
        filler: fills the state of a shop that is opened.
        background: runs that where it takes long.
        most: shops that are open at once.
        least_recall: what the indexes of a model must find of the 100 nearest items.
    """

    def __init__(
        self,
        workspace: Workspace,
        records: Records,
        clock: Callable[[], float],
        metrics: Metrics,
        filler: Filler,
        background: Background,
        *,
        most: int,
        least_recall: float = LEAST_RECALL,
    ) -> None:
        self._workspace = workspace
        self._records = records
        self._clock = clock
        self._metrics = metrics
        self._filler = filler
        self._background = background
        self._most = most
        self._least_recall = least_recall
        self._open: OrderedDict[str, LiveShop] = OrderedDict()
        """The one called last stands last."""
        self._opening: dict[str, asyncio.Task[LiveShop]] = {}
        self._few = asyncio.Semaphore(AT_ONCE)
        self._settled = 0
        """The most shops that were open so far."""
        self._erased: dict[str, dict[str, datetime]] = {}
        """Of closed shops: those erased persons of whom the state was told."""

    def __iter__(self) -> Iterator[LiveShop]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """Let all of them begin nothing any more."""
        for opening in self._opening.values():
            opening.cancel()
        for shop in self:
            shop.close()

    async def get(self, name: str) -> LiveShop:
        """The shop called `name`, that must exist; opened once for all who ask meanwhile."""
        live = self._open.get(name)
        if live is not None:
            self._open.move_to_end(name)
            return live
        opening = self._opening.get(name) or self._begin(name, PATIENCE_SECONDS)
        return await asyncio.shield(opening)  # whoever gives up takes it from nobody

    async def open_all(self) -> None:
        """Open every shop there is, with its visitors' state, unless there are more than may be open."""
        names = await asyncio.to_thread(self._records.shops.list)
        if len(names) > self._most:
            log.info("shops are opened with their first call", shops=len(names), most=self._most)
            return
        for name in names:
            await self._begin(name, None)

    def _begin(self, name: str, patience: float | None) -> "asyncio.Task[LiveShop]":
        opening = self._opening[name] = asyncio.create_task(self._opened(name, patience))
        opening.add_done_callback(lambda _: self._ended(name, opening))
        return opening

    def _ended(self, name: str, opening: "asyncio.Task[LiveShop]") -> None:
        del self._opening[name]
        if not opening.cancelled() and opening.exception() is not None:  # looked at: maybe nobody waits any more
            self._metrics.shops.labels("failed").inc()

    async def _opened(self, name: str, patience: float | None) -> LiveShop:
        async with self._few:
            loading = asyncio.create_task(self._loaded(name))
            filled = self._filling(name, loading)
            live = await loading
        with suppress(TimeoutError):
            await asyncio.wait_for(filled.wait(), patience)
        self._open[name] = live
        self._metrics.shops.labels("opened").inc()
        self._shrink()
        self._settle()
        return live

    async def _loaded(self, name: str) -> LiveShop:
        live = await asyncio.to_thread(self._load, name)
        if erased := live.unheard:
            await self._filler.state.forget(live.name, erased)
        return live

    def _load(self, name: str) -> LiveShop:
        folder = self._workspace.shop(name)
        store = artifacts(folder, self._least_recall)
        live = LiveShop(folder, self._records, store, self._clock, self._metrics, self._erased.get(name))
        live.load()
        return live

    def _filling(self, name: str, loading: "asyncio.Task[LiveShop]") -> asyncio.Event:
        """Bring a shop's state up to date, beside loading it; set when done: before that nobody is answered from it."""
        done = asyncio.Event()

        async def fill() -> None:
            try:
                await self._filler.fill([name], loading)
            finally:
                done.set()

        self._background.start(fill)
        return done

    def _settle(self) -> None:
        """Take what an open shop holds from the garbage collector: with thousands, one look would take a second.

        Closed shops are gone without it. Only where more are open than ever, so that little can be taken by mistake.
        """
        if len(self._open) > self._settled:
            self._settled = len(self._open)
            gc.collect(1)
            gc.freeze()

    def _shrink(self) -> None:
        while len(self._open) > self._most:
            name, live = self._open.popitem(last=False)
            live.close()
            self._erased.pop(name, None)
            if live.waiting:
                self._erased[name] = live.waiting
            self._metrics.shops.labels("closed").inc()
        self._metrics.shops_open.set(len(self._open))
