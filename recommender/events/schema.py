"""The event log's columns: one row for each item of an event, or one row for an event without items.

Imported and live events share this schema, so any reader of Parquet sees one table.
"""

import pyarrow as pa

EVENT_ID = "event_id"
ITEM_INDEX = "item_index"
EVENT = "event"
TIMESTAMP = "timestamp"
RECEIVED_AT = "received_at"
VISITOR_ID = "visitor_id"
CUSTOMER_ID = "customer_id"
SESSION_ID = "session_id"
ITEM_ID = "item_id"
QUANTITY = "quantity"
PRICE = "price"
ORDER_ID = "order_id"
VALUE = "value"
CURRENCY = "currency"
ATTRIBUTION_TOKEN = "attribution_token"  # noqa: S105 - a column's name
VERIFIED = "verified"
EXTRA = "extra"
WRITER = "writer"
SEQUENCE = "sequence"

IMPORTED = "import-"
"""What the writers of imported events begin with, and the files that hold nothing else."""

MOMENT = pa.timestamp("us", tz="UTC")

SCHEMA = pa.schema(
    [
        pa.field(EVENT_ID, pa.string(), nullable=False),  # unique per shop for 30 days
        pa.field(ITEM_INDEX, pa.int32(), nullable=False),  # place of the item in the event's `items`, from 0
        pa.field(EVENT, pa.string(), nullable=False),  # an EventName
        pa.field(TIMESTAMP, MOMENT, nullable=False),  # when it happened
        pa.field(RECEIVED_AT, MOMENT, nullable=False),  # when Vitrine was told; imports: the event's own time
        pa.field(VISITOR_ID, pa.string()),  # browser (GA4 client_id); null without consent
        pa.field(CUSTOMER_ID, pa.string()),  # account (GA4 user_id)
        pa.field(SESSION_ID, pa.string()),
        pa.field(ITEM_ID, pa.string()),
        pa.field(QUANTITY, pa.float64()),
        pa.field(PRICE, pa.float64()),  # of one unit, in `currency`
        pa.field(ORDER_ID, pa.string()),  # GA4 transaction_id
        pa.field(VALUE, pa.float64()),  # of the whole event, repeated on each of its rows
        pa.field(CURRENCY, pa.string()),  # ISO 4217
        pa.field(ATTRIBUTION_TOKEN, pa.string()),
        pa.field(VERIFIED, pa.bool_(), nullable=False),  # told by the shop's server or an import, not by a browser
        pa.field(EXTRA, pa.string()),  # JSON of every other parameter that was sent
        pa.field(WRITER, pa.string(), nullable=False),  # process or import that wrote it; with `sequence` unique
        pa.field(SEQUENCE, pa.int64(), nullable=False),  # rising within the writer, one number an event
    ]
)
