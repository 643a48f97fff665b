"""Whose events go that are found after they were erased: other hosts have some that they had not shipped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recommender.events import schema
from recommender.events.names import DecisionName
from recommender.events.rows import Received
from recommender.events.values import since_epoch
from recommender.forgotten import Forgotten

_KINDS: Final = {schema.VISITOR_ID: "visitor", schema.CUSTOMER_ID: "customer"}
_PAGE: Final = DecisionName.PAGE_ANSWERED


@dataclass(frozen=True)
class Erased:
    """Persons of whom only digests are known, and when they were erased; what is received later is theirs again."""

    COLUMNS: ClassVar = (schema.EVENT, schema.RECEIVED_AT, *_KINDS)
    """Of the log, by which is told what goes."""

    secret: str = ""
    events: Mapping[str, datetime] = field(default_factory=dict)
    """By digest: all of their events go."""
    pages: Mapping[str, datetime] = field(default_factory=dict)
    """By digest: their logged pages go, which hold what they did in common with somebody who was erased."""

    def __bool__(self) -> bool:
        return bool(self.events)

    def has(self, received: Received) -> bool:
        """Whether an event goes."""
        event = received.event
        digests = [self._digest("visitor", event.visitor_id), self._digest("customer", event.customer_id)]
        which = (self.events, self.pages) if event.name is _PAGE else (self.events,)
        return any(received.received_at <= one[digest] for one in which for digest in digests if digest in one)

    def among(self, rows: pa.Table) -> pa.ChunkedArray:
        """Which rows of the log go, of a table of `COLUMNS`: about a second for a million different ids."""
        received = rows[schema.RECEIVED_AT].cast(pa.int64()).to_numpy()
        is_page = pc.equal(rows[schema.EVENT], _PAGE.value).to_numpy()
        gone = np.zeros(rows.num_rows, np.bool_)
        for column, kind in _KINDS.items():
            ids = rows[column].combine_chunks().dictionary_encode(null_encoding="encode")
            codes, digests = ids.indices.to_numpy(), [self._digest(kind, id_) for id_ in ids.dictionary.to_pylist()]
            gone |= received <= _ends(self.events, digests)[codes]
            gone |= is_page & (received <= _ends(self.pages, digests)[codes])
        return pa.chunked_array([gone])

    def _digest(self, kind: str, id_: str | None) -> str:
        return "" if id_ is None else Forgotten(self.secret).digest(f"{kind}:{id_}")


def _ends(moments: Mapping[str, datetime], digests: list[str]) -> NDArray[np.int64]:
    """Until when each one's rows go, in microseconds."""
    never = np.iinfo(np.int64).min
    return np.array([since_epoch(moments[one]) if one in moments else never for one in digests], np.int64)


NOBODY: Final = Erased()
