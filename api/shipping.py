"""Bringing a shop's log to the store, if there is one and it can be reached: what fails is done with the next look."""

import structlog

from recommender.errors import VitrineError
from recommender.workspace import ShopFolder

log = structlog.get_logger(__name__)


def ship_log(folder: ShopFolder) -> None:
    """Bring the store up to the log of this home; why that is impossible now is logged."""
    if folder.store is None:
        return
    from recommender.events.shipping import ship  # an extra brings what it needs

    try:
        changed = ship(folder)
    except VitrineError as error:
        log.warning("the log cannot be shipped", shop=folder.path.name, reason=str(error))
    else:
        if any(changed):
            log.info("the log was shipped", shop=folder.path.name, added=changed.added, removed=changed.removed)
