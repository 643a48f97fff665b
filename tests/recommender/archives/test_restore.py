"""A shop comes back out of its archive as it was, on either database."""

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import insert, select

from recommender.archives.backup import back_up
from recommender.archives.bundle import FORMAT_VERSION
from recommender.archives.restore import restore
from recommender.archives.rows import OF_NO_SHOP, lines, own, tables
from recommender.artifact import ArtifactStore
from recommender.disk import link
from recommender.errors import ArchiveError, ConflictError, NotFoundError
from recommender.events.compaction import compact
from recommender.events.event import Event, EventItem
from recommender.events.locking import FileLock
from recommender.events.log import EventLog
from recommender.events.names import EventName
from recommender.events.rows import Received
from recommender.events.spool import Spool
from recommender.experiments.learned import Epoch
from recommender.records import Records
from recommender.records.tables import COUPONS, METADATA, POPUPS
from recommender.workspace import Workspace
from tests import services
from tests.api.artifacts import publish
from tests.conftest import NOW

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def now() -> datetime:
    return NOW


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str, str], tuple[Workspace, Records]]]:
    """Makes an empty installation on a database of either kind."""
    made: list[Records] = []

    def install(name: str, kind: str) -> tuple[Workspace, Records]:
        workspace = Workspace(tmp_path / name)
        workspace.home.mkdir()
        url = workspace.records_url
        if kind == "postgres":
            url = services.new_database(request.getfixturevalue("postgres_url"), f"archive_{name}")
        made.append(Records.open(url))
        return workspace, made[-1]

    yield install
    for one in made:
        one.close()


def view(number: int) -> bytes:
    event = Event(f"e{number}", EventName.VIEW_ITEM, NOW + timedelta(minutes=number), "v", items=(EventItem("cup"),))
    return Received(event, NOW, verified=False).encode()


def fill(workspace: Workspace, records: Records) -> str:
    """A shop with something of everything; returns its model's version."""
    folder = workspace.shop("shop")
    records.shops.create("shop", ["https://shop.example"], NOW)
    records.shops.rotate("shop", "secret", NOW, timedelta(days=1))
    spool = Spool.create(folder.spools)
    spool.append([view(number) for number in range(3)])
    compact(folder, now=NOW)
    spool.append([view(number) for number in range(3, 5)])
    spool.close()
    records.configurations.put("shop", {"rules": []})
    records.configurations.put("shop", {"placements": [], "rules": []})
    records.weights.add("shop", "e", Epoch(NOW, {"a": 0.5, "b": 0.5}))
    (folder.segments).mkdir()
    (folder.segments / "moves.parquet").write_bytes(b"moves")
    (folder.shelf).mkdir()
    (folder.shelf / "table").write_bytes(b"made again")
    with records.database.write() as connection:
        for table, row in ROWS.items():
            connection.execute(insert(METADATA.tables[table]).values(shop="shop", **row))
    store = ArtifactStore(folder.artifacts)
    publish(store, "lamp", "cup")
    return publish(store, "cup", "lamp")


ROWS = {
    "items": {"item_id": "cup", "revision": 1, "document": '{"id": "cup", "title": "Täßchen"}', "added_at": NOW},
    "prices": {"item_id": "cup", "until": NOW, "price": str(Decimal("3.50"))},
    "imports": {"fingerprint": "f", "name": "events.csv", "summary": "{}", "imported_at": NOW},
    "coupons": {
        "coupon_id": 7, "kind": "pool", "code": "A-1", "code_key": "A1", "unique_key": "A1", "campaign_id": "c",
        "visitor_id": "v", "timed": True, "state": "given", "given_at": NOW, "reserved": 500,
    },
    "popups": {
        "arm_id": "a", "campaign_id": "c", "visitor_id": "v", "decided_at": NOW, "shown": True, "coupon_id": 7,
        "answer": b"\x00{}\xff", "banner": False,
    },
    "coupon_pool": {"code_key": "A1", "code": "A-1", "campaign_id": "c", "given": True},
    "coupon_calls": {"key": "k", "asked": "0" * 64, "answer": "{}", "at": NOW},
    "budgets": {"campaign_id": "c", "currency": "EUR", "day": "", "taken": 500},
    "erasures": {"digest": "0" * 32, "erased_at": NOW},
    "cashback": {
        "owner_kind": "customer", "owner": "w", "currency": "EUR", "number": 1, "kind": "credit", "amount": 99,
        "at": NOW,
    },
}  # fmt: skip


NEWER = {"erasures"}
"""Tables that the records did not have when the oldest archive was written."""


def dump(records: Records, shop: str = "shop") -> dict[str, list[str]]:
    with records.database.read() as connection:
        return {table.name: [*lines(connection, table, shop)] for table in tables()}


def test_every_table_is_of_shops_or_of_none() -> None:
    """A new table must be told how its rows are a shop's."""
    for table in METADATA.sorted_tables:
        assert table in OF_NO_SHOP or own(table, "shop") is not None


