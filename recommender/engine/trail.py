"""A visitor's events as arrays, from the artifact, from since then, and from this session."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.table import CatalogTable
from recommender.days import DAY
from recommender.engine.request import Interaction, Visitor
from recommender.events.names import EventName
from recommender.models.histories import HistoryModel, Purchases
from recommender.models.interactions import EVENT_CODES, PURCHASE
from recommender.models.models import Models
from recommender.vocabulary import Rows

CODES = {str(name): code for name, code in EVENT_CODES.items()}
OTHER = 255
"""Code of events that make an item seen but show no interest in it."""


@dataclass(frozen=True, eq=False)
class Trail:
    """One entry an event, oldest first."""

    rows: Rows
    codes: NDArray[np.uint8]
    ages: NDArray[np.float64]
    """Days: until the end of the data for events of the artifact, which may have ended long ago; else until now."""
    untrained: NDArray[np.bool_]
    """Which purchases the artifact has not counted."""
    purchases: Purchases | None = None
    """What the artifact counted; of a long history it holds more items than the latest events."""
    purchase_ages: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Days from the last purchase of each of those until the end of the data."""

    @property
    def counted(self) -> Rows:
        """Rows of what the artifact counted."""
        return np.empty(0, np.int32) if self.purchases is None else np.asarray(self.purchases.item_rows, np.int32)

    @classmethod
    def of(cls, visitor: Visitor, models: Models, table: CatalogTable, now: datetime) -> Self:
        """Gather the events of `visitor`; none without consent."""
        if not visitor.personal:
            return cls._live((), table, now)
        cart = tuple(Interaction(item.item_id, EventName.ADD_TO_CART) for item in visitor.cart)
        live = cls._live((*visitor.history, *cart, *visitor.session), table, now)
        person = models.person(visitor.visitor_id, visitor.customer_id)
        return (
            live
            if models.histories is None or person is None
            else live._behind(models.histories, person, models.data_end, now)
        )

    @property
    def bought(self) -> NDArray[np.bool_]:
        """Which events are purchases."""
        return np.equal(self.codes, PURCHASE)

    @classmethod
    def _live(cls, interactions: tuple[Interaction, ...], table: CatalogTable, now: datetime) -> Self:
        moment = now.timestamp()
        known = [(row, event) for event in interactions if (row := table.row(event.item_id)) is not None]
        return cls(
            rows=np.array([row for row, _ in known], np.int32),
            codes=np.array([CODES.get(event.event, OTHER) for _, event in known], np.uint8),
            ages=np.array([_age(event.timestamp, moment) for _, event in known], np.float64),
            untrained=np.ones(len(known), np.bool_),
        )

    def _behind(self, histories: HistoryModel, person: int, data_end: datetime, now: datetime) -> Self:
        """This trail behind what the artifact knows of the same person."""
        past, end = histories.history(person), data_end.timestamp()
        purchases = histories.purchases(person)
        ages = np.maximum(end - np.asarray(past.timestamps, np.float64), 0.0) / DAY
        later = self.ages < (now.timestamp() - end) / DAY
        return type(self)(
            rows=np.concatenate([np.asarray(past.item_rows, np.int32), self.rows]),
            codes=np.concatenate([np.asarray(past.events, np.uint8), self.codes]),
            ages=np.concatenate([ages, self.ages]),
            untrained=np.concatenate([np.zeros(len(ages), np.bool_), later]),
            purchases=purchases,
            purchase_ages=np.maximum(end - np.asarray(purchases.last, np.float64), 0.0) / DAY,
        )


def latest_first(rows: Rows) -> Rows:
    """Each row once, in the order of its last occurrence from the end."""
    distinct, first = np.unique(rows[::-1], return_index=True)
    return distinct[np.argsort(first)].astype(np.int32)


def _age(timestamp: float | None, moment: float) -> float:
    return 0.0 if timestamp is None else max(moment - timestamp, 0.0) / DAY
