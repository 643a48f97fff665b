from typing import Any

import orjson
import pytest

from recommender.errors import ImportingError
from tests.training.importing.conftest import Write
from training.importing.ga4_events import Ga4Events
from training.importing.intake import Intake
from training.importing.source import Source

GTAG = {"event": "view_item", "timestamp": "2024-03-01", "client_id": "v", "ecommerce": {"items": [{"item_id": "A"}]}}
MEASUREMENT = {
    "client_id": "v",
    "timestamp_micros": 1709325000000000,
    "events": [
        {"name": "purchase", "params": {"transaction_id": "o", "items": [{"item_id": "A"}, {"item_id": "B"}]}},
        {"name": "view_item", "params": {}},
    ],
}
BIGQUERY = {
    "event_name": "add_to_cart",
    "event_timestamp": 1709325000000000,
    "user_pseudo_id": "v",
    "items": [{"item_id": "C"}],
}


def read(source: Source, intake: Intake) -> list[dict[str, Any]]:
    return [row for table in Ga4Events(source).tables(intake) for row in table.to_pylist()]


def lines(*documents: object) -> bytes:
    return b"\n".join(orjson.dumps(document) for document in documents)


def summary(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["event"], row["item_id"]) for row in rows]


EXPECTED = [("view_item", "A"), ("purchase", "A"), ("purchase", "B"), ("add_to_cart", "C")]


def test_all_three_shapes_are_read_from_lines(write: Write, intake: Intake) -> None:
    found = read(write(lines(GTAG, MEASUREMENT, BIGQUERY)), intake)

    assert summary(found) == EXPECTED
    assert [row["sequence"] for row in found] == [1, 2, 2, 3]
    assert intake.rejects.counts == {"item_id": 1}
    assert intake.rows == 4


@pytest.mark.parametrize("option", [0, orjson.OPT_INDENT_2])
def test_an_array_is_read_like_lines(write: Write, intake: Intake, option: int) -> None:
    assert summary(read(write(orjson.dumps([GTAG, MEASUREMENT, BIGQUERY], option=option)), intake)) == EXPECTED


def test_equal_events_have_equal_ids_and_repeated_ones_their_own(write: Write, intake: Intake) -> None:
    (once,) = read(write(lines(GTAG)), intake)
    first, second = read(write(orjson.dumps([GTAG, GTAG])), intake)

    assert once["event_id"] == first["event_id"] != second["event_id"]


def test_an_id_of_the_shop_is_kept(write: Write, intake: Intake) -> None:
    (row,) = read(write(lines({**GTAG, "event_id": "mine"})), intake)

    assert row["event_id"] == "mine"


def test_events_that_ga4_sends_for_other_purposes_are_skipped(write: Write, intake: Intake) -> None:
    others = [{"event": "gtm.js"}, {"event_name": "session_start"}, {"events": [{"name": "scroll"}]}]

    assert read(write(lines(*others)), intake) == []
    assert intake.skipped == {"other_event": 3}
    assert not intake.rejects.counts


def test_bad_lines_are_refused_and_the_others_read(write: Write, intake: Intake) -> None:
    data = b"\n".join([lines(GTAG), b"{oops", b"7", lines({**GTAG, "event": "dance"}), b"", lines(GTAG)])

    assert len(read(write(data), intake)) == 2
    intake.rejects.__exit__(None, None, None)
    refused = map(orjson.loads, intake.rejects.path.read_bytes().splitlines())
    assert [(row["line"], row["field"]) for row in refused] == [(2, "line"), (3, "event"), (4, "event")]


def test_an_event_from_a_file_needs_its_time(write: Write, intake: Intake) -> None:
    read(write(lines({**GTAG, "timestamp": None})), intake)

    assert intake.rejects.counts == {"timestamp": 1}


def test_an_array_that_breaks_off_is_refused_with_the_line(write: Write, intake: Intake) -> None:
    data = orjson.dumps([GTAG, BIGQUERY], option=orjson.OPT_INDENT_2)[:-40]

    with pytest.raises(ImportingError, match=r"file\.csv, line 2\d: .*; the file cannot be read on"):
        read(write(data), intake)


def test_an_array_larger_than_a_piece_is_read_piece_by_piece(
    write: Write, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.importing.source.PIECE", 64)

    assert len(read(write(orjson.dumps([GTAG] * 50)), intake)) == 50
