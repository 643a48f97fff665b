from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import EventError, ImportingError
from recommender.events.decoding import decode
from recommender.events.names import EventName
from recommender.events.rows import event_rows
from recommender.events.schema import SCHEMA
from tests.conftest import NOW
from tests.training.importing.conftest import Write
from training.importing.csv_events import CsvEvents
from training.importing.intake import Intake
from training.importing.rejects import Rejects
from training.importing.source import Source

HEADER = "event,timestamp,visitor_id,customer_id,session_id,item_id,quantity,price,order_id,value,currency"


def rows(reader: CsvEvents, intake: Intake) -> list[dict[str, Any]]:
    return [row for table in reader.tables(intake) for row in table.to_pylist()]


def read(source: Source, intake: Intake, mapping: dict[str, str] | None = None) -> list[dict[str, Any]]:
    return rows(CsvEvents.open(source, mapping or {}), intake)


def test_a_row_becomes_an_event_of_the_log(write: Write, intake: Intake) -> None:
    source = write(f"{HEADER},colour\npurchase,2024-03-01T20:30:00Z,v,c,s,A,2,12.5,o,25,eur,red\n")

    (row,) = read(source, intake)

    assert list(row) == SCHEMA.names
    moment = datetime(2024, 3, 1, 20, 30, tzinfo=UTC)
    assert row | {"event_id": ""} == {
        "event_id": "", "item_index": 0, "event": "purchase", "timestamp": moment, "received_at": moment,
        "visitor_id": "v", "customer_id": "c", "session_id": "s", "item_id": "A", "quantity": 2.0, "price": 12.5,
        "order_id": "o", "value": 25.0, "currency": "EUR", "attribution_token": None, "verified": True,
        "extra": '{"colour":"red"}', "writer": "import-test", "sequence": 2,
    }  # fmt: skip


def test_the_other_names_of_the_contract_are_known(write: Write, intake: Intake) -> None:
    source = write("event,timestamp,client_id,user_id,transaction_id,value\npurchase,2024-03-01,v,c,o,5\n")

    (row,) = read(source, intake)

    assert (row["visitor_id"], row["customer_id"], row["order_id"], row["item_id"]) == ("v", "c", "o", None)


def test_a_column_of_another_name_is_mapped(write: Write, intake: Intake) -> None:
    source = write("event,when,visitor_id,Item Number\nview_item,2024-03-01,v,A\n")

    (row,) = read(source, intake, {"timestamp": "when", "item_id": "item number"})

    assert (row["item_id"], row["extra"]) == ("A", None)


