"""The shelf: what is worked out of a shop's artifact and catalogue, so that a start need not read every item again.

What lies on it is of one artifact and of one moment; what the catalogue saw since is applied to it. All of it can be
deleted: it is made again from the records.
"""

import hashlib
import shutil
from functools import partial

from recommender.catalog import stored
from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine import groundwork, plain
from recommender.engine.snapshot import NO_MODEL, Snapshot
from recommender.errors import ArtifactError
from recommender.models.models import Models
from recommender.records import Records
from recommender.workspace import ShopFolder

WORTH_KEEPING = 20_000
"""Items from which a table is kept: fewer are read from the records as fast."""
STALE = 20
"""A table is kept anew when more than this part of it, one in so many rows, has changed since."""


def opened(
    shop: ShopFolder, records: Records, models: Models, configuration: Configuration, version: str = NO_MODEL
) -> Snapshot:
    """A shop with its catalogue as it is now.

    Args:
        shop: its files.
        records: where its catalogue is.
        models: of an artifact.
        configuration: of the shop.
        version: of the artifact; of none, nothing is kept.
    """
    name = shop.path.name
    try:
        if version == NO_MODEL:
            raise ArtifactError("tables without an artifact are not kept")
        kept = stored.load(shop.shelf / version, models.items, _origin(records, name))
        if kept.revision > records.catalog.revision(name):
            raise ArtifactError("the records are older than the table")
    except ArtifactError:
        table = CatalogTable.build(models.items, records.catalog.changes(name, 0))
        return Snapshot(models, table, configuration, version)
    snapshot = groundwork.known(Snapshot(models, kept, configuration, version), shop.shelf / version)
    table = kept.apply(records.catalog.changes(name, kept.revision))
    return snapshot if table is kept else snapshot.with_table(table)


def prepare(shop: ShopFolder, records: Records, models: Models, version: str) -> None:
    """Put an artifact that is about to go into service on the shelf, so that nobody waits for it."""
    if len(models.items) >= WORTH_KEEPING:
        snapshot = opened(shop, records, models, Configuration(), version)
        plain.prepare(snapshot, lambda: True)
        keep(shop, records, snapshot)


def keep(shop: ShopFolder, records: Records, snapshot: Snapshot) -> None:
    """Put a shop on the shelf if that is worth it; what is there of artifacts that are gone is dropped."""
    table, folder = snapshot.table, shop.shelf / snapshot.version
    if len(table) < WORTH_KEEPING:
        return
    changed = table.fresh * STALE > len(table)
    if not changed and (table.fresh or groundwork.are_kept(table, folder)):
        return
    stored.save(table, folder, _origin(records, shop.path.name), beside=partial(groundwork.save, snapshot))
    for other in shop.shelf.iterdir():
        if not other.name.startswith(".") and not _is_here(shop, other.name):
            shutil.rmtree(other, ignore_errors=True)


def _is_here(shop: ShopFolder, version: str) -> bool:
    return (shop.artifacts / version).exists() or (shop.copies / version).exists()


def _origin(records: Records, name: str) -> str:
    """Names the catalogue that revisions count in: a shop made anew begins another one."""
    shop = records.shops.get(name)
    return hashlib.sha256(f"{name} {shop.created_at.isoformat()} {shop.signing_key}".encode()).hexdigest()
