"""Writing a shop's artifacts anew without those who were erased."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from recommender.artifact import ArtifactStore, artifacts
from recommender.errors import ArtifactError, NewerFormatError
from recommender.events.locking import held
from recommender.forgotten import Forgotten
from recommender.models.models import OF_PEOPLE
from recommender.records import Records
from recommender.workspace import ShopFolder

DUE: Final = timedelta(hours=12)
"""How long erasures are gathered, so that models are replaced twice a day at most: half of the 24 hours promised."""


@dataclass(frozen=True)
class Rewritten:
    """What came of it."""

    persons: int = 0
    """Browsers and accounts that had waited."""
    models: dict[str, str | None] = field(default_factory=dict)
    """Versions that held one of them, and what stands in their place; None: nothing, for it could not be read."""


def due(records: Records, shop: str, now: datetime) -> bool:
    """Whether somebody has waited long enough for the artifacts to be written anew."""
    return any(erased_at <= now - DUE for erased_at in records.erasures.waiting(shop).values())


def rewrite(folder: ShopFolder, records: Records, now: datetime) -> Rewritten:
    """Write every artifact anew that holds somebody who was erased, older ones too; then nobody waits any more.

    Each is replaced by one that is as old and keeps its place in the history. One that cannot be read is nobody's to
    serve and is deleted, unless it is the published one. One of a newer Vitrine is left to that one's processes.

    Raises:
        NewerFormatError: one is of a newer Vitrine; the others were written, and those who wait go on waiting.
        ArtifactError: the published one cannot be read; those who wait go on waiting.
    """
    shop, store = folder.path.name, artifacts(folder, least_recall=0)
    with held(folder.artifacts_lock):
        waiting = records.erasures.pending(shop)
        if not waiting:
            return Rewritten()
        found: dict[str, str | None] = {}
        newer: list[NewerFormatError] = []
        for version in store.versions():
            try:
                found[version] = _without(store, version, waiting)
            except NewerFormatError as error:
                newer.append(error)
        if newer:
            raise newer[0]
        records.erasures.rewritten(shop, waiting, now)
    return Rewritten(len(waiting.digests), {old: new for old, new in found.items() if new != old})


def _without(store: ArtifactStore, version: str, waiting: Forgotten) -> str | None:
    try:
        models = store.open(version).models
    except NewerFormatError:
        raise
    except ArtifactError:
        if not store.drop(version):
            raise
        return None
    rest = models.without(waiting)
    changed = [name for name in OF_PEOPLE if getattr(rest, name) is not getattr(models, name)]
    return store.rewrite(version, rest, changed) if changed else version
