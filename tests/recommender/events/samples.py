"""Events for the tests."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from recommender.events.decoding import decode
from recommender.events.event import Event
from recommender.events.names import ITEM_REQUIRED, EventName
from recommender.events.rows import Received, event_rows, table
from tests.conftest import NOW


def event(event_id: str, **fields: Any) -> Event:
    """A view of an item, unless `fields` say otherwise."""
    item = {} if "items" in fields else {"item_id": "A"}
    document = {"event": "view_item", "visitor_id": "v", "event_id": event_id} | item | fields
    return decode(document, now=NOW)[0]


def encoded(event_id: str, *, received_at: datetime = NOW, verified: bool = False, **fields: Any) -> bytes:
    """An event as it lies in a spool."""
    return Received(event(event_id, **fields), received_at, verified).encode()


def rows(*events: Event, writer: str = "import-1") -> pa.Table:
    """Events as an import hands them over."""
    return table(
        row
        for sequence, one in enumerate(events, start=1)
        for row in event_rows(one, received_at=one.timestamp, verified=True, writer=writer, sequence=sequence)
    )


_IDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)
_MAYBE_ID = st.none() | _IDS
_NUMBERS = st.none() | st.floats(0, 1e9) | st.integers(0, 10**9)
_JSON = st.recursive(
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_EXTRA = st.dictionaries(st.from_regex(r"x_[a-z]{1,4}", fullmatch=True), _JSON, max_size=3)
_ITEMS = st.lists(
    st.builds(
        lambda given, extra: {**extra, **given},
        st.fixed_dictionaries({"item_id": _IDS, "quantity": _NUMBERS, "price": _NUMBERS}),
        _EXTRA,
    ),
    max_size=4,
)
_MOMENTS = st.datetimes(datetime(1990, 1, 1), NOW.replace(tzinfo=None), timezones=st.just(UTC))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Flat documents that decode."""
    name = draw(st.sampled_from(EventName))
    needs_item = name in ITEM_REQUIRED or name is EventName.PURCHASE
    return draw(_EXTRA) | {
        "event": name.value,
        "event_id": draw(_IDS),
        "timestamp": draw(_MOMENTS).isoformat(),
        "visitor_id": draw(_IDS),
        "customer_id": draw(_MAYBE_ID),
        "session_id": draw(_MAYBE_ID),
        "order_id": draw(_MAYBE_ID),
        "value": draw(_NUMBERS),
        "currency": draw(st.sampled_from([None, "EUR", "USD"])),
        "attribution_token": draw(_MAYBE_ID),
        "items": draw(_ITEMS.filter(bool) if needs_item else _ITEMS),
    }
