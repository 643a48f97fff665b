"""The thread that commits events."""

import asyncio
import time
from pathlib import Path

import pytest

from api import tasks
from api.problems import Problem
from api.spooling import Spooler
from recommender.errors import ConflictError
from recommender.events.spool import SUFFIX, Spool, spools
from recommender.workspace import Workspace
from tests.api.conftest import running

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


async def test_what_nobody_waits_for_is_bounded_while_the_disk_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is dropped, and counted."""
    monkeypatch.setattr("api.spooling.MOST_TOLD", 2)
    lost: list[int] = []
    spooler = Spooler(Workspace(tmp_path), lambda: None, lost.append)
    for event in (b"1", b"2", b"3", b"4"):
        spooler.tell("shop", event)
    assert lost == [1, 1]
    spooler.start()
    spooler.close()
    assert kept(tmp_path, "shop") == [b"1", b"2"]


async def test_what_nobody_waits_for_and_the_disk_refuses_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that somebody waits for hear of it themselves."""
    lost: list[int] = []
    spooler = Spooler(Workspace(tmp_path), lambda: None, lost.append)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(spooler, "_spool", full)
    spooler.tell("shop", b"told")
    spooler.start()
    with pytest.raises(Problem, match="no space left"):
        await spooler.append("shop", [b"asked"])
    spooler.close()
    assert sum(lost) == 1


async def test_a_shop_whose_spool_cannot_be_read_holds_up_no_other(tmp_path: Path) -> None:
    async with running(tmp_path, refresh_seconds=3600) as api:
        api.services.records.shops.create("another")
        broken = api.services.workspace.shop("another").spools
        broken.mkdir(parents=True)
        (broken / "a.spool").write_bytes(b"no database" * 1000)
        await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v"})
        assert api.services.records.shops.list() == ["another", "shop"]
        await tasks.compact_all(api.services)
        assert len([*api.services.workspace.shop("shop").log.rglob("*.parquet")]) == 1


async def test_of_many_shops_the_spool_written_to_least_lately_is_closed_with_its_events(tmp_path: Path) -> None:
    """Whoever asks for it can have it, as if its process had ended."""
    spooler = Spooler(Workspace(tmp_path), lambda: None, most_open=2)
    spooler.start()
    for shop in ("a", "b", "a", "c"):
        await spooler.append(shop, [shop.encode()])
    owned = []
    for shop in ("a", "b", "c"):
        (path,) = spools(Workspace(tmp_path).shop(shop).spools)
        try:
            Spool.open(path).close()
        except ConflictError:
            owned.append(shop)
    await spooler.append("b", [b"b again"])
    spooler.close()
    assert owned == ["a", "c"]
    assert [sorted(kept(tmp_path, shop)) for shop in ("a", "b", "c")] == [[b"a", b"a"], [b"b", b"b again"], [b"c"]]
