from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.events import schema
from recommender.events.compaction import compact
from recommender.events.decoding import decode
from recommender.events.log import EventLog, ImportCounts
from recommender.events.rows import Received, events
from recommender.events.spool import Spool
from recommender.workspace import ShopFolder, Workspace
from tests.conftest import NOW
from tests.recommender.events.samples import documents, encoded, event, rows

EVENT_ORDER = ["writer", "sequence", "item_index"]


@pytest.fixture
def log(shop: ShopFolder) -> EventLog:
    return EventLog(shop)


def spool(folder: ShopFolder, *documents: bytes) -> Spool:
    opened = Spool.create(folder.spools)
    opened.append(documents)
    return opened


def ids(log: EventLog) -> list[str]:
    return sorted(log.scan().collect()["event_id"])


def test_an_empty_log_has_the_schema_and_nothing_else(log: EventLog) -> None:
    frame = log.scan().collect()

    assert frame.columns == schema.SCHEMA.names
    assert frame.is_empty()
    assert (log.days(), log.bounds()) == ([], None)


def test_spooled_and_moved_events_are_seen_together(log: EventLog) -> None:
    log.import_batch([rows(event("imported", timestamp="2025-06-01"))], now=NOW)
    spool(log.folder, encoded("moved")).close()
    compact(log.folder, now=NOW)
    spool(log.folder, encoded("waiting", timestamp="2025-06-14T23:59:59")).close()

    assert ids(log) == ["imported", "moved", "waiting"]
    assert log.days() == [date(2025, 6, 1), date(2025, 6, 14), date(2025, 6, 15)]
    assert log.bounds() == (datetime.fromisoformat("2025-06-01T00:00Z"), NOW)


def test_an_event_id_that_was_sent_twice_is_seen_once_before_and_after_it_is_moved(log: EventLog) -> None:
    spool(log.folder, encoded("a"), encoded("a"), encoded("b")).close()
    assert ids(log) == ["a", "b"]

    compact(log.folder, now=NOW)
    spool(log.folder, encoded("a")).close()

    assert ids(log) == ["a", "b"]


def test_claimed_and_verified_purchases_are_told_apart(log: EventLog) -> None:
    order: dict[str, Any] = {"event": "purchase", "order_id": "o", "value": 3}
    spool(log.folder, encoded("browser", **order), encoded("server", verified=True, **order)).close()
    compact(log.folder, now=NOW)
    log.import_batch([rows(event("imported", **order))], now=NOW)

    found = log.scan().select("event_id", "verified").sort("event_id").collect()

    assert found.rows() == [("browser", False), ("imported", True), ("server", True)]


def test_a_claimed_purchase_never_takes_the_id_of_the_verified_one(log: EventLog) -> None:
    order: dict[str, Any] = {"event": "purchase", "order_id": "o", "value": 3}
    both = encoded("live", **order), encoded("live", verified=True, **order), encoded("file", **order)
    spool(log.folder, *both, *both).close()
    assert ids(log) == ["file", "live", "live"]

    compact(log.folder, now=NOW)
    log.folder.event_ids.unlink()  # it is filled again from the log, with the same outcome
    counts = log.import_batch([rows(event("file", **order), event("live", **order))], now=NOW)

    assert counts == ImportCounts(new=1, known=1)
    found = log.scan().select("event_id", "verified").sort("event_id", "verified").collect()
    assert found.rows() == [("file", False), ("file", True), ("live", False), ("live", True)]


def test_importing_twice_changes_nothing(log: EventLog) -> None:
    table = rows(event("a", timestamp="2024-01-01"), event("b"))

    assert log.import_batch([table], now=NOW) == ImportCounts(new=2, known=0)
    before = log.fingerprint()
    assert log.import_batch([table], now=NOW) == ImportCounts(new=0, known=2)

    assert log.fingerprint() == before
    assert ids(log) == ["a", "b"]


def test_importing_a_longer_file_adds_what_is_new(log: EventLog) -> None:
    log.import_batch([rows(event("a"), event("b"))], now=NOW)

    counts = log.import_batch([rows(event("a"), event("b"), event("c"), writer="import-2")], now=NOW)

    assert counts == ImportCounts(new=1, known=2)
    assert ids(log) == ["a", "b", "c"]


def test_of_one_id_twice_in_a_file_the_first_is_kept(log: EventLog) -> None:
    counts = log.import_batch([rows(event("a", item_id="X"), event("a", item_id="Y"))], now=NOW)

    assert counts == ImportCounts(new=1, known=1)
    assert log.scan().collect()["item_id"].to_list() == ["X"]


def test_an_imported_event_that_was_told_live_on_another_day_is_known(log: EventLog) -> None:
    spool(log.folder, encoded("a")).close()
    compact(log.folder, now=NOW)

    counts = log.import_batch([rows(event("a", timestamp=(NOW - timedelta(days=2)).isoformat()))], now=NOW)

    assert counts == ImportCounts(new=0, known=1)


def test_a_live_event_that_was_imported_is_known(log: EventLog) -> None:
    log.import_batch([rows(event("a", timestamp=(NOW - timedelta(days=2)).isoformat()))], now=NOW)
    spool(log.folder, encoded("a")).close()

    assert ids(log) == ["a"]
    assert compact(log.folder, now=NOW).duplicates == 1
    assert ids(log) == ["a"]


