"""The formats of event and catalogue files, and which one a file seems to have."""

from enum import StrEnum

from recommender.errors import ImportingError
from training.importing.delimited import DELIMITERS, cells, plain
from training.importing.online_retail import PARQUET
from training.importing.source import Source


class EventFormat(StrEnum):
    """How a file of events is written."""

    CSV = "csv"
    GA4 = "ga4"
    ONLINE_RETAIL = "online-retail"


class CatalogFormat(StrEnum):
    """How a file of catalogue items is written."""

    MERCHANT = "merchant"
    SHOPIFY = "shopify"
    CSV = "csv"
    JSONL = "jsonl"


def event_format(source: Source) -> EventFormat:
    """The format that the file's first bytes point to.

    Raises:
        ImportingError: it is a kind of file in which no events come.
    """
    if source.begins_with(PARQUET):
        return EventFormat.ONLINE_RETAIL
    if _first(source).startswith("<"):
        raise ImportingError(f"{source.name} is XML; events come as CSV or JSON")
    if _is_json(source):
        return EventFormat.GA4
    return EventFormat.ONLINE_RETAIL if {"invoiceno", "stockcode"} <= _header(source) else EventFormat.CSV


def catalog_format(source: Source) -> CatalogFormat:
    """The format that the file's first bytes point to."""
    if _is_json(source):
        return CatalogFormat.JSONL
    if _first(source).startswith("<"):
        return CatalogFormat.MERCHANT
    header = _header(source)
    if "title" in header and ({"handle"} <= header or {"url_handle"} <= header):
        return CatalogFormat.SHOPIFY
    return CatalogFormat.MERCHANT if {"id", "title"} <= header and "\t" in _first(source) else CatalogFormat.CSV


def _first(source: Source) -> str:
    return source.head().decode("utf-8", "replace").lstrip("\ufeff \r\n\t").split("\n", 1)[0]


def _is_json(source: Source) -> bool:
    return _first(source).startswith(("{", "["))


def _header(source: Source) -> set[str]:
    line = _first(source).rstrip("\r")
    readings = (cells(line, mark) for mark in DELIMITERS)
    return {plain(name) for name in max(readings, key=len)}
