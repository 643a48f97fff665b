"""Importing a file of items into a shop's catalogue."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Protocol

from recommender.catalog.item import Item
from recommender.errors import ImportingError, ItemError
from recommender.records import Records
from recommender.workspace import ShopFolder
from training.importing.events import refuse_all
from training.importing.formats import CatalogFormat, catalog_format
from training.importing.intake import Intake
from training.importing.items import item
from training.importing.merchant_xml import MerchantXmlItems
from training.importing.rejects import Rejects
from training.importing.shopify_items import ShopifyItems
from training.importing.source import Source
from training.importing.summary import ImportSummary
from training.importing.tabular_items import CATALOG_FIELDS, JsonItems, Row, TabularItems

__all__ = ["CATALOG_FIELDS", "import_catalog"]

ITEMS_AT_ONCE = 500


class ItemReader(Protocol):
    """Reads one file of items, whatever its format."""

    def rows(self, intake: Intake) -> Iterator[Row]:
        """The fields of each item under Google Merchant's names, with the line that it begins on."""


def import_catalog(
    source: Source,
    shop: str,
    *,
    folder: ShopFolder,
    records: Records,
    now: datetime,
    form: CatalogFormat | None = None,
    mapping: Mapping[str, str] | None = None,
) -> ImportSummary:
    """Read a file of items into the shop's catalogue; items that are there already are replaced.

    Args:
        source: the file.
        shop: the shop's name; it must exist.
        folder: the shop's folder.
        records: where the catalogue is kept.
        now: the moment of the import.
        form: how the file is written; None: what it seems to be.
        mapping: the column of a field, where it is not called like the field; CSV, TSV and JSON only.

    Raises:
        NotFoundError: there is no such shop.
        ImportingError: the file cannot be read, or none of its rows can be used.
    """
    records.shops.get(shop)
    form = form or catalog_format(source)
    reader = open_items(source, form, mapping or {})
    before = records.catalog.revision(shop)
    with Rejects(folder.rejects / f"{source.path.stem}-{source.fingerprint(form.value)[:12]}.jsonl") as rejects:
        intake = Intake(now, "", rejects)
        good = _put(records, shop, _items(reader, intake), now)
        if good == 0 and rejects.counts:
            refuse_all(source, rejects)
    written = sum(1 for _ in records.catalog.changes(shop, before))
    return ImportSummary(
        file=source.name,
        format=form.value,
        rows=intake.rows,
        written=written,
        known=good - written,
        rejected=dict(rejects.counts),
        skipped=dict(intake.skipped),
        noted=dict(intake.noted),
        rejects_file=rejects.file,
    )


def open_items(source: Source, form: CatalogFormat, mapping: Mapping[str, str]) -> ItemReader:
    """The reader of a file.

    Raises:
        ImportingError: the file lacks a column, or `mapping` does not go with its format.
    """
    xml = form is CatalogFormat.MERCHANT and source.head().lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
    if mapping and (xml or form is CatalogFormat.SHOPIFY):
        raise ImportingError(f"{source.name} is read as {form}; --map goes with CSV, TSV and JSON only")
    if xml:
        return MerchantXmlItems(source)
    if form is CatalogFormat.SHOPIFY:
        return ShopifyItems.open(source)
    return JsonItems(source, mapping) if form is CatalogFormat.JSONL else TabularItems.open(source, mapping)


def _items(reader: ItemReader, intake: Intake) -> Iterator[Item]:
    """The good items; a second one of an id is refused, since nobody can tell which of them is meant."""
    lines: dict[str, int] = {}
    for line, fields in reader.rows(intake):
        try:
            found = item(fields, intake.now)
        except ItemError as error:
            intake.rejects.add_error(line, error)
            continue
        first = lines.setdefault(found.id, line)
        if first != line:
            intake.rejects.add(line, "id", found.id, f"an id stands once in a file; line {first} has it already")
            continue
        yield found


def _put(records: Records, shop: str, items: Iterator[Item], now: datetime) -> int:
    count = 0
    while chunk := list(islice(items, ITEMS_AT_ONCE)):
        records.catalog.put(shop, chunk, now)
        count += len(chunk)
    return count