@pytest.mark.parametrize(
    ("header", "mapping", "message"),
    [
        ("event,visitor_id", {}, r"no column for timestamp; found: event, visitor_id; name it with --map timestamp="),
        ("event,timestamp", {}, r"no column for visitor_id or customer_id; found: event, timestamp"),
        ("event,timestamp,visitor_id", {"item_id": "sku"}, r"no column 'sku' for item_id; found: event, timestamp"),
    ],
)
def test_a_missing_column_is_named_with_those_found(
    write: Write, header: str, mapping: dict[str, str], message: str
) -> None:
    with pytest.raises(ImportingError, match=message):
        CsvEvents.open(write(f"{header}\n"), mapping)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("dance,2024-03-01,v,,,A,,,,,", "event"),
        (",2024-03-01,v,,,A,,,,,", "event"),
        ("view_item,soon,v,,,A,,,,,", "timestamp"),
        ("view_item,1989-12-31,v,,,A,,,,,", "timestamp"),
        ("view_item,2025-06-17,v,,,A,,,,,", "timestamp"),
        ("view_item,2024-03-01,,,,A,,,,,", "visitor_id"),
        ("view_item,2024-03-01,v,,,,,,,,", "item_id"),
        ("purchase,2024-03-01,v,,,,,,o,,", "item_id"),
        ("view_item,2024-03-01,v,,,A,-1,,,,", "quantity"),
        ("view_item,2024-03-01,v,,,A,,many,,,", "price"),
        ("view_item,2024-03-01,v,,,A,,nan,,,", "price"),
        ("view_item,2024-03-01,v,,,A,,,,1e10,", "value"),
        ("view_item,2024-03-01,v,,,A,,,,,euro", "currency"),
        (f"view_item,2024-03-01,{'v' * 257},,,A,,,,,", "visitor_id"),
        ("view_item,2024-03-01,v,,,A\x07,,,,,", "item_id"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_field(write: Write, intake: Intake, row: str, field: str) -> None:
    good = "view_item,2024-03-01,v,,,A,,,,,"

    found = read(write(f"{HEADER}\n{good}\n{row}\n"), intake)

    assert [event["sequence"] for event in found] == [2]
    intake.rejects.__exit__(None, None, None)
    (refused,) = map(orjson.loads, intake.rejects.path.read_bytes().splitlines())
    assert (refused["line"], refused["field"]) == (3, field)
    assert refused["reason"]


def test_identical_rows_of_a_day_are_events_of_their_own_with_lasting_ids(write: Write, intake: Intake) -> None:
    row = "view_item,2024-03-01T10:00:00Z,v,,,A,,,,,\n"

    once, twice = (read(write(f"{HEADER}\n{row * count}"), intake) for count in (1, 2))

    assert [event["event_id"] for event in twice] == [once[0]["event_id"], f"{once[0]['event_id']}-1"]


def test_an_id_does_not_depend_on_how_a_moment_or_number_is_written(write: Write, intake: Intake) -> None:
    texts = ("view_item,2024-03-01T10:00:00Z,v,,,A,1,2.5,,,", "view_item,1709287200,v,,,A,1.0,2.50,,,")

    first, second = (read(write(f"{HEADER}\n{text}\n"), intake)[0]["event_id"] for text in texts)

    assert first == second


def test_rows_with_one_event_id_are_the_items_of_one_event(write: Write, intake: Intake) -> None:
    lines = ["purchase,2024-03-01,v,A,e1", "purchase,2024-03-01,v,X,e2", "purchase,2024-03-01,v,B,e1"]
    source = write("\n".join(["event,timestamp,visitor_id,item_id,event_id", *lines, lines[0]]))

    found = read(source, intake)

    assert [(row["event_id"], row["item_index"], row["item_id"]) for row in found] == [
        ("e1", 0, "A"), ("e2", 0, "X"), ("e1", 1, "B"),
    ]  # fmt: skip
    assert found[0]["sequence"] == found[2]["sequence"] != found[1]["sequence"]
    assert intake.skipped == {"repeated": 1}


def test_a_shops_own_names_of_events_are_translated(write: Write, intake: Intake) -> None:
    source = write("event,timestamp,visitor_id,item_id\nview,2024-03-01,v,A\npurchase,2024-03-01,v,A\n")

    found = rows(CsvEvents.open(source, {}, {"view": "view_item"}), intake)

    assert [row["event"] for row in found] == ["view_item", "purchase"]


def test_a_file_of_orders_needs_no_column_for_the_event(write: Write, intake: Intake) -> None:
    source = write("timestamp,customer_id,item_id\n2024-03-01,c,A\n")

    (row,) = rows(CsvEvents.open(source, {}, every=EventName.PURCHASE), intake)

    assert row["event"] == "purchase"


texts = st.sampled_from(["", "a", " b ", "c\x7f", "d" * 257, "é"])
numbers = st.sampled_from(["", "0", "1.5", "-1", "x", "1e9", "1e10", "inf", " 7 "])
documents = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["view_item", "purchase", "page_view", "refund", "search", "add_to_cart", "nothing"]),
        "timestamp": st.sampled_from(
            ["2024-03-01T10:00:00+02:00", "2024-03-01 10:00", "1980-01-01", "2025-07-01", "x"]
        ),
        "visitor_id": texts,
        "customer_id": texts,
        "session_id": texts,
        "item_id": texts,
        "quantity": numbers,
        "price": numbers,
        "order_id": texts,
        "value": numbers,
        "currency": st.sampled_from(["", "EUR", "usd", "EURO", "E1R"]),
    }
)


@settings(max_examples=50)
@given(st.lists(documents, min_size=1, max_size=10))
def test_a_column_is_judged_exactly_as_an_event_of_the_api_is(given_: list[dict[str, str]]) -> None:
    steady = {
        **dict.fromkeys(HEADER.split(","), ""),
        "event": "page_view",
        "timestamp": "2024-03-01",
        "visitor_id": "v",
    }
    every = [*given_, *[steady] * 11]  # most values of the column are ISO 8601

    assert [_comparable(row) for row in _imported(every)] == [_comparable(row) for row in _decoded(every)]


def _imported(documents: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    text = "\n".join([HEADER, *(",".join(document[name] for name in HEADER.split(",")) for document in documents)])
    with TemporaryDirectory() as folder, Rejects(Path(folder, "rejects")) as rejects:
        path = Path(folder, "file.csv")
        path.write_text(text, "utf-8")
        return read(Source(path), Intake(NOW, "w", rejects))


def _decoded(documents: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    found = []
    for document in documents:
        stripped = {name: value.strip() for name, value in document.items()}
        try:
            (event,) = decode(stripped, now=NOW, live=False)
        except EventError:
            continue
        found += event_rows(event, received_at=event.timestamp, verified=True, writer="w", sequence=0)
    return found


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"event_id", "sequence", "writer"}}
