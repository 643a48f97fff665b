from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given

from recommender.errors import NewerError
from recommender.events import schema
from recommender.events.decoding import decode
from recommender.events.event import EventItem
from recommender.events.rows import Received, event_rows, events, table
from tests.conftest import NOW
from tests.recommender.events.samples import documents, event


def test_an_event_has_a_row_for_each_item() -> None:
    purchase = event(
        "e", event="purchase", order_id="o", shelf="left", items=[{"item_id": "A", "size": 2}, {"item_id": "B"}]
    )

    rows = table(event_rows(purchase, received_at=NOW, verified=True, writer="w", sequence=7)).to_pylist()

    assert [(row["item_index"], row["item_id"], row["order_id"]) for row in rows] == [(0, "A", "o"), (1, "B", "o")]
    assert [row["extra"] for row in rows] == ['{"shelf":"left","item_params":{"size":2}}', None]
    assert {(row["writer"], row["sequence"], row["verified"]) for row in rows} == {("w", 7, True)}


def test_an_event_without_items_has_one_row() -> None:
    search = event("e", event="search", item_id=None)

    (row,) = event_rows(search, received_at=NOW, verified=False, writer="w", sequence=1)

    assert (row["item_index"], row["item_id"]) == (0, None)


def test_an_item_without_an_id_keeps_its_price() -> None:
    purchase = event("e", event="purchase", order_id="o", value=3, item_id=None, price=3)

    rows = event_rows(purchase, received_at=NOW, verified=False, writer="w", sequence=1)

    assert next(events(rows)).event.items == (EventItem(None, None, 3),)


def test_what_a_newer_vitrine_says_of_an_event_besides_is_kept() -> None:
    """Whichever process moves it into the log, nothing that was acknowledged is lost."""
    received = Received(event("e", item_id="A", shelf="left"), NOW, verified=False)
    newer = orjson.dumps({**orjson.loads(received.encode()), "channel": "app", "shop_id": None})

    read = Received.decode(newer)

    assert read.event.extra == {"shelf": "left", "channel": "app", "shop_id": None}
    assert replace(read.event, extra=received.event.extra) == received.event


def test_an_event_that_only_a_newer_vitrine_knows_waits_for_it() -> None:
    received = Received(event("e", item_id="A"), NOW, verified=False)
    with pytest.raises(NewerError, match="'unbox' waits for a newer Vitrine"):
        Received.decode(orjson.dumps({**orjson.loads(received.encode()), "event": "unbox"}))


def test_no_row_gives_an_empty_table() -> None:
    assert table([]).schema == schema.SCHEMA


@given(documents())
def test_an_event_is_the_same_after_rows_and_after_bytes(document: dict[str, Any]) -> None:
    (sent,) = decode(document, now=NOW)
    received = Received(sent, NOW, verified=True)

    rows = table(event_rows(sent, received_at=NOW, verified=True, writer="w", sequence=1)).to_pylist()

    assert list(events(rows)) == [received]
    assert Received.decode(received.encode()) == received
