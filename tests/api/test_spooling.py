"""The thread that commits events."""

import asyncio
import time
from pathlib import Path

import pytest

from api.spooling import Spooler
from recommender.events.spool import SUFFIX, Spool
from recommender.workspace import Workspace

pytestmark = pytest.mark.anyio


@pytest.fixture
def spooler(tmp_path: Path) -> Spooler:
    """One that is running."""
    started = Spooler(Workspace(tmp_path), lambda: None)
    started.start()
    return started


def kept(home: Path, shop: str) -> list[bytes]:
    """What is on the disk of a shop."""
    found: list[bytes] = []
    for path in Workspace(home).shop(shop).spools.glob(f"*{SUFFIX}"):
        spool = Spool.inspect(path)
        found += [event for _, event in spool.pending()]
        spool.close()
    return found


async def test_what_nobody_waits_for_is_written_soon(spooler: Spooler, tmp_path: Path) -> None:
    """Without another event that would take it along."""
    for number in range(3):
        spooler.tell("shop", b"%d" % number)
    spooler.tell("other", b"4")
    deadline = time.monotonic() + 5
    while len(kept(tmp_path, "shop")) < 3 or not kept(tmp_path, "other"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    spooler.close()
    assert (kept(tmp_path, "shop"), kept(tmp_path, "other")) == ([b"0", b"1", b"2"], [b"4"])


async def test_it_goes_with_what_somebody_waits_for(spooler: Spooler, tmp_path: Path) -> None:
    """One commit for both."""
    spooler.tell("shop", b"told")
    await spooler.append("shop", [b"asked"])
    assert sorted(kept(tmp_path, "shop")) == [b"asked", b"told"]
    spooler.close()


async def test_nothing_is_lost_when_the_service_stops(spooler: Spooler, tmp_path: Path) -> None:
    """What was told just before is written."""
    spooler.tell("shop", b"last")
    spooler.close()
    assert kept(tmp_path, "shop") == [b"last"]
