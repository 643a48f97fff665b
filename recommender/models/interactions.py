"""Interactions: cleaned rows of the log as aligned arrays, what every model is fitted on."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.events.names import EventName
from recommender.models.arrays import ByteArray, FloatArray, IntArray, LongArray
from recommender.vocabulary import Vocabulary

EVENT_CODES: dict[EventName, int] = {
    EventName.SELECT_ITEM: 0,
    EventName.VIEW_ITEM: 1,
    EventName.ADD_TO_WISHLIST: 2,
    EventName.ADD_TO_CART: 3,
    EventName.PURCHASE: 4,
}
"""What stands for an event in arrays; a higher code shows more interest. Codes are part of the artifact's format."""

EVENT_NAMES: dict[int, EventName] = {code: name for name, code in EVENT_CODES.items()}
PURCHASE = EVENT_CODES[EventName.PURCHASE]


@dataclass(frozen=True, eq=False)
class Interactions:
    """One entry a row: who showed interest in which item, how and when; sorted by time."""

    items: Vocabulary
    people: Vocabulary
    item_rows: IntArray
    person_rows: IntArray
    """-1: nobody is known (events without consent)."""
    session_rows: IntArray
    order_rows: IntArray
    """-1: not part of an order."""
    events: ByteArray
    """See EVENT_CODES."""
    timestamps: LongArray
    """Unix seconds."""
    ages_days: FloatArray
    """Age at the end of the data."""
    weights: FloatArray
    """How much interest the event shows, without decay."""
    quantities: FloatArray
    prices: FloatArray
    """Price of one unit; nan: unknown."""

    def __len__(self) -> int:
        return len(self.item_rows)

    @property
    def purchased(self) -> NDArray[np.bool_]:
        """Which rows are purchases."""
        return np.equal(self.events, PURCHASE)

    def decayed(self, half_life_days: float) -> FloatArray:
        """Weights that halve with every `half_life_days` of age."""
        return np.multiply(self.weights, decay(self.ages_days, half_life_days), dtype=np.float32)

    def where(self, mask: NDArray[np.bool_]) -> Self:
        """Only the rows that `mask` marks; vocabularies stay."""
        return self.at(mask)

    def at(self, places: NDArray[Any]) -> Self:
        """Only the rows at these places; vocabularies stay."""
        return type(self)(
            items=self.items,
            people=self.people,
            item_rows=self.item_rows[places],
            person_rows=self.person_rows[places],
            session_rows=self.session_rows[places],
            order_rows=self.order_rows[places],
            events=self.events[places],
            timestamps=self.timestamps[places],
            ages_days=self.ages_days[places],
            weights=self.weights[places],
            quantities=self.quantities[places],
            prices=self.prices[places],
        )


def decay(ages_days: FloatArray, half_life_days: float) -> FloatArray:
    """What remains of 1 after each age when half is lost every `half_life_days`."""
    return np.exp2(np.divide(ages_days, -half_life_days), dtype=np.float32)
