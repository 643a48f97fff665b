"""Catalogue items in CSV or TSV under Google Merchant's names, and in JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from recommender.catalog.item import Item
from training.importing.columns import require, resolve
from training.importing.delimited import LINE, Delimited, plain
from training.importing.intake import Intake
from training.importing.json_stream import documents
from training.importing.source import Source

CATALOG_FIELDS = tuple(Item.model_fields)
Row = tuple[int, Mapping[str, Any]]


@dataclass(frozen=True)
class TabularItems:
    """Reads a delimited file: a Google Merchant TSV feed, or any CSV with a column for `id`."""

    file: Delimited
    columns: Mapping[str, str]
    """The file's column for each field that has one."""

    @classmethod
    def open(cls, source: Source, mapping: Mapping[str, str]) -> Self:
        """Read the header and find the columns.

        Raises:
            ImportingError: there is no column for `id`, or one named by `mapping` is missing.
        """
        file = Delimited.open(source, {*CATALOG_FIELDS, *mapping.values()})
        columns = resolve(source.name, file.columns, mapping, CATALOG_FIELDS)
        require(source.name, file.columns, columns, ("id",))
        return cls(file, columns)

    def rows(self, intake: Intake) -> Iterator[Row]:
        """Each item's fields with its line; columns that no field uses keep their own names."""
        taken = {column: field for field, column in self.columns.items()}
        names = {column: taken.get(column) or _own_name(column, self.columns) for column in self.file.columns}
        for frame in self.file.frames(intake):
            for row in frame.iter_rows(named=True):
                yield row[LINE], {name: row[column] for column, name in names.items()}


@dataclass(frozen=True)
class JsonItems:
    """Reads JSON lines, or an array of objects."""

    source: Source
    mapping: Mapping[str, str]

    def rows(self, intake: Intake) -> Iterator[Row]:
        """Each item's fields with its line."""
        for line, document in documents(self.source, intake):
            intake.rows += 1
            if not isinstance(document, Mapping):
                intake.rejects.add(line, "item", document, "send a JSON object")
                continue
            renamed = {column: field for field, column in self.mapping.items()}
            rest = {key: value for key, value in document.items() if key not in self.mapping or key in renamed}
            yield line, {renamed.get(key, key): value for key, value in rest.items()}


def _own_name(column: str, columns: Mapping[str, str]) -> str:
    name = plain(column)
    return f"{name}_" if name in columns else name
