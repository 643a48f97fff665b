"""Money of several currencies is never added up: what is measured is measured in one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import polars as pl

from recommender.errors import InputError
from recommender.events import schema
from recommender.events.names import EventName
from recommender.money import is_currency

CODE: Final = pl.col(schema.CURRENCY).str.to_uppercase()


class InOne(NamedTuple):
    """Orders of one currency."""

    orders: pl.DataFrame
    left_out: Mapping[str, int]
    """How many orders are in which others."""


@dataclass(frozen=True)
class Currencies:
    """Which money a shop takes, and which is measured in."""

    reported: str | None
    """None: no order names any."""
    usual: str | None
    """That of most orders; what names none is taken to be in it."""

    @classmethod
    def of(cls, log: pl.LazyFrame, asked: str | None = None) -> Self:
        """Of a shop.

        Args:
            log: the event log.
            asked: which to measure in; left out: the usual one.

        Raises:
            InputError: there is no such.
        """
        if asked is not None and not is_currency(asked.upper()):
            raise InputError("--currency", asked, "use a code of ISO 4217, such as EUR")
        usual = _usual(log)
        return cls(asked.upper() if asked else usual, usual)

    def in_one(self, orders: pl.DataFrame) -> InOne:
        """The orders that are in the reported one; `orders` as of :func:`.orders.orders`."""
        known = orders.with_columns(CODE.fill_null(self.usual or "").alias(schema.CURRENCY))
        other = pl.col(schema.CURRENCY) != (self.reported or "")
        counts = known.filter(other).group_by(schema.CURRENCY).len().sort(schema.CURRENCY)
        return InOne(known.filter(~other), {str(code): int(count) for code, count in counts.iter_rows()})

    def costs(self, documents: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, float]:
        """What one piece of each item costs, where that is told in the reported one.

        Args:
            documents: of the catalogue, by id.
        """
        return {
            id_: float(item["cost"])
            for id_, item in documents
            if "cost" in item and (self.reported is None or item.get("currency", self.usual) == self.reported)
        }


def usual(orders: pl.DataFrame) -> str | None:
    """The currency of most of the orders; of two that are as frequent, the first by name."""
    return _most(orders.select(CODE).drop_nulls().group_by(schema.CURRENCY).agg(pl.len().alias("orders")))


def _usual(log: pl.LazyFrame) -> str | None:
    """The currency of most orders that somebody vouched for; of two that are as frequent, the first by name."""
    sold = (pl.col(schema.EVENT) == EventName.PURCHASE.value) & pl.col(schema.VERIFIED)
    order = pl.coalesce(schema.ORDER_ID, schema.EVENT_ID)
    named = log.filter(sold & pl.col(schema.CURRENCY).is_not_null())
    return _most(named.group_by(CODE.alias(schema.CURRENCY)).agg(order.n_unique().alias("orders")).collect())


def _most(counted: pl.DataFrame) -> str | None:
    first = counted.sort("orders", schema.CURRENCY, descending=[True, False]).head(1)
    return str(first[schema.CURRENCY][0]) if len(first) else None
