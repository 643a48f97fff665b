from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread, Timer

import psycopg
import pytest
from sqlalchemy import Column, Index, MetaData, String, inspect, select, text, update
from sqlalchemy.exc import OperationalError

from recommender.catalog.item import Item
from recommender.errors import ConfigurationError
from recommender.records import Records, database
from recommender.records.popups import Claim
from recommender.records.tables import (
    BUDGETS,
    CASHBACK,
    COUPON_CALLS,
    COUPON_POOL,
    COUPONS,
    KEY_ENDS,
    METADATA,
    OLDEST_VERSION,
    POPUPS,
    SCHEMA_VERSION,
    VERSION,
    WEIGHTS,
)
from recommender.workspace import Workspace
from tests import services
from tests.conftest import NOW

HANGING = 10
"""Seconds after which something hangs."""


def test_open_records_answer_a_ping(records: Records) -> None:
    records.ping()


def test_records_are_still_there_when_opened_again(url: str) -> None:
    first = Records.open(url)
    first.shops.create("gifts", [], NOW)
    first.close()

    second = Records.open(url)
    names = second.shops.list()
    second.close()

    assert names == ["gifts"]


def test_workers_that_start_together_make_the_tables_once(url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(Records.open, [url] * 4))

    for records in opened:
        records.ping()
        records.close()


@pytest.mark.parametrize("oldest", [None, SCHEMA_VERSION + 1, 99])
def test_tables_of_a_newer_vitrine_are_refused(records: Records, url: str, oldest: int | None) -> None:
    with records.database.write() as connection:
        connection.execute(update(VERSION).values(version=99, oldest=oldest))

    with pytest.raises(ConfigurationError, match=f"schema version 99, .*; this Vitrine knows {SCHEMA_VERSION}"):
        Records.open(url)


@pytest.mark.parametrize("oldest", [OLDEST_VERSION, SCHEMA_VERSION])
def test_tables_that_a_newer_vitrine_shares_with_this_one_are_used_and_left_as_they_are(
    records: Records, url: str, oldest: int
) -> None:
    with records.database.write() as connection:
        connection.execute(text("ALTER TABLE items ADD COLUMN origin VARCHAR(10)"))
        connection.execute(text("CREATE TABLE newer (id INTEGER)"))
        WEIGHTS.drop(connection)
        connection.execute(update(VERSION).values(version=99, oldest=oldest))

    again = Records.open(url)
    again.shops.create("gifts", [], NOW)
    again.catalog.put("gifts", [Item(id="lamp", title="Lamp")], NOW)
    with again.database.read() as connection:
        assert [tuple(row) for row in connection.execute(select(VERSION))] == [(99, oldest)]
        assert connection.execute(text("SELECT item_id, origin FROM items")).all() == [("lamp", None)]
        assert not inspect(connection).has_table(WEIGHTS.name)
    again.close()


def test_columns_that_an_older_table_lacks_are_added(
    records: Records, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are there, and those that older processes write meanwhile, have null in them."""
    records.shops.create("gifts", [], NOW)
    monkeypatch.setitem(database.OURS, "version", SCHEMA_VERSION + 1)
    monkeypatch.setattr(database, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    newer = MetaData()
    for table in METADATA.sorted_tables:
        table.to_metadata(newer)
    newer.tables["shops"].append_column(Column("tier", String(10)))
    Index("shops_tier", newer.tables["shops"].c.tier)
    monkeypatch.setattr(database, "METADATA", newer)
    again = Records.open(url)
    with again.database.read() as connection:
        assert connection.execute(select(newer.tables["shops"].c.name, newer.tables["shops"].c.tier)).all() == [
            ("gifts", None)
        ]
        assert "shops_tier" in {one["name"] for one in inspect(connection).get_indexes("shops")}
        assert tuple(connection.execute(select(VERSION)).one()) == (SCHEMA_VERSION + 1, OLDEST_VERSION)
    records.shops.create("books", [], NOW)
    assert again.shops.list() == ["books", "gifts"]
    again.close()


def test_tables_of_version_1_become_those_of_this_one(records: Records, url: str) -> None:
    with records.database.write() as connection:
        newer = [KEY_ENDS, POPUPS, COUPONS, COUPON_POOL, COUPON_CALLS, BUDGETS, CASHBACK, WEIGHTS]
        METADATA.drop_all(connection, newer)
        connection.execute(update(VERSION).values(version=1))

    again = Records.open(url)
    again.shops.create("gifts", [], NOW)
    assert again.popups.decide("gifts", Claim("a", "flash", "v"), NOW).shown
    again.close()


@pytest.mark.postgres
def test_who_opens_while_another_process_makes_tables_waits_however_silent_it_is(postgres_url: str) -> None:
    """Indexes of many rows take longer than an answer may."""
    url = services.new_database(postgres_url, "waited_for")
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [database._CREATION_LOCK])
        ends = Timer(0.6, other.rollback)
        ends.start()
        records = Records.open(url, silence=0.2)
        ends.join()
    records.ping()
    with pytest.raises(OperationalError, match=r"silent for 0\.2 seconds"), records.database.read() as connection:
        connection.execute(text("SELECT pg_sleep(5)"))
    records.close()


def test_who_settles_waits_for_no_reader(workspace: Workspace) -> None:
    """Writers would wait as long; the next one to settle does it."""
    records = Records.open(workspace.records_url)
    log = Path(f"{workspace.records_url.removeprefix('sqlite:///')}-wal")
    with records.database.snapshot() as reader:
        reader.execute(select(VERSION)).all()
        records.shops.create("gifts", [], NOW)
        settling = Thread(target=records.database.settle, daemon=True)
        settling.start()
        settling.join(HANGING)
        assert not settling.is_alive()
        assert log.stat().st_size > 0
    records.database.settle()
    assert log.stat().st_size == 0
    assert records.shops.list() == ["gifts"]
    records.close()


def test_who_settles_gives_way_to_a_writer(workspace: Workspace) -> None:
    records = Records.open(workspace.records_url)
    with records.database.write() as writer:
        writer.execute(update(VERSION).values(version=SCHEMA_VERSION))
        records.database.settle()
    records.shops.create("gifts", [], NOW)
    records.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "oracle://u:secret@host/x"])
def test_a_url_that_is_neither_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="use sqlite:///path or postgresql://") as caught:
        Records.open(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(ConfigurationError, match=r"vitrine:\*\*\*@127.0.0.1:1/x cannot be used") as caught:
        Records.open("postgresql://vitrine:hush@127.0.0.1:1/x")
    assert "hush" not in str(caught.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all, only some text" * 40)

    with pytest.raises(ConfigurationError, match=r"x\.db cannot be used: file is not a database"):
        Records.open(f"sqlite:///{tmp_path / 'x.db'}")
