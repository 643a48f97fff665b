"""Whose events go that are found after they were erased: other hosts have some that they had not shipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from recommender.events.names import DecisionName
from recommender.events.rows import Received
from recommender.forgotten import Forgotten


@dataclass(frozen=True)
class Erased:
    """Persons of whom only digests are known, and when they were erased; what is received later is theirs again."""

    secret: str = ""
    events: Mapping[str, datetime] = field(default_factory=dict)
    """By digest: all of their events go."""
    pages: Mapping[str, datetime] = field(default_factory=dict)
    """By digest: their logged pages go, which hold what they did in common with somebody who was erased."""

    def __bool__(self) -> bool:
        return bool(self.events)

    def has(self, received: Received) -> bool:
        """Whether an event goes."""
        event, nobody = received.event, Forgotten(self.secret)
        ids = (("visitor", event.visitor_id), ("customer", event.customer_id))
        digests = [nobody.digest(f"{kind}:{id_}") for kind, id_ in ids if id_ is not None]
        which = (self.events, self.pages) if event.name is DecisionName.PAGE_ANSWERED else (self.events,)
        return any(received.received_at <= one[digest] for one in which for digest in digests if digest in one)


NOBODY: Final = Erased()
