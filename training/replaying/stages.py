"""What pages are answered from again: any model and any configuration of a shop, over its catalogue as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from recommender.configuration import Configuration
from recommender.engine.snapshot import Snapshot
from recommender.errors import ArtifactError, ConfigurationError, NotFoundError
from recommender.records import Records
from recommender.replay.answer import Answer
from recommender.replay.asked import Asked
from recommender.workspace import ShopFolder
from training.snapshots import served


class Why(StrEnum):
    """Why a page is not answered byte by byte as it was."""

    MODEL = "its model is gone"
    CONFIGURATION = "its configuration is gone"
    ITEM_GONE = "an item that was shown is deleted or sold out now"
    ITEM_CHANGED = "the catalogue says something else of an item that was shown"
    CATALOGUE = "the catalogue changed otherwise"
    UNEXPLAINED = "of a fault: nothing that it was made from has changed"


@dataclass
class Stages:
    """Opens one model and one configuration after the other; pages come in their order."""

    folder: ShopFolder
    records: Records
    since: int
    """Revision of the catalogue that the oldest page saw."""
    _open: tuple[str, Snapshot | Why] | None = None
    _configured: tuple[tuple[str, int], Snapshot | Why] | None = None

    def stage(self, asked: Asked) -> Snapshot | Why:
        """What a page was answered from, over the present catalogue; or why that is not there any more."""
        wanted = asked.model, asked.configuration
        if self._configured is None or self._configured[0] != wanted:
            self._configured = wanted, self._with_configuration(self.model(asked.model), asked.configuration)
        return self._configured[1]

    def model(self, version: str) -> Snapshot | Why:
        """A model over the present catalogue and configuration."""
        if self._open is None or self._open[0] != version:
            try:
                self._open = version, served(self.folder, self.records, version)
            except ArtifactError:
                self._open = version, Why.MODEL
        return self._open[1]

    def _with_configuration(self, model: Snapshot | Why, version: int) -> Snapshot | Why:
        if isinstance(model, Why):
            return model
        try:
            document = self.records.configurations.at(self.folder.path.name, version)
            return replace(model, configuration=Configuration.parse(document))
        except (NotFoundError, ConfigurationError):
            return Why.CONFIGURATION

    @cached_property
    def changed(self) -> Mapping[str, int]:
        """Items that the catalogue told of since the oldest page, with the revision of the last time."""
        return {one.item_id: one.revision for one in self.records.catalog.changes(self.folder.path.name, self.since)}

    def why(self, asked: Asked, then: Answer, snapshot: Snapshot) -> Why:
        """What keeps a page from being answered as it was, where the model and the configuration are there."""
        table = snapshot.table
        if asked.catalog == table.revision:
            return Why.UNEXPLAINED
        shown = [id_ for one in then.shown for id_ in one.items]
        rows = table.rows(shown)
        if len(rows) < len(shown) or not table.available[rows].all():
            return Why.ITEM_GONE
        if any(self.changed.get(id_, 0) > asked.catalog for id_ in shown):
            return Why.ITEM_CHANGED
        return Why.CATALOGUE
