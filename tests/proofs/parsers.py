"""Everything that reads what others wrote, each as one function of bytes: it returns, or says what is wrong.

Hypothesis tries them with documents that are nearly right (here), atheris with bytes that reach new branches
(`guided.py`). What they raise beside Vitrine's own errors is a fault, and so is what could not be kept.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import orjson
from hypothesis import strategies as st

from recommender import tokens
from recommender.catalog.item import Item
from recommender.configuration import Configuration
from recommender.engine.filter import Filter
from recommender.errors import EventError, VitrineError
from recommender.events.decoding import decode
from recommender.events.event import Event
from recommender.events.rows import Received, event_rows, table
from recommender.events.shapes import unbundle
from recommender.events.values import currency, identifier, moment, number
from recommender.nesting import too_deep
from recommender.retention.arm import PURPOSE, Arm
from tests.proofs import hostile
from training.given import given_tasks
from training.importing.catalog import open_items
from training.importing.events import EventOptions
from training.importing.formats import CatalogFormat, EventFormat, catalog_format, event_format
from training.importing.intake import Intake
from training.importing.items import item
from training.importing.rejects import Rejects
from training.importing.source import Source

NOW: Final = datetime(2025, 6, 15, 12, tzinfo=UTC)
KEY: Final = "a key of nobody's"
SEGMENTATION: Final = Configuration().segmentation


@dataclass(frozen=True)
class Parser:
    """One reader, and documents that it understands."""

    read: Callable[[bytes], None]
    examples: tuple[bytes, ...]
    slow: bool = False
    """Opens a file and builds tables, which takes a hundred times as long as reading a value."""


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="vitrine-inputs-"))


def _import(data: bytes, read: Callable[[Source, Intake], None]) -> None:
    path = _folder() / "given"
    path.write_bytes(data)
    with Rejects(_folder() / "rejects.jsonl") as rejects:
        read(Source(path), Intake(NOW, "import-1", rejects))


def _events(form: EventFormat | None) -> Callable[[bytes], None]:
    def read(source: Source, intake: Intake) -> None:
        rows = 0
        for made in EventOptions().reader(source, form or event_format(source)).tables(intake):
            made.validate(full=True)
            rows += made.num_rows
        assert intake.rows or not rows, "rows that were not counted"

    return lambda data: _import(data, read)


def _items(form: CatalogFormat | None) -> Callable[[bytes], None]:
    def read(source: Source, intake: Intake) -> None:
        for line, fields in open_items(source, form or catalog_format(source), {}).rows(intake):
            try:
                found = item(fields, NOW)
            except VitrineError as error:
                intake.rejects.add(line, "item", None, str(error))
                continue
            assert Item.parse(orjson.loads(orjson.dumps(found.document()))) == found

    return lambda data: _import(data, read)


def _event(data: bytes) -> None:
    document = _json(data)
    for live, anonymous in ((True, False), (False, True)):
        for part in unbundle(document) if isinstance(document, Mapping) else [document]:
            for event in decode(part, now=NOW, live=live, anonymous=anonymous, new_id=lambda: "new"):
                _kept(event)


def _kept(event: Event) -> None:
    received = Received(event, NOW, verified=True)
    assert Received.decode(received.encode()) == received
    table([*event_rows(event, received_at=NOW, verified=True, writer="w", sequence=1)]).validate(full=True)


def _value(data: bytes) -> None:
    document = _json(data)
    for read in (identifier, number, currency, moment):
        with suppress(EventError):
            read("field", document)


def _configuration(data: bytes) -> None:
    document = _json(data)
    if isinstance(document, Mapping):
        found = Configuration.parse(document)
        again = orjson.loads(orjson.dumps(found.document(), default=str))
        assert Configuration.parse(again).document() == found.document()


def _filter(data: bytes) -> None:
    document = _json(data)
    if isinstance(document, Mapping):
        Filter.parse(document)


def _cases(data: bytes) -> None:
    path = _folder() / ("given.jsonl" if data.lstrip().startswith(b"{") else "given.csv")
    path.write_bytes(data)
    given_tasks(path)


def _codes(data: bytes) -> None:
    from api.commands.coupons import codes

    (_folder() / "codes").write_bytes(data)
    for code in codes(_folder() / "codes"):
        assert code.isprintable()


def _segment(data: bytes) -> None:
    SEGMENTATION.parse(data.decode("utf-8", "replace"))


def _token(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert not tokens.verify_customer_token(text, "shop", "c", key=KEY, now=NOW.timestamp())
    for read in (tokens.read, Arm.read):
        try:
            read(text, KEY)
        except VitrineError:
            continue
        raise AssertionError(f"{text!r} was taken for a token that was signed here")


def _cookie(data: bytes) -> None:
    from api.demo.basket import COOKIE, Basket  # brings the whole API along, which the others need not wait for

    basket = Basket.read({COOKIE: data.decode("latin-1")})
    changed = basket.add(data.decode("utf-8", "replace"), 1)
    changed.cookie().encode("latin-1")


def _json(data: bytes) -> Any:
    """As the API and the importers read it: nothing deeper goes on to what is tried."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return None if too_deep(document) else document


