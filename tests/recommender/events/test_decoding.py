from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import EventError
from recommender.events.decoding import decode
from recommender.events.event import Event, EventItem, content_id
from recommender.events.names import EventName
from recommender.events.shapes import unbundle
from tests.conftest import NOW

VIEW = {"event": "view_item", "timestamp": "2025-06-01T10:00:00Z", "visitor_id": "v", "item_id": "A", "event_id": "e"}
TEN = datetime(2025, 6, 1, 10, tzinfo=UTC)


def one(document: dict[str, Any], **options: Any) -> Event:
    (event,) = decode(document, now=NOW, **options)
    return event


def without(field: str, document: dict[str, Any] = VIEW) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != field}


def test_a_flat_row_has_the_columns_of_the_contract() -> None:
    row = {
        "event": "purchase", "timestamp": "1748772000", "visitor_id": "v", "customer_id": "c", "session_id": "s",
        "item_id": "A", "quantity": "2", "price": "3.39", "order_id": "o", "value": "6.78", "currency": "gbp",
        "event_id": "e", "shelf": "left",
    }  # fmt: skip

    assert one(row, live=False) == Event(
        "e",
        EventName.PURCHASE,
        TEN,
        "v",
        "c",
        "s",
        "o",
        6.78,
        "GBP",
        None,
        (EventItem("A", 2, 3.39),),
        {"shelf": "left"},
    )


def test_a_data_layer_push_lifts_its_ecommerce_object() -> None:
    push = {
        "event": "purchase",
        "client_id": "123.456",
        "user_id": "c",
        "ecommerce": {
            "transaction_id": "T1",
            "value": 30,
            "currency": "EUR",
            "coupon": "SUMMER",
            "items": [{"item_id": "A", "item_name": "Lantern", "price": 10, "quantity": 3}],
        },
    }

    event = one(push)

    assert (event.visitor_id, event.customer_id, event.order_id) == ("123.456", "c", "T1")
    assert (event.value, event.currency, event.timestamp) == (30, "EUR", NOW)
    assert event.items == (EventItem("A", 3, 10, {"item_name": "Lantern"}),)
    assert event.extra == {"coupon": "SUMMER"}


def test_gtag_events_have_their_items_on_top() -> None:
    event = one({"event": "view_item", "client_id": "v", "items": [{"id": "A"}], "value": 7})

    assert event.items == (EventItem("A"),)
    assert event.value == 7


def test_the_measurement_protocol_brings_several_events() -> None:
    document = {
        "client_id": "v",
        "user_id": "c",
        "timestamp_micros": 1748772000000001,
        "events": [
            {"name": "view_item", "params": {"items": [{"item_id": "A"}], "session_id": "1748"}},
            {"name": "page_view", "timestamp_micros": "1748772000000002"},
        ],
    }

    view, page = decode(document, now=NOW)

    assert (view.name, view.visitor_id, view.customer_id, view.session_id) == ("view_item", "v", "c", "1748")
    assert view.timestamp == TEN + timedelta(microseconds=1)
    assert page.timestamp == TEN + timedelta(microseconds=2)
    assert page.items == ()


def test_a_bigquery_row_is_an_event() -> None:
    row = {
        "event_date": "20250601",
        "event_timestamp": "1748772000000001",
        "event_name": "purchase",
        "user_pseudo_id": "v.1",
        "user_id": None,
        "device": {"category": "mobile"},
        "event_params": [
            {"key": "ga_session_id", "value": {"string_value": None, "int_value": 99}},
            {"key": "currency", "value": {"string_value": "EUR"}},
            {"key": "page_location", "value": {"string_value": "https://a.example/"}},
        ],
        "ecommerce": {"transaction_id": "T1", "purchase_revenue": 12.5},
        "items": [
            {
                "item_id": "A",
                "item_name": "Lantern",
                "coupon": "(not set)",
                "quantity": 1,
                "price": 12.5,
                "item_params": [{"key": "colour", "value": {"string_value": "red"}}],
            }
        ],
    }

    event = one(row, live=False)

    assert event.timestamp == TEN + timedelta(microseconds=1)
    assert (event.visitor_id, event.customer_id, event.session_id) == ("v.1", None, "v.1.99")
    assert (event.order_id, event.value, event.currency) == ("T1", 12.5, "EUR")
    assert event.items == (EventItem("A", 1, 12.5, {"colour": "red", "item_name": "Lantern"}),)
    assert event.extra == {"page_location": "https://a.example/"}


def test_a_bigquery_order_that_is_not_set_is_none() -> None:
    row = {
        "event_timestamp": 1748772000000000, "event_name": "view_cart", "user_pseudo_id": "v",
        "ecommerce": {"transaction_id": "(not set)"},
    }  # fmt: skip

    assert one(row).order_id is None


def test_a_bigquery_row_without_consent_has_no_person() -> None:
    row = {
        "event_timestamp": 1748772000000000, "event_name": "page_view", "user_pseudo_id": None,
        "privacy_info": {"analytics_storage": "No"},
    }  # fmt: skip

    assert one(row).visitor_id is None


def test_a_live_event_without_a_timestamp_happens_now() -> None:
    assert one(without("timestamp")).timestamp == NOW


def test_a_live_clock_that_runs_ahead_is_set_back() -> None:
    assert one(VIEW | {"timestamp": (NOW + timedelta(hours=23)).isoformat()}).timestamp == NOW


def test_a_row_of_a_file_keeps_its_time() -> None:
    later = NOW + timedelta(hours=23)

    assert one(VIEW | {"timestamp": later.isoformat()}, live=False).timestamp == later


def test_a_row_of_a_file_needs_a_time() -> None:
    with pytest.raises(EventError, match=r"^timestamp: None .* say when it happened"):
        one(without("timestamp"), live=False)