@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("source", KINDS)
def test_a_shop_comes_back_row_by_row(opened: Callable, tmp_path: Path, source: str, target: str) -> None:
    """Every row, event, file and the model; caches stay out."""
    here, records = opened("here", source)
    version = fill(here, records)
    made = back_up(here, records, "shop", tmp_path / "shop.backup", now=now)
    there, others = opened("there", target)
    restored = restore(there, others, tmp_path / "shop.backup", now=NOW)

    rows = dump(records)
    assert all(rows[table] for table in (*ROWS, "shops", "keys", "key_ends", "weights", "past_configurations"))
    assert dump(others) == rows
    assert (made.rows, restored.contents.rows) == (sum(map(len, rows.values())),) * 2
    first, second = here.shop("shop"), there.shop("shop")
    assert EventLog(second).scan().collect().equals(EventLog(first).scan().collect())
    assert EventLog(second).rows() == 5
    assert ArtifactStore(second.artifacts).open(version).version == version
    assert ArtifactStore(second.artifacts).history() == [version]
    assert (second.segments / "moves.parquet").read_bytes() == b"moves"
    assert not second.shelf.exists()
    assert restored.keys is None
    assert compact(second, now=NOW).events == 2
    with others.database.write() as connection:
        row = {**ROWS["coupons"], "code": "B", "unique_key": "B"}
        del row["coupon_id"]
        assert connection.scalar(insert(COUPONS).values(shop="shop", **row).returning(COUPONS.c.coupon_id)) > 7
    assert not [*here.unfinished.glob("*"), *there.unfinished.glob("*")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_beside_the_shop_has_its_own_keys_and_numbers(opened: Callable, tmp_path: Path, kind: str) -> None:
    """Codes are numbered over all shops, and no key opens two of them."""
    here, records = opened("here", kind)
    fill(here, records)
    back_up(here, records, "shop", tmp_path / "a", now=now, all_models=True)
    made = restore(here, records, tmp_path / "a", now=NOW, shop="copy")
    assert made.keys is not None
    assert records.shops.owner(made.keys.public_key).shop == "copy"
    assert dump(records, "copy")["items"] == [
        line.replace('"shop": "shop"', '"shop": "copy"') for line in dump(records)["items"]
    ]
    with records.database.read() as connection:
        ids = {one.shop: one.coupon_id for one in connection.execute(select(COUPONS.c.shop, COUPONS.c.coupon_id))}
        shown = {one.shop: one.coupon_id for one in connection.execute(select(POPUPS.c.shop, POPUPS.c.coupon_id))}
    assert ids["copy"] != ids["shop"]
    assert shown == ids
    assert len(ArtifactStore(here.shop("copy").artifacts).versions()) == 2


@pytest.fixture
def archive(workspace: Workspace, records: Records, tmp_path: Path) -> Path:
    fill(workspace, records)
    back_up(workspace, records, "shop", tmp_path / "shop.backup", now=now)
    return tmp_path / "shop.backup"


@pytest.fixture
def elsewhere(opened: Callable) -> tuple[Workspace, Records]:
    return opened("elsewhere", "sqlite")


def test_a_shop_that_is_there_is_not_overwritten(workspace: Workspace, records: Records, archive: Path) -> None:
    """What is there is named, and stays."""
    before = dump(records)
    with pytest.raises(ConflictError, match=r"not empty.*log.*--shop"):
        restore(workspace, records, archive, now=NOW)
    assert dump(records) == before


def test_an_empty_shop_is_filled(archive: Path, records: Records, elsewhere: tuple[Workspace, Records]) -> None:
    """Under the same name it has the archive's keys afterwards."""
    there, others = elsewhere
    others.shops.create("shop")
    assert restore(there, others, archive, now=NOW).keys is None
    assert dump(others) == dump(records)


def test_an_empty_shop_of_another_name_keeps_its_keys(archive: Path, elsewhere: tuple[Workspace, Records]) -> None:
    """Its pages carry them already."""
    there, others = elsewhere
    keys = others.shops.create("other")
    assert restore(there, others, archive, now=NOW, shop="other").keys is None
    assert others.shops.owner(keys.secret_key).shop == "other"
    assert others.shops.get("other").origins == ("https://shop.example",)


def test_only_its_owner_may_read_an_archive(archive: Path) -> None:
    """It holds signing keys."""
    assert archive.stat().st_mode & 0o077 == 0


def test_what_a_killed_backup_left_is_deleted_after_a_day(
    workspace: Workspace, records: Records, archive: Path
) -> None:
    """It holds what a shop's log holds."""
    old, fresh = workspace.unfinished / "old", workspace.unfinished / "fresh"
    for folder in (old, fresh):
        folder.mkdir()
    os.utime(old, (0, 0))
    back_up(workspace, records, "shop", archive, now=now)
    assert (old.exists(), fresh.exists()) == (False, True)


def test_nobody_takes_a_model_away_while_a_backup_takes_hold_of_it(
    workspace: Workspace, records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever prunes, publishes or writes anew waits for the shop's lock."""
    fill(workspace, records)
    folder, free = workspace.shop("shop"), list[bool]()

    def linked(file: Path, target: Path) -> None:
        if file.is_relative_to(folder.artifacts):
            free.append(FileLock(folder.artifacts_lock).acquire(wait=False))
        link(file, target)

    monkeypatch.setattr("recommender.archives.backup.link", linked)
    back_up(workspace, records, "shop", tmp_path / "shop.backup", now=now)
    assert free
    assert not any(free)


def test_a_shop_that_is_not_there_is_not_backed_up(workspace: Workspace, records: Records, tmp_path: Path) -> None:
    """Nothing is written."""
    with pytest.raises(NotFoundError):
        back_up(workspace, records, "nobody", tmp_path / "file", now=now)
    assert not (tmp_path / "file").exists()


def test_a_missing_archive_is_named(elsewhere: tuple[Workspace, Records], tmp_path: Path) -> None:
    """As the system names it."""
    with pytest.raises(FileNotFoundError, match="nothing-here"):
        restore(*elsewhere, tmp_path / "nothing-here", now=NOW)


def members(archive: Path) -> dict[str, bytes]:
    with pa.input_stream(str(archive), compression="zstd") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def pack(archive: Path, files: list[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> None:
    with pa.output_stream(str(archive), compression="zstd") as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = (
                len(content),
                kind if name == "files/x" else tarfile.REGTYPE,
                "/",
            )
            tar.addfile(member, io.BytesIO(content))


def refused(archive: Path, elsewhere: tuple[Workspace, Records], match: str) -> None:
    there, others = elsewhere
    with pytest.raises(ArchiveError, match=match):
        restore(there, others, archive, now=NOW)
    assert others.shops.list() == []
    assert not [*there.home.rglob("*.parquet")]


def test_a_file_that_was_altered_is_named(archive: Path, elsewhere: tuple[Workspace, Records]) -> None:
    """One byte is enough."""
    found = members(archive)
    found["records/coupons.jsonl"] = found["records/coupons.jsonl"].replace(b"500", b"900")
    pack(archive, [*found.items()])
    refused(archive, elsewhere, "records/coupons.jsonl")


def test_a_file_that_was_left_out_is_named(archive: Path, elsewhere: tuple[Workspace, Records]) -> None:
    """The manifest knows of it."""
    found = members(archive)
    del found["records/cashback.jsonl"]
    pack(archive, [*found.items()])
    refused(archive, elsewhere, "records/cashback.jsonl")


@pytest.mark.parametrize("part", [0.2, 0.7, 0.999])
def test_an_archive_that_was_cut_off_is_refused(
    archive: Path, elsewhere: tuple[Workspace, Records], part: float
) -> None:
    """Wherever it ends."""
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * part)])
    refused(archive, elsewhere, "damaged")


def test_something_else_is_refused(tmp_path: Path, elsewhere: tuple[Workspace, Records]) -> None:
    """A file that is no archive at all."""
    (tmp_path / "x").write_bytes(b"something else" * 100)
    refused(tmp_path / "x", elsewhere, "damaged")


def test_a_newer_format_is_refused(archive: Path, elsewhere: tuple[Workspace, Records]) -> None:
    """Before its files are looked at."""
    found = members(archive)
    header = found["header.json"].replace(b'"format_version":%d' % FORMAT_VERSION, b'"format_version":99')
    pack(archive, [("header.json", header)])
    refused(archive, elsewhere, "format version 99.*newer Vitrine")


@pytest.mark.parametrize("name", ["../x", "files/../../x", "/x", "files\\..\\x", "files//x", "./files/x"])
def test_a_name_that_leads_elsewhere_is_refused(archive: Path, elsewhere: tuple[Workspace, Records], name: str) -> None:
    """Nothing is written outside."""
    pack(archive, [("header.json", members(archive)["header.json"]), (name, b"x")])
    refused(archive, elsewhere, "is no file of a backup")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_file_is_refused(archive: Path, elsewhere: tuple[Workspace, Records], kind: bytes) -> None:
    """A link could lead anywhere."""
    pack(archive, [("header.json", members(archive)["header.json"]), ("files/x", b"")], kind)
    refused(archive, elsewhere, "is no file of a backup")


def test_an_archive_of_every_format_is_put_back(elsewhere: tuple[Workspace, Records]) -> None:
    """As earlier versions wrote it: rows, log and acknowledged events."""
    there, others = elsewhere
    found = {int(path.stem.split("_")[1]): path for path in Path(__file__).parent.glob("format_*.backup")}
    assert sorted(found) == [*range(1, FORMAT_VERSION + 1)]
    for version, path in found.items():
        made = restore(there, others, path, now=NOW, shop=f"shop{version}")
        assert made.header.format_version == version
        assert others.configurations.get(made.shop)[0] == 2
        assert EventLog(there.shop(made.shop)).rows() == 5
        assert all(dump(others, made.shop)[table] for table in ROWS if table not in NEWER)
