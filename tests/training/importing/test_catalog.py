from pathlib import Path

import orjson
import pytest

from recommender.errors import ImportingError, NotFoundError
from recommender.records import Records
from tests.training.importing.conftest import Importing, Write
from training.importing.catalog import import_catalog
from training.importing.formats import CatalogFormat

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>A</g:id><title>Wool &amp; Co</title><g:price>15.00 GBP</g:price><g:availability>in stock</g:availability>
<g:additional_image_link>1</g:additional_image_link><g:additional_image_link>2</g:additional_image_link>
<g:shipping><g:country>UK</g:country><g:price>4 GBP</g:price></g:shipping></item>
<item><g:id>B</g:id><g:price>cheap</g:price></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<entry><g:id>A</g:id><title>Wool</title><link href="https://shop.example/a"/></entry></feed>"""
SHOPIFY = """Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,\
Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,\
Image Src,Variant Image,Status
hat,Hat,<b>Warm</b>,ACME,Hats,"wool, winter",true,Size,S,SKU1,shopify,0,deny,10,12,hat.jpg,,active
hat,,,,,,,,M,,shopify,2,deny,10,,,m.jpg,
hat,,,,,,,,L,SKU1,shopify,0,continue,10,9,,,
hat,,,,,,,,,,,,,,,second.jpg,,
mug,Mug,,ACME,,,false,Title,Default Title,,,,,3,,,,active
"""


def test_a_tsv_feed_is_read_under_merchants_names(write: Write, importing: Importing) -> None:
    text = 'id\ttitle\timage link\tsale price\tprice\tcustom label 0\nA\t19" screen\tx.jpg\t9 EUR\t10 EUR\tnew\n'

    summary = importing.catalog(write(text))

    assert (summary.format, summary.rows, summary.written) == ("merchant", 1, 1)
    assert importing.items()["A"] == {
        "id": "A", "title": '19" screen', "image_link": "x.jpg", "price": "10", "sale_price": "9", "currency": "EUR",
        "custom_label_0": "new",
    }  # fmt: skip


def test_an_rss_feed_is_read_item_by_item(write: Write, importing: Importing) -> None:
    summary = importing.catalog(write(RSS))

    assert (summary.format, summary.rows, summary.written, summary.rejected) == ("merchant", 2, 1, {"price": 1})
    assert importing.items()["A"] == {
        "id": "A", "title": "Wool & Co", "price": "15.00", "currency": "GBP", "availability": "in_stock",
        "additional_image_link": ["1", "2"], "shipping": {"country": "UK", "price": "4 GBP"},
    }  # fmt: skip
    assert summary.rejects_file is not None
    assert orjson.loads(Path(summary.rejects_file).read_bytes())["line"] == 6


def test_an_atom_feed_has_its_link_in_an_attribute(write: Write, importing: Importing) -> None:
    importing.catalog(write(ATOM))

    assert importing.items()["A"] == {"id": "A", "title": "Wool", "link": "https://shop.example/a"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (RSS[:-40], "the XML cannot be read on"),
        ("<html><body>Not found</body></html>", "there is no <item>"),
        ('<!DOCTYPE x [<!ENTITY a "aa">]><rss><item>&a;</item></rss>', "declares entities of its own"),
    ],
)
def test_xml_that_is_no_feed_is_refused(write: Write, importing: Importing, text: str, reason: str) -> None:
    with pytest.raises(ImportingError, match=reason):
        importing.catalog(write(text))


def test_shopifys_variants_become_items_of_one_group(write: Write, importing: Importing) -> None:
    summary = importing.catalog(write(SHOPIFY))
    items = importing.items()

    assert (summary.format, summary.rows, summary.written) == ("shopify", 5, 4)
    assert (summary.skipped, summary.noted) == ({"picture": 1}, {"repeated_sku": 1})
    assert items["SKU1"] == {
        "id": "SKU1", "title": "Hat", "description": "Warm", "link": "/products/hat", "image_link": "hat.jpg",
        "availability": "out_of_stock", "price": "12", "sale_price": "10", "brand": "ACME", "product_type": "Hats",
        "item_group_id": "hat", "options": {"Size": "S"}, "tags": ["wool", "winter"],
    }  # fmt: skip
    assert (items["hat-M"]["image_link"], items["hat-M"]["availability"]) == ("m.jpg", "in_stock")
    assert (items["hat-L"]["price"], items["hat-L"]["availability"]) == ("10", "in_stock")


def test_products_that_shopify_does_not_show_are_out_of_stock(write: Write, importing: Importing) -> None:
    importing.catalog(write(SHOPIFY))

    assert importing.items()["mug"]["availability"] == "out_of_stock"


@pytest.mark.parametrize("text", ['{"sku": "A", "n": 1}\n{"sku": "B"}\n', '[{"sku": "A", "n": 1},\n {"sku": "B"}]'])
def test_json_lines_and_arrays_are_read_with_mapped_names(write: Write, importing: Importing, text: str) -> None:
    importing.catalog(write(text), mapping={"id": "sku"})

    assert importing.items() == {"A": {"id": "A", "n": 1}, "B": {"id": "B"}}


def test_the_same_file_twice_changes_nothing(write: Write, importing: Importing) -> None:
    importing.catalog(write("id,price\nA,1\nB,2\n"))
    revision = importing.records.catalog.revision("shop")

    summary = importing.catalog(write("id,price\nA,1\nB,2\n"))

    assert (summary.written, summary.known) == (0, 2)
    assert importing.records.catalog.revision("shop") == revision


def test_only_changed_items_are_written(write: Write, importing: Importing) -> None:
    importing.catalog(write("id,price\nA,1\nB,2\n"))

    summary = importing.catalog(write("id,price\nA,1\nB,3\nC,4\n"))

    assert (summary.written, summary.known) == (2, 1)


def test_of_two_rows_with_one_id_the_second_is_refused(write: Write, importing: Importing) -> None:
    summary = importing.catalog(write("id,price\nA,1\nA,2\n"))

    assert summary.rejected == {"id": 1}
    assert importing.items()["A"]["price"] == "1"


def test_a_file_without_ids_says_how_to_name_their_column(write: Write, importing: Importing) -> None:
    with pytest.raises(ImportingError, match="no column for id; found: sku, price; name it with --map id=COLUMN"):
        importing.catalog(write("sku,price\nA,1\n"))


def test_a_mapping_is_refused_where_names_are_fixed(write: Write, importing: Importing) -> None:
    with pytest.raises(ImportingError, match="--map goes with CSV, TSV and JSON only"):
        importing.catalog(write(SHOPIFY), mapping={"id": "Handle"})


def test_a_format_can_be_given(write: Write, importing: Importing) -> None:
    assert importing.catalog(write("id\ttitle\nA\tx\n"), form=CatalogFormat.CSV).format == "csv"


def test_the_shop_must_exist(write: Write, importing: Importing, records: Records) -> None:
    with pytest.raises(NotFoundError):
        import_catalog(write("id\nA\n"), "other", folder=importing.folder, records=records, now=importing.now)
