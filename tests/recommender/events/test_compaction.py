import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pyarrow.parquet as pq
import pytest

from recommender.errors import VitrineError
from recommender.events import files, merging
from recommender.events.compaction import Summary, compact
from recommender.events.locking import held
from recommender.events.log import EventLog
from recommender.events.spool import Spool, spools
from recommender.records import Records
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.recommender.events.samples import encoded, event, rows

YESTERDAY = (NOW - timedelta(days=1)).isoformat()
STEPS = ["batch begun", "ids claimed", "day written", "batch ended", "spools removed", "merged", "sources deleted"]


class CrashError(Exception):
    """Stands for the end of the process."""


def crash_at(name: str, occurrence: int = 1) -> Callable[[str], None]:
    seen = [0]

    def step(reached: str) -> None:
        seen[0] += reached == name
        if reached == name and seen[0] == occurrence:
            raise CrashError(name)

    return step


def filled(folder: ShopFolder) -> list[str]:
    """A shop with two spools over two days, one id sent twice, and enough small files to merge; returns its ids."""
    small_files(folder, YESTERDAY, [f"old-{number}" for number in range(16)])
    for process in ("p", "q"):
        opened = Spool.open(folder.spools / f"{process}.spool")
        opened.append([encoded(f"{process}-{number}", timestamp=YESTERDAY) for number in range(3)])
        opened.append([encoded(f"{process}-{number}") for number in range(3, 6)])
        opened.append([encoded("both")])
        opened.close()
    return sorted(["both", *(f"old-{n}" for n in range(16)), *(f"{p}-{n}" for p in "pq" for n in range(6))])


def small_files(folder: ShopFolder, moment: str, ids: list[str]) -> None:
    """A file of its own for each event."""
    for one in ids:
        ((day, table),) = files.split_days(rows(event(one, timestamp=moment)))
        path = files.day_folder(folder.log, day) / f"import-{one}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)


def seen(folder: ShopFolder) -> list[str]:
    return sorted(EventLog(folder).scan().collect()["event_id"])


def stored(folder: ShopFolder) -> list[str]:
    """What any reader of Parquet finds."""
    return sorted(pl.read_parquet(folder.log)["event_id"])


def test_events_move_from_the_spools_to_their_days(shop: ShopFolder) -> None:
    opened = Spool.create(shop.spools)
    opened.append([encoded("a"), encoded("b", timestamp=YESTERDAY)])

    assert compact(shop, now=NOW) == Summary(events=2)

    assert {path.parent.name for path in files.log_files(shop.log)} == {"day=2025-06-14", "day=2025-06-15"}
    assert opened.position() == (0, 2)
    opened.close()


def test_spools_of_dead_processes_are_moved_and_deleted(shop: ShopFolder) -> None:
    living, dead = Spool.create(shop.spools), Spool.create(shop.spools)
    dead.append([encoded("a")])
    dead.close()

    assert compact(shop, now=NOW) == Summary(events=1, spools_removed=1)

    assert spools(shop.spools) == [living.path]
    living.close()


def test_nothing_waiting_is_nothing_to_do(shop: ShopFolder) -> None:
    assert compact(shop, now=NOW) == Summary()


def test_small_batches_move_everything(shop: ShopFolder) -> None:
    expected = filled(shop)

    assert compact(shop, now=NOW, batch=2) == Summary(events=13, duplicates=1, spools_removed=2, files_merged=20)

    assert stored(shop) == expected


def test_an_id_is_free_again_after_30_days(shop: ShopFolder) -> None:
    later = NOW + timedelta(days=31)
    opened = Spool.create(shop.spools)
    opened.append([encoded("a"), encoded("a", received_at=NOW + timedelta(days=29))])
    opened.append([encoded("a", received_at=later)])
    opened.close()

    assert compact(shop, now=later).duplicates == 1
    assert stored(shop) == ["a", "a"]


@pytest.mark.parametrize("occurrence", [1, 2])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_loses_and_doubles_nothing(shop: ShopFolder, step: str, occurrence: int) -> None:
    expected = filled(shop)
    try:
        compact(shop, now=NOW, batch=3, step=crash_at(step, occurrence))
    except CrashError:
        assert seen(shop) == expected

    compact(shop, now=NOW, batch=3)

    assert seen(shop) == stored(shop) == expected


def test_every_step_is_reached(shop: ShopFolder) -> None:
    filled(shop)
    reached: list[str] = []

    compact(shop, now=NOW, step=reached.append)

    assert [*dict.fromkeys(reached)] == STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_process_killed_at_any_step_loses_and_doubles_nothing(shop: ShopFolder, step: str) -> None:
    expected = filled(shop)
    program = (
        "import os, signal, sys; from pathlib import Path; from datetime import datetime;"
        "from recommender.events.compaction import compact; from recommender.workspace import ShopFolder;"
        "die = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == sys.argv[2] else None;"
        "compact(ShopFolder(Path(sys.argv[1])), now=datetime.fromisoformat(sys.argv[3]), batch=3, step=die)"
    )

    done = subprocess.run([sys.executable, "-c", program, shop.path, step, NOW.isoformat()], check=False)

    assert done.returncode == -signal.SIGKILL
    assert seen(shop) == expected
    compact(shop, now=NOW, batch=3)
    assert seen(shop) == stored(shop) == expected