def test_an_import_in_many_tables_and_any_order_has_one_sorted_file_a_day(log: EventLog) -> None:
    moments = ["2025-01-02T09:00", "2025-01-01T08:00", "2025-01-02T07:00", "2025-01-01T23:00"]
    tables = [rows(event(moment, timestamp=moment), writer=f"import-{moment}") for moment in moments]

    log.import_batch(tables, now=NOW)

    found = {
        path.parent.name: pq.ParquetFile(path).read()["event_id"].to_pylist()
        for path in log.folder.log.rglob("*.parquet")
    }
    assert found == {"day=2025-01-01": [moments[1], moments[3]], "day=2025-01-02": [moments[2], moments[0]]}
    assert list(log.folder.staging.iterdir()) == []


def test_an_import_tells_how_far_it_is(log: EventLog) -> None:
    told: list[tuple[int, int]] = []

    log.import_batch(
        [rows(event("a", timestamp="2025-01-01"), event("b"))], now=NOW, progress=lambda *done: told.append(done)
    )

    assert told == [(1, 2), (2, 2)]


def test_an_import_that_fails_writes_nothing_and_leaves_nothing_behind(log: EventLog) -> None:
    def tables() -> Any:
        yield rows(event("a"))
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        log.import_batch(tables(), now=NOW)

    assert ids(log) == []
    assert list(log.folder.staging.iterdir()) == []


def test_what_a_killed_import_left_is_cleared_by_the_next(log: EventLog) -> None:
    left = log.folder.staging / "dead"
    left.mkdir(parents=True)
    (left / "2025-01-01").write_bytes(b"half a stream")
    left.with_suffix(".lock").touch()

    log.import_batch([rows(event("a"))], now=NOW)

    assert list(log.folder.staging.iterdir()) == []


def test_equal_logs_have_equal_fingerprints(log: EventLog, tmp_path: Path) -> None:
    other = EventLog(Workspace(tmp_path / "other").shop("shop"))
    for one in (log, other):
        one.import_batch([rows(event("a"), event("b"))], now=NOW)

    assert log.fingerprint() == other.fingerprint()


def test_every_change_changes_the_fingerprint(log: EventLog) -> None:
    seen = [log.fingerprint()]
    log.import_batch([rows(event("a"))], now=NOW)
    seen.append(log.fingerprint())
    spool(log.folder, encoded("b")).close()
    seen.append(log.fingerprint())

    assert len(set(seen)) == 3


def test_appended_rows_of_one_name_replace_each_other(log: EventLog) -> None:
    log.append(rows(event("a")), "x")
    log.append(rows(event("b")), "x")

    assert ids(log) == ["b"]


@pytest.fixture
def three(log: EventLog) -> str:
    """A log with three rows of two events on two days, as its folder's path."""
    purchase = event("b", event="purchase", items=[{"item_id": "A", "price": 2}, {"item_id": "B"}], value=2)
    log.import_batch([rows(event("a", timestamp="2025-01-01"), purchase)], now=NOW)
    return str(log.folder.log)


def test_duckdb_reads_the_log(three: str) -> None:
    columns = "event_id, item_id, price, epoch_us(timestamp), day"
    query = f"SELECT {columns} FROM '{three}/*/*.parquet' ORDER BY timestamp, item_index"
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()

    assert [row[:3] for row in found] == [("a", "A", None), ("b", "A", 2.0), ("b", "B", None)]
    assert found[1][3] == NOW.timestamp() * 1_000_000
    assert str(found[0][4]) == "2025-01-01"


def test_pandas_reads_the_log(three: str) -> None:
    frame = pd.read_parquet(three).sort_values(["timestamp", "item_index"])

    assert frame["item_id"].to_list() == ["A", "A", "B"]
    assert frame["timestamp"].iloc[-1] == pd.Timestamp(NOW)
    assert frame["day"].astype(str).to_list() == ["2025-01-01", "2025-06-15", "2025-06-15"]


def test_polars_reads_the_log(three: str) -> None:
    frame = pl.read_parquet(three).sort("timestamp", "item_index")

    assert frame.select("event_id", "item_id", "verified").rows() == [
        ("a", "A", True),
        ("b", "A", True),
        ("b", "B", True),
    ]
    assert frame["timestamp"].to_list()[1] == NOW
    assert frame["day"].to_list()[0] == date(2025, 1, 1)


def test_every_reader_of_arrow_sees_the_schema(three: str, log: EventLog) -> None:
    for path in log.folder.log.rglob("*.parquet"):
        assert pq.read_schema(path).equals(schema.SCHEMA)


def test_compaction_leaves_files_alone_that_are_being_read(log: EventLog) -> None:
    old = (NOW - timedelta(days=3)).isoformat()
    for number in range(16):
        log.append(rows(event(str(number), timestamp=old)), f"import-{number}")

    with log.reading():
        frame = log.scan()
        assert compact(log.folder, now=NOW).files_merged == 0
        assert len(frame.collect()) == 16

    assert compact(log.folder, now=NOW).files_merged == 16
    assert len(log.scan().collect()) == 16


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(documents(), max_size=4, unique_by=lambda one: one["event_id"]))
def test_any_events_are_the_same_after_the_log_whichever_way_they_came(
    tmp_path_factory: Any, sent: list[dict[str, Any]]
) -> None:
    log = EventLog(Workspace(tmp_path_factory.mktemp("home")).shop("shop"))
    received = [Received(one, NOW, verified=False) for document in sent for one in decode(document, now=NOW)]
    opened = spool(log.folder, *[one.encode() for one in received])

    before = list(events(log.scan().sort(EVENT_ORDER).collect().to_dicts()))
    compact(log.folder, now=NOW)
    after = list(events(log.scan().sort(EVENT_ORDER).collect().to_dicts()))

    opened.close()
    assert before == after == received
