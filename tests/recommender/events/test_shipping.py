"""What several hosts acknowledge is in one log, each event once, whoever is killed or loses its turn meanwhile."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from recommender.errors import BusyError, ConflictError, StoreError
from recommender.events import changing, merging, pieces
from recommender.events.changing import LEASE_SECONDS, lease_name
from recommender.events.compaction import Summary, compact
from recommender.events.erasure import erase, erase_late, erase_waiting
from recommender.events.log import EventLog, ImportCounts
from recommender.events.shipping import ship
from recommender.events.spool import Spool, spools
from recommender.events.stored import StoredLog, bring_up
from recommender.objects import Objects
from recommender.records import Records
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.recommender.events.samples import encoded, event, rows

STEPS = [
    "batch begun", "piece sent", "batch ended", "turn taken", "log claimed", "copy brought up", "ids claimed",
    "day written", "merged", "sources deleted", "log published", "pieces deleted",
]  # fmt: skip
SMALL_FILES = 4
YESTERDAY = (NOW - timedelta(days=1)).isoformat()


class KilledError(Exception):
    """Stands for the end of a process."""


def killed_at(name: str, occurrence: int = 1) -> Callable[[str], None]:
    seen = [0]

    def step(reached: str) -> None:
        seen[0] += reached == name
        if reached == name and seen[0] == occurrence:
            raise KilledError(name)

    return step


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/shared"


@pytest.fixture
def hosts(url: str, tmp_path: Path) -> tuple[ShopFolder, ShopFolder]:
    """Two homes with a store in common."""
    one, other = (Workspace(tmp_path / name, url).shop("shop") for name in ("one", "other"))
    return one, other


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """The records of both."""
    opened = Records.open(f"sqlite:///{tmp_path}/common.db")
    opened.shops.create("shop")
    yield opened
    opened.close()


def told(folder: ShopFolder, *ids: str, **fields: object) -> None:
    """A process acknowledges events one by one, and ends."""
    spool = Spool.create(folder.spools)
    for one in ids:
        spool.append([encoded(one, **fields)])
    spool.close()


@pytest.fixture(autouse=True)
def _few_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "MANY", SMALL_FILES)


def small_files(folder: ShopFolder) -> None:
    """As many as are merged, from before there was a store."""
    for number in range(SMALL_FILES):
        EventLog(folder).append(rows(event(f"old-{number}")), f"import-{number}")


def seen(folder: ShopFolder) -> list[str]:
    return sorted(EventLog(folder).scan().collect()["event_id"])


def stored(folder: ShopFolder, tmp_path: Path) -> list[str]:
    """What a host finds in the store that was never there before."""
    number = len([*tmp_path.glob("reader-*")])
    reader = Workspace(tmp_path / f"reader-{number}", folder.store).shop("shop")
    bring_up(reader, NOW)
    return seen(reader)


def left(folder: ShopFolder) -> int:
    return len(pieces.waiting(pieces.of_shop(folder)))


def test_events_of_all_hosts_are_in_one_log(
    hosts: tuple[ShopFolder, ShopFolder], records: Records, tmp_path: Path
) -> None:
    """A host ships, another one makes the log; an id that both were told counts once."""
    one, other = hosts
    told(one, "a", "both")
    told(other, "b", "both", timestamp=YESTERDAY)

    assert ship(one) == 1
    assert (spools(one.spools), left(one)) == ([], 1)
    assert compact(other, now=NOW, leases=records.leases) == Summary(events=3, duplicates=1)

    assert (left(one), spools(other.spools)) == (0, [])
    assert stored(one, tmp_path) == ["a", "b", "both"]
    assert compact(one, now=NOW, leases=records.leases) == Summary()


@pytest.mark.parametrize(
    ("step", "occurrence"), [*((step, 1) for step in STEPS), ("piece sent", 2), ("ids claimed", 2), ("day written", 2)]
)
def test_whoever_is_killed_at_any_step_loses_and_doubles_nothing(
    hosts: tuple[ShopFolder, ShopFolder], records: Records, tmp_path: Path, step: str, occurrence: int
) -> None:
    """The other host goes on once the lease is over; the killed one later, from what is in the store by then."""
    one, other = hosts
    small_files(one)
    told(one, *"abc")
    told(one, "d", "both", timestamp=YESTERDAY)
    with pytest.raises(KilledError):
        compact(one, now=NOW, leases=records.leases, batch=2, step=killed_at(step, occurrence))

    told(other, "both", "e")
    later = NOW + timedelta(seconds=LEASE_SECONDS)
    assert not compact(other, now=later, leases=records.leases).busy
    assert not compact(one, now=later, leases=records.leases).busy
    bring_up(one, later)
    bring_up(other, later)

    everything = sorted(["a", "b", "both", "c", "d", "e", *(f"old-{number}" for number in range(SMALL_FILES))])
    assert seen(one) == seen(other) == stored(one, tmp_path) == everything
    assert (left(one), spools(one.spools)) == (0, [])


@pytest.mark.parametrize("step", ["piece sent", "log claimed", "day written", "log published"])
def test_a_host_that_is_gone_at_any_step_has_lost_nothing_that_it_shipped(
    hosts: tuple[ShopFolder, ShopFolder], records: Records, tmp_path: Path, step: str
) -> None:
    """Its process is killed, and its disk is lost; its lease ends by itself."""
    one, other = hosts
    told(one, "a", "b")
    ship(one)
    told(one, "c")
    program = (
        "import os, signal, sys; from pathlib import Path; from datetime import datetime;"
        "from recommender.events.compaction import compact; from recommender.records import Records;"
        "from recommender.workspace import ShopFolder;"
        "die = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == sys.argv[5] else None;"
        "leases, now = Records.open(sys.argv[3]).leases, datetime.fromisoformat(sys.argv[4]);"
        "compact(ShopFolder(Path(sys.argv[1]), sys.argv[2]), now=now, leases=leases, step=die)"
    )
    given = [one.path, one.store, f"sqlite:///{tmp_path}/common.db", NOW.isoformat(), step]
    done = subprocess.run([sys.executable, "-c", program, *map(str, given)], check=False)
    assert done.returncode == -signal.SIGKILL
    shutil.rmtree(one.workspace.home)

    told(other, "d")
    assert compact(other, now=NOW, leases=records.leases).busy == (step != "piece sent")
    compact(other, now=NOW + timedelta(seconds=2 * LEASE_SECONDS), leases=records.leases)

    assert seen(other) == stored(other, tmp_path) == ["a", "b", "c", "d"]
    assert left(other) == 0


def test_every_step_is_reached(hosts: tuple[ShopFolder, ShopFolder], records: Records) -> None:
    one, _ = hosts
    reached: dict[str, None] = {}
    small_files(one)
    told(one, "a")
    compact(one, now=NOW, leases=records.leases, step=lambda step: reached.update({step: None}))
    assert set(reached) == set(STEPS)


def test_who_lost_the_turn_cannot_publish(
    hosts: tuple[ShopFolder, ShopFolder], records: Records, tmp_path: Path
) -> None:
    """A host stands still, its lease ends, another one has begun and published nothing yet."""
    one, other = hosts
    told(one, "a", "b")

    def stands_still(step: str) -> None:
        if step == "day written":
            records.leases.release(lease_name(one), changing.host(one.workspace))
            StoredLog.of(other).claim()

    with pytest.raises(ConflictError, match="somebody else writes to the log"):
        compact(one, now=NOW, leases=records.leases, step=stands_still)

    assert stored(one, tmp_path) == []
    assert compact(other, now=NOW, leases=records.leases).events == 2
    assert stored(one, tmp_path) == ["a", "b"]
    bring_up(one, NOW)
    assert seen(one) == ["a", "b"]


def test_who_lost_the_lease_before_it_began_gives_way(hosts: tuple[ShopFolder, ShopFolder], records: Records) -> None:
    one, other = hosts
    told(one, "a")

    def lost(step: str) -> None:
        if step == "turn taken":
            records.leases.release(lease_name(one), changing.host(one.workspace))
            assert records.leases.acquire(lease_name(one), "another host", LEASE_SECONDS, NOW)

    assert compact(one, now=NOW, leases=records.leases, step=lost).busy
    records.leases.release(lease_name(one), "another host")
    assert compact(other, now=NOW, leases=records.leases).events == 1


def test_a_lease_is_renewed_while_the_work_takes_long(
    hosts: tuple[ShopFolder, ShopFolder], records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends after a fraction of a second, and yet nobody else gets it."""
    monkeypatch.setattr(changing, "LEASE_SECONDS", 0.3)
    one, _ = hosts
    renewed = 0
    acquire = records.leases.acquire

    def counted(*given: object) -> bool:
        nonlocal renewed
        renewed += 1
        return acquire(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(type(records.leases), "acquire", lambda _, *given: counted(*given))
    with changing.changing(one, now=NOW, leases=records.leases):
        before = renewed
        while renewed < before + 4:
            pass
        assert not acquire(lease_name(one), "another host", 60, NOW + timedelta(seconds=0.3))


def test_another_host_is_waited_for_or_not(hosts: tuple[ShopFolder, ShopFolder], records: Records) -> None:
    one, _ = hosts
    assert records.leases.acquire(lease_name(one), "another host", LEASE_SECONDS, NOW)
    with (
        pytest.raises(BusyError, match="another host"),
        changing.changing(one, now=NOW, leases=records.leases, patience=0.01),
    ):
        pass
    told(one, "a")
    assert compact(one, now=NOW, leases=records.leases) == Summary(busy=True)


def test_a_piece_that_comes_again_or_overlaps_is_taken_once(
    hosts: tuple[ShopFolder, ShopFolder], tmp_path: Path
) -> None:
    """Its answer was lost, so it is sent again after it was taken, and once more with what came since."""
    one, other = hosts
    spool = Spool.create(one.spools)
    spool.append([encoded("a"), encoded("b")])
    documents = [*spool.pending()]
    ship(one)
    compact(other, now=NOW)
    objects = pieces.of_shop(one)
    pieces.write(objects, pieces.Piece(spool.writer, 2), documents)
    pieces.write(objects, pieces.Piece(spool.writer, 3), [*documents[1:], (3, encoded("c"))])
    pieces.write(objects, pieces.Piece(spool.writer, 4), [(3, encoded("c")), (4, encoded("d"))])
    spool.close()

    assert compact(one, now=NOW).events == 2

    assert stored(one, tmp_path) == ["a", "b", "c", "d"]


def test_without_the_store_events_wait_and_are_seen_here(
    hosts: tuple[ShopFolder, ShopFolder], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one, _ = hosts
    told(one, "a")
    with monkeypatch.context() as away:
        away.setattr(Objects, "upload", lambda *_: (_ for _ in ()).throw(StoreError("it is away")))
        with pytest.raises(StoreError):
            compact(one, now=NOW)
        assert seen(one) == ["a"]
    assert compact(one, now=NOW).events == 1
    assert stored(one, tmp_path) == ["a"]


def test_what_a_home_had_before_there_was_a_store_is_the_log_in_it(url: str, tmp_path: Path) -> None:
    before = Workspace(tmp_path / "one").shop("shop")
    told(before, "a")
    compact(before, now=NOW)
    EventLog(before).import_batch([rows(event("old", timestamp="2025-01-01"))], now=NOW)

    one = ShopFolder(before.path, url)
    assert (bring_up(one, NOW), seen(one)) == ((0, 0), ["a", "old"])
    compact(one, now=NOW)

    assert stored(one, tmp_path) == seen(one) == ["a", "old"]


@pytest.mark.parametrize("step", [None, "log claimed", "copy brought up", "day written", "log published"])
def test_two_homes_that_had_logs_have_one_without_what_both_were_told(
    hosts: tuple[ShopFolder, ShopFolder], tmp_path: Path, step: str | None
) -> None:
    """The second one's log joins that of the first, also if it is killed in between."""
    one, other = hosts
    for folder, ids in ((one, ["a", "both"]), (other, ["b", "both"])):
        alone = ShopFolder(folder.path)
        EventLog(alone).import_batch([rows(event("file", timestamp="2025-01-01"))], now=NOW)
        told(alone, *ids)
        compact(alone, now=NOW)
    compact(one, now=NOW)
    told(other, "new")
    with pytest.raises(ConflictError, match="files of its own"):
        bring_up(other, NOW)

    if step is not None:
        with pytest.raises(KilledError):
            compact(other, now=NOW, step=killed_at(step))
        assert sorted({*stored(one, tmp_path), "b", "new"}) == ["a", "b", "both", "file", "new"]
    compact(other, now=NOW)

    assert seen(other) == stored(one, tmp_path) == ["a", "b", "both", "file", "new"]
    assert not other.own_log.exists()


def test_an_import_is_in_the_store_as_a_whole(
    hosts: tuple[ShopFolder, ShopFolder], records: Records, tmp_path: Path
) -> None:
    one, other = hosts
    told(one, "a")
    compact(one, now=NOW, leases=records.leases)
    days = [rows(event("x", timestamp="2025-01-01"), event("y", timestamp="2025-01-02"), event("a"))]

    assert EventLog(other).import_batch(days, now=NOW, leases=records.leases) == ImportCounts(2, 1)

    assert stored(one, tmp_path) == seen(other) == ["a", "x", "y"]


def test_who_is_erased_on_one_host_is_gone_from_the_log_pieces_and_spools_of_all(
    hosts: tuple[ShopFolder, ShopFolder], records: Records, tmp_path: Path
) -> None:
    """Another host has events that it shipped and events that it did not; what comes after the erasure stays."""
    one, other = hosts
    told(one, "in the log", "kept", visitor_id="x")
    told(other, "of another", visitor_id="y")
    compact(one, now=NOW, leases=records.leases)
    told(other, "shipped", visitor_id="x")
    ship(other)
    told(other, "not shipped", visitor_id="x")
    told(other, "later", visitor_id="x", received_at=NOW + timedelta(seconds=1))
    told(other, "y again", visitor_id="y")

    records.erasures.add("shop", ["visitor:x"], NOW, events=["visitor:x"])
    erased = records.erasures.of_events("shop")
    assert erase(one, "visitor_id", "x", now=NOW, leases=records.leases) == 2
    assert erase_waiting(other, erased) == 1
    assert seen(other) == ["later", "y again"]
    done = compact(one, now=NOW, leases=records.leases, erased=erased)
    assert (done.events, done.erased) == (1, 1)
    compact(other, now=NOW, leases=records.leases, erased=erased)

    assert stored(one, tmp_path) == seen(other) == ["later", "of another", "y again"]


def test_whom_erasing_did_not_reach_the_next_one_finds_by_the_tombstone(
    hosts: tuple[ShopFolder, ShopFolder], records: Records, tmp_path: Path
) -> None:
    """The store was away: what the log holds until then goes, what came later stays."""
    one, other = hosts
    told(one, "x", visitor_id="x")
    told(one, "c", visitor_id="y", customer_id="x")
    told(one, "none", visitor_id=None, customer_id="y")
    told(one, "later", visitor_id="x", received_at=NOW + timedelta(seconds=2))
    compact(one, now=NOW, leases=records.leases)
    at = NOW + timedelta(seconds=1)
    records.erasures.add("shop", ["visitor:x", "customer:linked"], at, events=["visitor:x"])
    late = records.erasures.late("shop")

    assert erase_late(other, late, now=NOW, leases=records.leases) == 1
    records.erasures.gone("shop", late.events, NOW)

    assert stored(one, tmp_path) == ["c", "later", "none"]
    assert not records.erasures.late("shop")
    assert records.erasures.of_events("shop")
    records.erasures.add("shop", ["visitor:x"], NOW + timedelta(seconds=3), events=["visitor:x"])
    assert erase_late(other, records.erasures.late("shop"), now=NOW, leases=records.leases) == 1


def test_what_is_known_of_ids_follows_the_copy(
    hosts: tuple[ShopFolder, ShopFolder], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An id that another host took is known here, also where this one was killed while it fetched it."""
    one, other = hosts
    told(one, "a")
    compact(one, now=NOW)
    told(other, "b")
    compact(other, now=NOW)
    with monkeypatch.context() as killed:
        killed.setattr(StoredLog, "_remember", lambda *_: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):
            bring_up(one, NOW)
    told(one, "b", "c")

    assert compact(one, now=NOW) == Summary(events=1, duplicates=1)
    assert stored(one, tmp_path) == ["a", "b", "c"]


def test_a_process_that_knows_of_no_store_leaves_a_copy_alone(
    hosts: tuple[ShopFolder, ShopFolder], tmp_path: Path
) -> None:
    """Processes of a home start again one by one with a store: what old ones acknowledge waits for the new ones."""
    one, _ = hosts
    told(one, "a")
    compact(one, now=NOW)
    told(one, "b")
    with pytest.raises(ConflictError, match="set VITRINE_STORE"):
        compact(ShopFolder(one.path), now=NOW)
    compact(one, now=NOW)
    assert stored(one, tmp_path) == ["a", "b"]


def test_a_damaged_piece_is_named(hosts: tuple[ShopFolder, ShopFolder]) -> None:
    one, _ = hosts
    told(one, "a")
    ship(one)
    (piece,) = pieces.waiting(objects := pieces.of_shop(one))
    objects.upload(piece.name, b"half of it")
    with pytest.raises(Exception, match=f"{piece.writer}/000000000001.gz cannot be read"):
        compact(one, now=NOW)


@pytest.mark.s3
def test_hosts_meet_in_a_real_store(s3_url: str, records: Records, tmp_path: Path) -> None:
    """From a real S3 server, where any tool reads the log by URL, as partitions by day."""
    url = f"{s3_url}/{tmp_path.name}"
    one, other = (Workspace(tmp_path / name, url).shop("shop") for name in ("one", "other"))
    told(one, "a", timestamp=YESTERDAY)
    told(other, "b")
    ship(one)
    assert pieces.shops_waiting(url) == {"shop"}
    compact(other, now=NOW, leases=records.leases)

    found = pl.scan_parquet(f"{url}/shops/shop/log/day=*/*.parquet", hive_partitioning=False).collect()
    assert sorted(found["event_id"]) == stored(one, tmp_path) == ["a", "b"]
    assert pieces.shops_waiting(url) == set()
