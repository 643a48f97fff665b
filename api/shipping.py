"""Events on their way to the store in which hosts have their log together."""

import asyncio
from collections.abc import Iterable

import structlog

from api.spooling import Spooler
from recommender.errors import VitrineError
from recommender.workspace import Workspace

AT_ONCE = 4
"""Shops whose events are shipped side by side."""

log = structlog.get_logger(__name__)


class Shipper:
    """Ships what this process, and dead ones of its home, have committed; what fails is tried again.

    Args:
        workspace: where the spools are.
        spooler: knows which shops have new events.
    """

    def __init__(self, workspace: Workspace, spooler: Spooler) -> None:
        self._workspace = workspace
        self._spooler = spooler
        self._left: set[str] = set()
        self.problem: str | None = None
        """Why the last events could not be shipped."""

    async def ship(self, more: Iterable[str] = ()) -> None:
        """Ship what was committed since the last time, and what `more` shops have; all of it is safe where it is."""
        shops = {*self._left, *self._spooler.touched(), *more}
        self._left, turn = set(), asyncio.Semaphore(AT_ONCE)

        async def ship(shop: str) -> str | None:
            async with turn:
                return await asyncio.to_thread(self._ship, shop)

        problems = {*await asyncio.gather(*map(ship, sorted(shops)))} - {None}
        if problems and self.problem is None:
            log.warning("events cannot be shipped", reason=min(map(str, problems)))
        self.problem = min(map(str, problems), default=None)

    def _ship(self, shop: str) -> str | None:
        from recommender.events.shipping import ship  # an extra brings what it needs

        try:
            if ship(self._workspace.shop(shop)) is None:
                self._left.add(shop)  # another process of this home ships, but perhaps not what came last
        except (VitrineError, OSError) as error:
            self._left.add(shop)
            return f"{type(error).__name__}: {error}"
        return None