def test_a_file_that_was_never_finished_is_not_read_and_is_deleted(shop: ShopFolder) -> None:
    EventLog(shop).append(rows(event("a")), "x")
    half = files.unfinished(shop.log) / "day=2025-06-15-live-p-1.parquet.1"
    half.write_bytes(b"PAR1 and no more")

    assert seen(shop) == stored(shop) == ["a"]
    compact(shop, now=NOW)

    assert not half.exists()


def test_compaction_gives_way_to_another_writer(shop: ShopFolder) -> None:
    with held(shop.log_lock):
        assert compact(shop, now=NOW) == Summary(busy=True)


def test_compaction_gives_way_to_the_holder_of_the_lease(shop: ShopFolder, records: Records) -> None:
    records.leases.acquire("compact:shop", "other", 60, NOW)

    assert compact(shop, now=NOW, leases=records.leases).busy
    assert not compact(shop, now=NOW + timedelta(minutes=2), leases=records.leases).busy
    assert records.leases.acquire("compact:shop", "other", 60, NOW)


def test_whoever_follows_a_killed_process_on_its_host_does_not_wait_for_its_lease(
    workspace: Workspace, shop: ShopFolder, records: Records
) -> None:
    program = (
        "import os, signal, sys; from datetime import datetime; from pathlib import Path;"
        "from recommender.events.compaction import compact; from recommender.records import Records;"
        "from recommender.workspace import ShopFolder;"
        "die = lambda name: os.kill(os.getpid(), signal.SIGKILL);"
        "leases, now = Records.open(sys.argv[2]).leases, datetime.fromisoformat(sys.argv[3]);"
        "compact(ShopFolder(Path(sys.argv[1])), now=now, leases=leases, step=die)"
    )
    command = [sys.executable, "-c", program, shop.path, workspace.records_url, NOW.isoformat()]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not records.leases.acquire("compact:shop", "another host", 60, NOW)
    assert not compact(shop, now=NOW, leases=records.leases).busy


def test_a_lease_is_given_back_after_a_failure(shop: ShopFolder, records: Records) -> None:
    filled(shop)
    with pytest.raises(CrashError):
        compact(shop, now=NOW, leases=records.leases, step=crash_at("batch begun"))

    assert records.leases.acquire("compact:shop", "other", 60, NOW)


def test_a_spool_that_cannot_be_read_does_not_hold_up_the_others(shop: ShopFolder) -> None:
    broken = shop.spools / "a.spool"
    other = Spool.open(shop.spools / "b.spool")
    other.append([encoded("x")])
    other.close()
    broken.write_bytes(b"no database " * 100)

    with pytest.raises(VitrineError, match=r"move them away: .*a\.spool: file is not a database"):
        compact(shop, now=NOW)

    assert stored(shop) == ["x"]
    assert broken.exists()


def test_readers_name_a_spool_that_cannot_be_read(shop: ShopFolder) -> None:
    shop.spools.mkdir(parents=True)
    (shop.spools / "a.spool").write_bytes(b"no database " * 100)

    for read in (EventLog(shop).scan, EventLog(shop).bounds, EventLog(shop).fingerprint):
        with pytest.raises(VitrineError, match=r"a\.spool cannot be read"):
            read()


def test_merged_files_can_be_merged_again(shop: ShopFolder) -> None:
    for round_ in range(3):
        small_files(shop, NOW.isoformat(), [f"{round_}-{number}" for number in range(16)])
        assert compact(shop, now=NOW).files_merged == 16 + (round_ > 0)

    assert len(files.log_files(shop.log)) == 1
    assert len(stored(shop)) == len(set(stored(shop))) == 48


def test_files_of_many_rows_are_left_alone(shop: ShopFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "FEW", 20)
    for round_ in range(3):
        small_files(shop, NOW.isoformat(), [f"{round_}-{number}" for number in range(16)])
        compact(shop, now=NOW)
    held = [pq.read_metadata(path).num_rows for path in files.log_files(shop.log)]
    assert held == [16, 16, 16]


def test_a_day_that_goes_on_is_merged_only_when_it_has_many_files(shop: ShopFolder) -> None:
    small_files(shop, NOW.isoformat(), [str(number) for number in range(15)])

    assert compact(shop, now=NOW).files_merged == 0


def test_a_day_that_is_over_is_merged_once_it_is_quiet(shop: ShopFolder) -> None:
    small_files(shop, YESTERDAY, ["a", "b"])
    for path in files.log_files(shop.log):
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))

    assert compact(shop, now=NOW + timedelta(minutes=59)).files_merged == 0
    assert compact(shop, now=NOW + timedelta(minutes=61)).files_merged == 2


def test_an_import_never_takes_the_name_of_a_file_that_was_merged(shop: ShopFolder) -> None:
    small_files(shop, NOW.isoformat(), [str(number) for number in range(16)])
    compact(shop, now=NOW)

    (merged,) = files.log_files(shop.log)

    assert files.free_name(merged.parent, "import-3") == "import-3-2.parquet"
    assert files.free_name(merged.parent, "import-99") == "import-99.parquet"