def test_the_day_after_tomorrow_is_refused() -> None:
    with pytest.raises(EventError, match=r"^timestamp: "):
        one(VIEW | {"timestamp": (NOW + timedelta(hours=25)).isoformat()})


def test_an_event_without_an_id_gets_one() -> None:
    document = without("event_id")

    assert one(document, new_id=lambda: "new").event_id == "new"
    assert one(document).event_id != one(document).event_id


def test_credentials_are_not_kept() -> None:
    assert one(VIEW | {"key": "pk_1", "customer_token": "9.ab"}).extra == {}


def test_without_consent_nothing_is_kept_that_points_to_a_person() -> None:
    document = VIEW | {
        "customer_id": "c", "session_id": "s", "page_location": "https://a/?email=x", "ip": "1.2.3.4",
        "item_list_name": "new", "order_id": "o", "attribution_token": "1.x.y",
    }  # fmt: skip

    event = one(document, anonymous=True)

    assert (event.visitor_id, event.customer_id, event.session_id) == (None, None, None)
    assert (event.order_id, event.attribution_token) == (None, None)
    assert event.extra == {"item_list_name": "new"}


def test_without_consent_no_person_is_needed() -> None:
    assert one(without("visitor_id"), anonymous=True).items == (EventItem("A"),)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (without("event"), "event"),
        (VIEW | {"event": "session_start"}, "event"),
        (VIEW | {"event": ["view_item"]}, "event"),
        (without("visitor_id"), "visitor_id"),
        (without("item_id"), "item_id"),
        (VIEW | {"visitor_id": "v\nv"}, "visitor_id"),
        (VIEW | {"quantity": -1}, "quantity"),
        (VIEW | {"items": "A"}, "items"),
        (VIEW | {"items": ["A"]}, "items[0]"),
        (VIEW | {"items": [{"item_id": "A"}, {"price": 2}]}, "items"),
        (VIEW | {"items": [{"item_id": "A"}] * 201}, "items"),
        (VIEW | {"items": [{"item_id": "A", "price": "x"}]}, "items[0].price"),
        (VIEW | {"ecommerce": []}, "ecommerce"),
        (VIEW | {"item_params": {}}, "item_params"),
        (VIEW | {"note": "x" * 9000}, "extra"),
        ({"event": "view_item", "user_id": 1.5, "item_id": "A"}, "user_id"),
        (without("item_id") | {"ecommerce": {"items": [{"item_id": []}]}}, "ecommerce.items[0].item_id"),
        ({"event": "purchase", "visitor_id": "v"}, "item_id"),
        ({"event": "purchase", "visitor_id": "v", "order_id": "o"}, "item_id"),
        ({"event": "purchase", "visitor_id": "v", "value": 1, "items": [{"price": 1}]}, "items"),
        ({"client_id": "v", "events": []}, "events"),
        ({"client_id": "v", "events": [3]}, "events[0]"),
        ({"client_id": "v", "events": [{"params": {}}]}, "events[0].name"),
        ({"client_id": "v", "events": [{"name": "search", "params": []}]}, "events[0].params"),
        ({"client_id": "v", "events": [{"name": "purchase", "params": {"value": "x"}}]}, "events[0].params.value"),
        ({"event_name": "search", "event_timestamp": "soon", "user_pseudo_id": "v"}, "event_timestamp"),
        ({"event_name": "search", "event_params": 5}, "event_params"),
        ({"event_name": "search", "event_params": [{"value": 5}]}, "event_params"),
    ],
)  # fmt: skip
def test_a_bad_event_is_refused_by_the_field_as_its_sender_spells_it(document: dict[str, Any], field: str) -> None:
    with pytest.raises(EventError) as caught:
        decode(document, now=NOW)

    assert caught.value.field == field
    assert caught.value.allowed


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(EventError, match="send a JSON object"):
        decode([VIEW], now=NOW)  # type: ignore[arg-type]


def test_a_purchase_may_have_an_order_and_a_value_and_no_item() -> None:
    event = one({"event": "purchase", "visitor_id": "v", "order_id": "o", "value": 9})

    assert (event.order_id, event.value, event.items) == ("o", 9, ())


def test_a_bundle_falls_apart_into_single_events() -> None:
    bundle = {"client_id": "v", "events": [{"name": "search"}, {"name": "nonsense"}]}

    good, bad = unbundle(bundle)

    assert one(dict(good)).name is EventName.SEARCH
    with pytest.raises(EventError, match="nonsense"):
        decode(bad, now=NOW)
    assert unbundle(VIEW) == [VIEW]


def test_equal_events_have_equal_content_ids_whatever_their_own_id() -> None:
    first, second = one(VIEW), one(VIEW | {"event_id": "other"})

    assert content_id(first) == content_id(second)
    assert content_id(first) != content_id(first, occurrence=1)
    assert content_id(first) != content_id(one(VIEW | {"item_id": "B"}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from([
    "event", "events", "event_name", "event_params", "event_timestamp", "timestamp", "timestamp_micros", "visitor_id",
    "client_id", "user_id", "items", "ecommerce", "item_id", "quantity", "price", "value", "currency", "params", "name",
    "event_id", "user_pseudo_id", "privacy_info", "transaction_id",
])  # fmt: skip
NAMES = st.sampled_from([*EventName])


@given(st.dictionaries(FIELDS, JSON | NAMES, max_size=8))
def test_any_json_is_decoded_or_refused_and_nothing_else(document: dict[str, Any]) -> None:
    try:
        events = decode(document, now=NOW)
    except EventError:
        return
    for event in events:
        assert event.timestamp <= NOW
        assert orjson.dumps(dict(event.extra)) is not None
