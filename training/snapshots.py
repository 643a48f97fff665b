"""Snapshots as the service answers from: an artifact, today's catalogue and configuration."""

from recommender.artifact import artifacts
from recommender.configuration import Configuration
from recommender.engine import shelf
from recommender.engine.snapshot import NO_MODEL, Snapshot
from recommender.models.models import Models
from recommender.records import Records
from recommender.workspace import ShopFolder


def fitted(folder: ShopFolder, records: Records, version: str | None) -> Models:
    """The models of an artifact without those who were erased since; nothing fitted for None.

    Raises:
        ArtifactError: no such artifact, or it is damaged.
    """
    models = Models.empty() if version is None else artifacts(folder).open(version, whole=False).models
    return models.without(records.erasures.pending(folder.path.name))


def served(folder: ShopFolder, records: Records, version: str | None = None) -> Snapshot:
    """What visitors of a shop are answered from.

    Args:
        folder: the shop's files.
        records: where its catalogue and configuration are kept.
        version: the artifact; None is the one in service, and nothing fitted where there is none; so is `NO_MODEL`.

    Raises:
        NotFoundError: no such shop.
        ArtifactError: no such artifact, or it is damaged.
    """
    shop = folder.path.name
    records.shops.get(shop)
    version = version or artifacts(folder).current()
    version = None if version == NO_MODEL else version
    models = fitted(folder, records, version)
    _, document = records.configurations.get(shop)
    return shelf.opened(folder, records, models, Configuration.parse(document), version or NO_MODEL)
