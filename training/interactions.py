"""From cleaned rows to the arrays that models are fitted on."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.days import DAY
from recommender.events import schema
from recommender.events.identity import PERSON
from recommender.models.affinity import EVENT_INTEREST
from recommender.models.histories import customer_key, visitor_key
from recommender.models.interactions import EVENT_CODES, Interactions
from recommender.vocabulary import Vocabulary
from training.sessions import SESSION

ORDER = "order"


class Material(Protocol):
    """What one shop's log and catalogue have to teach, wherever the engine that prepared it keeps the rows."""

    @property
    def interactions(self) -> Any:
        """By person, for the steps of that engine."""

    @property
    def profiles(self) -> Any:
        """By lookup key, for the same."""

    @property
    def items(self) -> Vocabulary:
        """The items of the log and of the catalogue."""

    @property
    def documents(self) -> Sequence[Mapping[str, Any]]:
        """The catalogue's word on each item, in vocabulary order; empty for items it does not hold."""

    @property
    def data_start(self) -> datetime | None:
        """The first moment of the log; None when it is empty."""

    @property
    def data_end(self) -> datetime:
        """The last one."""

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many rows cleaning dropped, by reason."""

    @property
    def fingerprint(self) -> str:
        """A digest of everything that is learned from."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many `people`, `interactions`, `purchases`, `orders` and `sessions` there are."""

    @property
    def oldest_days(self) -> float | None:
        """Age of the first interaction at the end of the data; None when there is none."""

    @property
    def comparable(self) -> bool:
        """Whether at least two people chose two items each: less says nothing about taste."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A shop's :class:`Material` in memory."""

    interactions: Interactions
    """By person: browsers and accounts that belong together are one."""
    profiles: Interactions
    """By lookup key, for histories: a customer with what the person did, a visitor with what the browser did."""
    documents: Sequence[Mapping[str, Any]]
    data_start: datetime | None
    data_end: datetime
    left_out: Mapping[str, int]
    fingerprint: str

    @property
    def items(self) -> Vocabulary:
        """The items of the log and of the catalogue."""
        return self.interactions.items

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """See :class:`Material`."""
        rows = self.interactions
        return {
            "people": _distinct(rows.person_rows),
            "interactions": len(rows),
            "purchases": int(rows.purchased.sum()),
            "orders": _distinct(rows.order_rows),
            "sessions": _distinct(rows.session_rows),
        }

    @property
    def oldest_days(self) -> float | None:
        """See :class:`Material`."""
        ages = self.interactions.ages_days
        return float(ages.max()) if len(ages) else None

    @property
    def comparable(self) -> bool:
        """See :class:`Material`."""
        rows, items = self.interactions, len(self.items)
        known = rows.person_rows >= 0
        pairs = np.unique(rows.person_rows[known].astype(np.int64) * items + rows.item_rows[known])
        return bool((np.bincount(pairs // max(items, 1)) > 1).sum() > 1)

    def until(self, moment: datetime) -> "Prepared":
        """What was known at `moment`, with ages counted from it; the catalogue stays today's."""
        return replace(
            self,
            interactions=_until(self.interactions, self.data_end, moment),
            profiles=_until(self.profiles, self.data_end, moment),
            data_end=moment,
        )


def _distinct(rows: NDArray[np.int32]) -> int:
    return len(np.unique(rows[rows >= 0]))


def prepare(
    rows: pl.DataFrame,
    catalogue: Mapping[str, Mapping[str, Any]],
    *,
    bounds: tuple[datetime, datetime] | None,
    now: datetime,
    left_out: Mapping[str, int],
    items: Vocabulary | None = None,
) -> Prepared:
    """Turn rows into arrays.

    Args:
        rows: cleaned, sessionised rows with their person.
        catalogue: item documents by id.
        bounds: first and last moment of the log; None when it is empty.
        now: what an empty log ends at.
        left_out: how many rows cleaning dropped, by reason.
        items: of all rows, where these are only some of them, and of the catalogue.
    """
    end = bounds[1] if bounds else day_of(now)
    items = items or Vocabulary(sorted({*rows[schema.ITEM_ID].unique().to_list(), *catalogue}))
    documents = [catalogue.get(item, {}) for item in items]
    interactions = _arrays(rows, items, end)
    return Prepared(
        interactions=interactions,
        profiles=_profiles(rows, interactions),
        documents=documents,
        data_start=bounds[0] if bounds else None,
        data_end=end,
        left_out=left_out,
        fingerprint=_fingerprint(interactions, documents, end),
    )


def day_of(now: datetime) -> datetime:
    """Where an empty log ends."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _arrays(rows: pl.DataFrame, items: Vocabulary, end: datetime) -> Interactions:
    people = Vocabulary(rows[PERSON].drop_nulls().unique().sort().to_list())
    codes = pl.DataFrame(
        {schema.EVENT: [name.value for name in EVENT_CODES], "code": [*EVENT_CODES.values()]},
        schema_overrides={"code": pl.UInt8},
    )
    event = rows.select(schema.EVENT).join(codes, on=schema.EVENT, how="left", maintain_order="left")["code"].to_numpy()
    seconds = rows[schema.TIMESTAMP].dt.epoch("us").to_numpy() // 1_000_000
    orders = rows.with_columns(pl.when(pl.col(schema.EVENT) == "purchase").then(pl.col(schema.ORDER_ID)).alias(ORDER))
    return Interactions(
        items=items,
        people=people,
        item_rows=_rows(rows[schema.ITEM_ID], items.ids),
        person_rows=_rows(rows[PERSON], people.ids),
        session_rows=rows[SESSION].to_numpy().astype(np.int32),
        order_rows=_rows(orders[ORDER], orders[ORDER].drop_nulls().unique().sort().to_list()),
        events=event.astype(np.uint8),
        timestamps=seconds.astype(np.int64),
        ages_days=((end.timestamp() - seconds) / DAY).astype(np.float32).clip(min=0),
        weights=EVENT_INTEREST[event],
        quantities=rows[schema.QUANTITY].fill_null(1.0).to_numpy().astype(np.float32),
        prices=rows[schema.PRICE].fill_null(float("nan")).to_numpy().astype(np.float32),
    )


def _profiles(rows: pl.DataFrame, interactions: Interactions) -> Interactions:
    """The same interactions by what they are looked up by: first those of accounts, then those of browsers."""
    visitor = pl.lit(visitor_key("")) + pl.col(schema.VISITOR_ID)
    customers = rows.select(pl.col(PERSON).str.starts_with(customer_key("")).fill_null(value=False).arg_true())
    visitors = rows.select(pl.col(schema.VISITOR_ID).is_not_null().arg_true())
    keys = pl.concat([rows[customers.to_series()][PERSON], rows[visitors.to_series()].select(visitor).to_series()])
    people = Vocabulary(keys.drop_nulls().unique().sort().to_list())
    places = np.concatenate([customers.to_series().to_numpy(), visitors.to_series().to_numpy()])
    return replace(interactions.at(places), people=people, person_rows=_rows(keys, people.ids))


def _rows(values: pl.Series, ids: Sequence[str]) -> NDArray[np.int32]:
    """The place of each value among `ids`; -1 where it is null."""
    places = pl.DataFrame({"id": ids, "row": range(len(ids))}, schema={"id": pl.String, "row": pl.Int32})
    found = values.alias("id").to_frame().join(places, on="id", how="left", maintain_order="left")
    return found["row"].fill_null(-1).to_numpy().astype(np.int32)


def _until(interactions: Interactions, end: datetime, moment: datetime) -> Interactions:
    earlier = interactions.where(interactions.timestamps < int(moment.timestamp()))
    younger = np.float32((end - moment) / timedelta(days=1))
    return replace(earlier, ages_days=(earlier.ages_days - younger).clip(min=0))


def _fingerprint(interactions: Interactions, documents: Sequence[Mapping[str, Any]], end: datetime) -> str:
    """A digest of everything that is learned from, however the log's files are cut."""
    digest = hashlib.sha256(end.isoformat().encode())
    for ids in (interactions.items, interactions.people):
        digest.update(json.dumps([*ids]).encode())
    digest.update(json.dumps([*documents], sort_keys=True).encode())
    for column in ("item_rows", "person_rows", "session_rows", "order_rows", "events", "timestamps", "quantities"):
        digest.update(np.ascontiguousarray(getattr(interactions, column)).tobytes())
    return digest.hexdigest()