def _lines(*documents: Mapping[str, Any]) -> bytes:
    return b"\n".join(map(orjson.dumps, documents))


CSV: Final = (
    b"event,timestamp,visitor_id,customer_id,session_id,item_id,quantity,price,order_id,value,currency,event_id,colour\n"
    b"view_item,2025-06-01T10:00:00Z,v1,,s1,lamp,,,,,,,red\n"
    b"purchase,2025-06-01T10:05:00+02:00,v1,c1,s1,lamp,2,\"9,95\",o1,19.90,EUR,e1,\"a \"\"b\"\"\"\n"
)  # fmt: skip
UNIX: Final = (
    b"event\ttimestamp\tclient_id\titem_id\nview_item\t1748772000\tv1\tlamp\nadd_to_cart\t1748772001.5\tv1\tcup\n"
)
RETAIL: Final = (
    b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    b"536365,85123A,HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom\n"
    b"C536379,22423,STAND,-1,2010-12-01 09:41:00,12.75,,France\n"
)
DATA_LAYER: Final = {
    "event": "purchase",
    "timestamp": 1748772000000,
    "client_id": "v1",
    "user_id": "c1",
    "ecommerce": {"transaction_id": "o1", "value": 10, "currency": "EUR", "items": [{"item_id": "lamp", "price": 5}]},
}
PROTOCOL: Final = {
    "client_id": "v1",
    "timestamp_micros": 1748772000000000,
    "events": [{"name": "view_item", "params": {"items": [{"item_id": "lamp"}], "ga_session_id": 1}}],
}
BIGQUERY: Final = {
    "event_name": "view_item",
    "event_timestamp": "1748772000000000",
    "user_pseudo_id": "v1",
    "event_params": [{"key": "ga_session_id", "value": {"int_value": 7}}],
    "items": [{"item_id": "lamp", "price": 5.0, "item_params": [{"key": "colour", "value": {"string_value": "red"}}]}],
    "privacy_info": {"analytics_storage": "Yes"},
}
ITEM: Final = {
    "id": "lamp",
    "title": "Lamp",
    "price": "15.00 EUR",
    "availability": "in stock",
    "colour": ["red", "blue"],
}
TSV: Final = (
    b"id\ttitle\tprice\tsale_price\tavailability\n"
    b'lamp\tLamp\t15.00 EUR\t"12,50"\tin stock\ncup\t"Cup"\tGBP 3\t\tpreorder\n'
)
SHOPIFY: Final = (
    b"Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,"
    b"Variant Compare At Price,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
    b"Image Src,Status\n"
    b"lamp,Lamp,<p>Bright</p>,Us,Lights,\"a, b\",true,Colour,Red,'L-1,9.95,12,shopify,0,deny,/a.jpg,active\n"
    b"lamp,,,,,,,,Blue,L-2,9.95,,,,continue,,\nlamp,,,,,,,,,,,,,,,/b.jpg,\n"
)  # fmt: skip
XML: Final = (
    b"<?xml version='1.0' encoding='utf-8'?>\n<rss xmlns:g='http://base.google.com/ns/1.0'><channel>"
    b"<item><g:id>lamp</g:id><title>Lamp &amp; bulb</title><g:price>15.00 EUR</g:price>"
    b"<g:shipping><g:country>DE</g:country></g:shipping></item><item><g:id>cup</g:id></item></channel></rss>"
)
ATOM: Final = (
    b"<feed xmlns='http://www.w3.org/2005/Atom'>"
    b"<entry><id>lamp</id><link href='/l'/><title><![CDATA[L]]></title></entry></feed>"
)
CASES: Final = b'{"session": ["a"], "relevant": ["b"]}\n{"item_ids": [1], "relevant": ["b"], "strategy": "similar"}\n'
CONFIGURATION: Final = {
    "placements": [
        {"id": "home", "page_types": ["home"], "strategy": "trending", "limit": 8, "filter": {"price": {"max": 20}}}
    ],
    "segments": [{"id": "big", "when": "spend > 200 and not country in ['DE']"}],
    "rules": [{"id": "r", "exclude": {"filter": {"brand": "Us"}}}],
    "campaigns": [
        {"id": "back", "offer": {"percent": 10, "most": 5, "code": {"generated": {}}}, "triggers": [{"on": "timer"}]}
    ],
    "experiments": [
        {"id": "x", "placement": "home", "variants": [{"name": "a"}, {"name": "b", "changes": {"limit": 4}}]}
    ],
    "training": {"cleaning": {"max_events_a_day": 1000}},
}
FILTER: Final = {
    "category": "Lights",
    "price": {"min": 1, "max": 20},
    "colour": ["red", 1],
    "on_sale": True,
    "not": {"brand": "Us"},
}
SEGMENT: Final = (
    "orders >= 3 and (spend > 2 * average_order_value or rfm_group == 'loyal') and not country in ['DE', 'AT']"
)


