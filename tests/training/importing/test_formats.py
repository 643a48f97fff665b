import pytest

from recommender.errors import ImportingError
from tests.training.importing.conftest import Write
from training.importing.formats import CatalogFormat, EventFormat, catalog_format, event_format


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("event,timestamp,visitor_id\n", EventFormat.CSV),
        ("﻿event;timestamp\n", EventFormat.CSV),
        ('{"event": "view_item"}\n', EventFormat.GA4),
        ('\n[{"event": "view_item"}]', EventFormat.GA4),
        ("InvoiceNo,StockCode,Quantity\n", EventFormat.ONLINE_RETAIL),
        ("PAR1", EventFormat.ONLINE_RETAIL),
    ],
)
def test_the_format_of_events_is_seen_in_the_file(write: Write, text: str, form: EventFormat) -> None:
    assert event_format(write(text)) is form
    assert event_format(write(text, "file.gz")) is form or text == "PAR1"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("id,title,price\n", CatalogFormat.CSV),
        ("id\ttitle\tprice\n", CatalogFormat.MERCHANT),
        ('<?xml version="1.0"?><rss/>', CatalogFormat.MERCHANT),
        ("Handle,Title,Body (HTML)\n", CatalogFormat.SHOPIFY),
        ("Title,URL handle,Description\n", CatalogFormat.SHOPIFY),
        ('{"id": "A"}', CatalogFormat.JSONL),
    ],
)
def test_the_format_of_a_catalogue_is_seen_in_the_file(write: Write, text: str, form: CatalogFormat) -> None:
    assert catalog_format(write(text)) is form


def test_events_do_not_come_as_xml(write: Write) -> None:
    with pytest.raises(ImportingError, match="is XML; events come as CSV or JSON"):
        event_format(write("<events/>"))
