from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from recommender.events import schema, staging
from recommender.events.log import EventLog, ImportCounts
from recommender.events.staging import Staging
from recommender.workspace import ShopFolder
from tests.conftest import NOW
from tests.recommender.events.samples import event, rows

DAY = date(2025, 6, 1)


def day_of_events(count: int) -> list[pa.Table]:
    return [rows(*(event(f"e{number}", timestamp="2025-06-01T10:00:00") for number in range(count)))]


def test_a_day_too_large_for_memory_comes_in_parts_that_keep_equal_ids_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "LARGEST", 4096)
    with Staging.beside(tmp_path) as stage:
        for table in [*day_of_events(20), *day_of_events(20)]:
            stage.add(table)
        parts = [part[schema.EVENT_ID].to_pylist() for part in stage.take(DAY)]

    assert len(parts) > 1
    assert sorted(id_ for part in parts for id_ in part) == sorted([f"e{number}" for number in range(20)] * 2)
    assert sum(len(set(part)) for part in parts) == 20


def test_a_large_day_is_imported_like_a_small_one(shop: ShopFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "LARGEST", 4096)
    log = EventLog(shop)

    first = log.import_batch(day_of_events(20), now=NOW)
    second = log.import_batch(day_of_events(25), now=NOW)

    assert (first, second) == (ImportCounts(20, 0), ImportCounts(5, 20))
    assert len(log.scan().collect()) == 25