def _tokens() -> tuple[bytes, ...]:
    """Tokens of another key, and one whose payload is ours and whose signature is not."""
    told = tokens.sign(tokens.Attribution("shop", "home", "trending", "1"), "another")
    sealed = tokens.sealed(["shop"], PURPOSE, "another")
    return told.encode(), sealed.encode(), tokens.customer_token("shop", "c", 2**31, "another").encode()


@cache
def parsers() -> dict[str, Parser]:
    """All of them, by what they read."""
    dumped = orjson.dumps
    ga4 = (
        _lines(DATA_LAYER, PROTOCOL, BIGQUERY),
        dumped([DATA_LAYER, BIGQUERY]),
        dumped(PROTOCOL, option=orjson.OPT_INDENT_2),
    )
    jsonl = (_lines(ITEM, {"id": "cup"}), dumped([ITEM]))
    feeds = (XML, ATOM, TSV)
    return {
        "events in CSV": Parser(_events(EventFormat.CSV), (CSV, UNIX), slow=True),
        "events in TSV": Parser(_events(EventFormat.CSV), (UNIX, CSV.replace(b",", b"\t")), slow=True),
        "GA4 in JSON": Parser(_events(EventFormat.GA4), ga4, slow=True),
        "Online Retail": Parser(_events(EventFormat.ONLINE_RETAIL), (RETAIL,), slow=True),
        "events of any kind": Parser(_events(None), (CSV, *ga4, RETAIL, gzip.compress(CSV, mtime=0)), slow=True),
        "Google Merchant in XML": Parser(_items(CatalogFormat.MERCHANT), feeds, slow=True),
        "Shopify": Parser(_items(CatalogFormat.SHOPIFY), (SHOPIFY,), slow=True),
        "items in JSON lines": Parser(_items(CatalogFormat.JSONL), jsonl, slow=True),
        "items in CSV": Parser(_items(CatalogFormat.CSV), (TSV, TSV.replace(b"\t", b";")), slow=True),
        "items of any kind": Parser(_items(None), (*feeds, SHOPIFY, *jsonl, gzip.compress(XML, mtime=0)), slow=True),
        "events": Parser(_event, (dumped(DATA_LAYER), dumped(PROTOCOL), dumped(BIGQUERY))),
        "single values": Parser(_value, (b'"lamp"', b"1748772000", b'"2025-06-01T10:00:00Z"', b'"EUR"', b"9.95")),
        "cases to evaluate": Parser(_cases, (CASES, b"session,relevant\na|b,c\n"), slow=True),
        "codes": Parser(_codes, (b"code\nA-1\n'=B 2\n",), slow=True),
        "tokens": Parser(_token, _tokens()),
        "cookies": Parser(_cookie, (b"lamp:2|cup:1", b"a%2Fb:999")),
        "configurations": Parser(_configuration, (dumped(CONFIGURATION), b"{}")),
        "segments": Parser(_segment, (SEGMENT.encode(), b"loyal", b"cart_value is not missing")),
        "filters": Parser(_filter, (dumped(FILTER),)),
    }


