"""Small files to import, and a shop to import them into."""

import gzip
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from recommender.records import Records
from recommender.workspace import ShopFolder
from tests.conftest import NOW
from training.importing.catalog import import_catalog
from training.importing.events import EventOptions, import_events
from training.importing.intake import Intake
from training.importing.rejects import Rejects
from training.importing.source import Source
from training.importing.summary import ImportSummary

Write = Callable[..., Source]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Makes a file and opens it as a source; a name that ends in .gz is compressed."""

    def make(text: str | bytes, name: str = "file.csv", encoding: str | None = None) -> Source:
        path = tmp_path / name
        data = text.encode(encoding or "utf-8") if isinstance(text, str) else text
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return Source(path, encoding)

    return make


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    """What an import knows."""
    with Rejects(tmp_path / "rejects" / "file.jsonl") as rejects:
        yield Intake(NOW, "import-test", rejects)


class Importing:
    """A shop to import into, with the answers that tests look at."""

    def __init__(self, folder: ShopFolder, records: Records, now: datetime) -> None:
        self.folder, self.records, self.now = folder, records, now
        records.shops.create("shop", now=now)

    def events(self, source: Source, options: EventOptions | None = None) -> ImportSummary:
        return import_events(source, "shop", folder=self.folder, records=self.records, now=self.now, options=options)

    def catalog(self, source: Source, **options: object) -> ImportSummary:
        return import_catalog(
            source,
            "shop",
            folder=self.folder,
            records=self.records,
            now=self.now,
            **options,  # type: ignore[arg-type]
        )

    def items(self) -> dict[str, dict[str, object]]:
        changes = self.records.catalog.changes("shop")
        return {change.item_id: change.item.document() for change in changes if change.item is not None}


@pytest.fixture
def importing(shop: ShopFolder, records: Records, now: datetime) -> Importing:
    """An empty shop, ready to import into."""
    return Importing(shop, records, now)
