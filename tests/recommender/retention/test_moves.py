"""Who entered and left which segment between two models; kept within bounds, and erased when somebody asks."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.events.erased import Erased
from recommender.forgotten import Forgotten
from recommender.models.customers import CustomerModel
from recommender.models.models import Models
from recommender.retention import moves
from recommender.retention.moves import ENTERED, LEFT, Moves, moved
from recommender.retention.segments import SEGMENTS, Registry
from tests.recommender.retention.people import histories

MAY, JUNE = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
TWICE = Registry({}, SEGMENTS.traits).with_segment("twice", "orders >= 2")


def shop(end: datetime, *seen: str, **orders: int) -> Models:
    """A model that knows these customers by their orders, and others by having been seen."""
    columns: dict[str, Any] = {
        "orders": np.array([*orders.values()]),
        "spend": np.ones(len(orders)),
        "first": np.full(len(orders), MAY.timestamp() - 86_400),
        "last": np.full(len(orders), MAY.timestamp() - 86_400),
    }
    customers = CustomerModel.fit([f"customer:{name}" for name in orders], columns)
    return replace(Models.empty(end), customers=customers, histories=histories(*seen))


def told(table: Any) -> list[tuple[str, str, str]]:
    return [(row["event"], row["segment"], row["customer_id"] or row["visitor_id"]) for row in table.to_pylist()]


def test_entering_and_leaving_are_told_and_staying_is_not() -> None:
    before, after = shop(MAY, ann=1, bob=2, cyd=2), shop(JUNE, ann=2, bob=1, cyd=3)
    table = moved(before, after, TWICE, "m2")
    assert told(table) == [(ENTERED, "twice", "ann"), (LEFT, "twice", "bob")]
    assert {row["timestamp"] for row in table.to_pylist()} == {JUNE}
    assert {row["model_version"] for row in table.to_pylist()} == {"m2"}


def test_who_is_new_enters_and_who_is_known_no_longer_has_not_moved() -> None:
    assert told(moved(shop(MAY, bob=2), shop(JUNE, dee=2), TWICE, "m2")) == [(ENTERED, "twice", "dee")]
    assert told(moved(shop(MAY), shop(JUNE, dee=2), TWICE, "m2")) == [(ENTERED, "twice", "dee")]


def test_days_are_counted_to_the_end_of_each_models_data() -> None:
    lately = Registry({}, SEGMENTS.traits).with_segment("lately", "days_since_order < 20")
    same = {"ann": 1}
    assert told(moved(shop(MAY, **same), shop(JUNE, **same), lately, "m2")) == [(LEFT, "lately", "ann")]


def test_browsers_are_told_as_visitors() -> None:
    table = moved(shop(MAY), shop(JUNE, "visitor:v"), SEGMENTS, "m2")
    assert table.select(["event", "segment", "visitor_id", "customer_id"]).to_pylist() == [
        {"event": ENTERED, "segment": "returning", "visitor_id": "v", "customer_id": None}
    ]


@pytest.fixture
def kept(tmp_path: Path) -> Moves:
    """Two models' moves: ann came in May, and left in June, as bob came."""
    found = Moves(tmp_path / "segments")
    found.add(moved(shop(MAY), shop(MAY, ann=2), TWICE, "20260501-a"), "20260501-a")
    found.add(moved(shop(MAY, ann=2), shop(JUNE, ann=1, bob=2), TWICE, "20260601-b"), "20260601-b")
    return found


def test_moves_are_counted_by_segment_and_time(kept: Moves) -> None:
    day = timedelta(days=1)
    assert kept.counts(MAY - day, JUNE) == {"twice": {ENTERED: 2, LEFT: 1}}
    assert kept.counts(MAY, JUNE) == {"twice": {ENTERED: 1, LEFT: 1}}
    assert kept.counts(JUNE, JUNE + day) == {}


def test_the_moves_to_one_model_are_kept_once(kept: Moves) -> None:
    kept.add(moved(shop(MAY, ann=2), shop(JUNE, ann=1, bob=2), TWICE, "20260601-b"), "20260601-b")
    assert kept.counts(MAY, JUNE) == {"twice": {ENTERED: 1, LEFT: 1}}


def test_a_person_is_told_their_moves_and_erased_from_all(kept: Moves) -> None:
    assert kept.of_person("customer_id", "ann") == [
        {"event": ENTERED, "segment": "twice", "timestamp": MAY, "model_version": "20260501-a"},
        {"event": LEFT, "segment": "twice", "timestamp": JUNE, "model_version": "20260601-b"},
    ]
    assert kept.of_person("visitor_id", "ann") == []
    assert kept.erase("customer_id", "ann") == 2
    assert kept.of_person("customer_id", "ann") == []
    assert kept.counts(datetime(2020, 1, 1, tzinfo=UTC), JUNE) == {"twice": {ENTERED: 1, LEFT: 0}}
    assert b"ann" not in b"".join(path.read_bytes() for path in kept.folder.glob("*.parquet"))


def test_who_was_erased_on_another_host_goes_from_what_was_noted_before(kept: Moves) -> None:
    old, new = sorted(kept.folder.glob("moves-*.parquet"))
    os.utime(old, (MAY.timestamp(), MAY.timestamp()))
    os.utime(new, (JUNE.timestamp(), JUNE.timestamp()))
    person = Forgotten("secret").digest("customer:ann")
    assert kept.forget(Erased("secret", {person: MAY + timedelta(days=1)})) == 1
    assert [move["timestamp"] for move in kept.of_person("customer_id", "ann")] == [JUNE]


def test_only_so_many_models_and_bytes_are_kept(kept: Moves, monkeypatch: pytest.MonkeyPatch) -> None:
    table = moved(shop(MAY), shop(JUNE, dee=2), TWICE, "20260602-c")
    monkeypatch.setattr(moves, "MOST_FILES", 2)
    kept.add(table, "20260602-c")
    assert [path.name[6:14] for path in sorted(kept.folder.glob("*.parquet"))] == ["20260601", "20260602"]
    monkeypatch.setattr(moves, "MOST_BYTES", 1)
    kept.add(table, "20260603-d")
    assert [path.name[6:14] for path in sorted(kept.folder.glob("*.parquet"))] == ["20260603"]


def test_a_shop_without_moves_has_none(tmp_path: Path) -> None:
    nothing = Moves(tmp_path / "segments")
    assert (nothing.counts(MAY, JUNE), nothing.of_person("customer_id", "ann")) == ({}, [])
    assert nothing.erase("customer_id", "ann") == 0


def test_moves_go_when_they_have_been_kept_long_enough_also_those_that_somebody_was_erased_from(kept: Moves) -> None:
    """Their time counts from when they were noted: data may be older, and an erasure is no new note."""
    old, new = sorted(kept.folder.glob("moves-*.parquet"))
    os.utime(old, (MAY.timestamp(), MAY.timestamp()))
    kept.erase("customer_id", "ann")
    assert kept.drop(MAY) == 0
    assert kept.drop(MAY + timedelta(seconds=1)) == 1
    assert [*kept.folder.glob("moves-*.parquet")] == [new]