PIECES: Final = (
    b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xff\xfe", b"[", b"]", b"{", b"}", b":", b"<", b">", b"&", b"</item>", b"<item>", b"<![CDATA[", b"]]>",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"\x1f\x8b", b"PAR1", b"NaN", b"-", b"1e999", b"9" * 30, b'"' * 3,
    b"\\ud800", b"\\u0000", b"<a>" * 50, b"encoding='utf-7'", b"encoding='none'", b"(" * 30, b" not " * 20, b"%00",
)  # fmt: skip
"""What means something to one format or another."""


def nearly(examples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Documents with up to six places where something is cut out, and something else stands instead."""
    texts = st.sampled_from([text.encode("utf-8", "surrogatepass") for text in hostile.TEXTS])
    pieces = st.sampled_from(PIECES) | texts | st.binary(max_size=8)
    edits = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), pieces), min_size=1, max_size=6)
    return st.builds(_edited, st.sampled_from(examples), edits)


def _edited(document: bytes, edits: Sequence[tuple[float, int, bytes]]) -> bytes:
    for place, cut, piece in edits:
        at = int(place * len(document))
        document = document[:at] + piece + document[at + cut :]
    return document


def documents(parser: Parser) -> st.SearchStrategy[bytes]:
    """Documents nearly like a parser's examples; JSON also with hostile values, tables also with hostile cells."""
    found = nearly(parser.examples)
    for example in parser.examples:
        if example.startswith((b"{", b"[")) and (document := _json(example)) is not None:
            found |= hostile.spoilt(document).map(orjson.dumps)
        elif example.startswith((b"event", b"id", b"Handle", b"Invoice")):
            found |= _table(example)
    return found


def _table(example: bytes) -> st.SearchStrategy[bytes]:
    """The example's header over rows of hostile cells."""
    header = example.partition(b"\n")[0]
    mark = b"\t" if b"\t" in header else b";" if b";" in header else b","
    cells = st.sampled_from(
        [b'"' + text.encode().replace(b'"', b'""') + b'"' for text in hostile.TEXTS]
    ) | st.sampled_from(sorted({cell for line in example.splitlines()[1:] for cell in line.split(mark)}))
    width = header.count(mark) + 1
    rows = st.lists(st.lists(cells, min_size=width, max_size=width).map(mark.join), min_size=1, max_size=4)
    return rows.map(lambda many: b"\n".join([header, *many]))


def tried(examples: int, number: int) -> Iterator[tuple[str, int, int]]:
    """Try each parser so often with documents that Hypothesis makes, those that open files a tenth as often.

    Yields:
        Its name, how many documents it met, and how many of them it refused whole, in words.

    Raises:
        AssertionError: one failed; says with which bytes.
    """
    for name, parser in parsers().items():
        count = examples // 10 if parser.slow else examples
        yield name, *_try(name, parser, count, number)


def refused(parser: Parser, data: bytes) -> str | None:
    """In which words a document is refused; None when it is not."""
    try:
        parser.read(data)
    except VitrineError as error:
        return str(error)
    return None


def _try(name: str, parser: Parser, count: int, number: int) -> tuple[int, int]:
    words: list[str | None] = []

    def one(data: bytes) -> None:
        try:
            words.append(refused(parser, data))
        except BaseException as error:  # a panic of Polars is no Exception
            raise AssertionError(f"{name}: {data!r} is met by {type(error).__name__}: {error}") from error

    hostile.each(documents(parser), one, count, number)
    return len(words), sum(one is not None for one in words)
