"""The shelf: catalogue tables kept beside a shop's artifacts, so that a start need not read every item again.

A table on the shelf is of one artifact and of one moment; what the catalogue saw since is applied to it. Everything on
the shelf can be deleted: tables are made again from the records.
"""

import hashlib
import shutil

from recommender.catalog import stored
from recommender.catalog.table import CatalogTable
from recommender.errors import ArtifactError
from recommender.records import Records
from recommender.vocabulary import Vocabulary
from recommender.workspace import ShopFolder

WORTH_KEEPING = 20_000
"""Items from which a table is kept: fewer are read from the records as fast."""
STALE = 20
"""A table is kept anew when more than this part of it, one in so many rows, has changed since."""


def opened(shop: ShopFolder, records: Records, vocabulary: Vocabulary, version: str | None) -> CatalogTable:
    """A shop's catalogue as it is now, for the artifact `version` with this vocabulary; None: of no artifact."""
    name = shop.path.name
    try:
        if version is None:
            raise ArtifactError("tables without an artifact are not kept")
        kept = stored.load(shop.shelf / version, vocabulary, _origin(records, name))
        if kept.revision > records.catalog.revision(name):
            raise ArtifactError("the records are older than the table")
    except ArtifactError:
        return CatalogTable.build(vocabulary, records.catalog.changes(name, 0))
    return kept.apply(records.catalog.changes(name, kept.revision))


def prepare(shop: ShopFolder, records: Records, vocabulary: Vocabulary, version: str) -> None:
    """Put the table of an artifact that is about to go into service on the shelf, so that nobody waits for it."""
    if len(vocabulary) >= WORTH_KEEPING:
        keep(shop, records, opened(shop, records, vocabulary, version), version)


def keep(shop: ShopFolder, records: Records, table: CatalogTable, version: str) -> None:
    """Put `table` on the shelf if that is worth it; tables of artifacts that are gone are dropped."""
    if len(table) < WORTH_KEEPING or table.fresh * STALE <= len(table):
        return
    stored.save(table, shop.shelf / version, _origin(records, shop.path.name))
    for other in shop.shelf.iterdir():
        if not other.name.startswith(".") and not _is_here(shop, other.name):
            shutil.rmtree(other, ignore_errors=True)


def _is_here(shop: ShopFolder, version: str) -> bool:
    return (shop.artifacts / version).exists() or (shop.copies / version).exists()


def _origin(records: Records, name: str) -> str:
    """Names the catalogue that revisions count in: a shop made anew begins another one."""
    shop = records.shops.get(name)
    return hashlib.sha256(f"{name} {shop.created_at.isoformat()} {shop.signing_key}".encode()).hexdigest()
