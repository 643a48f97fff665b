"""Noting who entered and left which segment when a model goes into service."""

from recommender.artifact import Artifact
from recommender.configuration import Configuration
from recommender.errors import ArtifactError, ConfigurationError
from recommender.records import Records
from recommender.retention.moves import Moves, moved
from recommender.retention.segments import SEGMENTS, Registry
from recommender.workspace import ShopFolder
from training.snapshots import fitted


def note_moves(folder: ShopFolder, records: Records, before: str | None, artifact: Artifact) -> None:
    """Keep who moved since the model that was in service before; nothing is known where there was none.

    Who was erased on another host goes from the moves that are kept here.

    Args:
        folder: the shop's files.
        records: where its configuration is kept.
        before: version of the older model.
        artifact: the newer one.
    """
    moves = Moves(folder.segments)
    moves.forget(records.erasures.of_events(folder.path.name))
    if before is None or before == artifact.version:
        return
    try:
        older = fitted(folder, records, before)
    except ArtifactError:
        return  # damaged, or of an older format
    newer = artifact.models.without(records.erasures.pending(folder.path.name))
    table = moved(older, newer, known_segments(records, folder.path.name), artifact.version)
    moves.add(table, artifact.version)


def known_segments(records: Records, shop: str) -> Registry:
    """A shop's segments; where its configuration cannot be read, those that every shop has."""
    try:
        return Configuration.parse(records.configurations.get(shop)[1]).segmentation
    except ConfigurationError:
        return SEGMENTS
