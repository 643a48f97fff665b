"""Small logs, written by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import polars as pl
import pyarrow as pa

from recommender.events import schema
from recommender.tokens import Attribution, sign

START = datetime(2025, 3, 3, tzinfo=UTC)


def table(*events: dict[str, Any]) -> pa.Table:
    """One row an event; `at` is in days after the start, `extra` a document, and what is left out is unimportant."""
    rows = []
    for place, event in enumerate(events):
        given = dict(event)
        moment = START + timedelta(days=given.pop("at", place))
        if "extra" in given:
            given["extra"] = orjson.dumps(given["extra"]).decode()
        named = {"event_id": f"e{place}", "item_index": 0, "event": "purchase", "timestamp": moment}
        where = {"received_at": moment, "verified": True, "writer": "w", "sequence": place}
        rows.append({**named, **where, **given})
    return pa.Table.from_pylist(rows, schema=schema.SCHEMA)


def log(*events: dict[str, Any]) -> pl.LazyFrame:
    """The events as the log gives them back."""
    return pl.from_arrow(table(*events)).lazy()  # type: ignore[union-attr]


def decided(visitor: str, variant: str, *, at: float = 0, share: float = 0.5, **more: Any) -> dict[str, Any]:
    """A page's showcases, decided for a visitor; `share` is the holdout's."""
    name = "showcases_not_offered" if variant == "holdout" else "showcases_offered"
    propensity = share if variant == "holdout" else 1 - share
    extra = {"experiment": "showcases", "variant": variant, "propensity": propensity}
    return {"event": name, "visitor_id": visitor, "at": at, "extra": extra, **more}


def tried(visitor: str, *drawn: list[Any], controls: dict[str, str], at: float = 0) -> dict[str, Any]:
    """A page's showcases for a visitor who is in configured experiments: id, variant and propensity of each."""
    one = decided(visitor, "shown", at=at)
    one["extra"] |= {"experiments": [*drawn], "controls": controls}
    return one


def triggered(
    visitor: str | None,
    *,
    at: float = 0,
    reason: str | None = None,
    campaign: str = "hello",
    variant: str | None = None,
) -> dict[str, Any]:
    """A popup that was asked for, and shown unless there is a reason."""
    name = "promotion_offered" if reason is None else "promotion_not_offered"
    told = variant or ("holdout" if reason == "holdout" else "shown")
    extra = {"promotion_id": campaign, "experiment": f"campaign:{campaign}", "variant": told, "propensity": 0.5}
    return {"event": name, "visitor_id": visitor, "at": at, "extra": extra | ({"reason": reason} if reason else {})}


def token(placement: str | None, key: str = "key") -> str:
    """As the service signs them."""
    return sign(Attribution("shop", placement, "similar", "1"), key)
