"""Where a shop's customers stand: RFM groups, who moved from which to which, and forecasts held to what came."""

from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from recommender.lifecycle.rfm import GROUPS, UNKNOWN, named, rfm
from recommender.lifecycle.settings import LifecycleConfig
from recommender.models.arrays import ByteArray
from training.buying import Buying, buying
from training.measuring.lifetimes import lifetimes

NEW: Final = "new"
"""Stands for the group of who had not ordered yet."""


def places(
    log: pl.LazyFrame, sold: pl.DataFrame, config: LifecycleConfig, since: datetime, until: datetime
) -> dict[str, Any] | None:
    """Groups at a moment, movement since another, and lifetimes, as JSON values; None where nobody ordered.

    Args:
        log: the event log.
        sold: its orders until then; see :func:`training.orders.vouched`.
        config: how much it takes to foretell anything.
        since: whom groups are compared with: themselves at this moment.
        until: the moment.
    """
    bought = buying(log, {}, until, sold)
    if bought is None:
        return None
    now, spent = grouped(bought, until)
    return {
        "customers": len(bought.people),
        "money": bought.money,
        "currency": bought.currency,
        "groups": _groups(now, spent),
        "movement": {"since": since, "until": until, "moved": movement(grouped(bought, since)[0], now)},
        "lifetimes": lifetimes(bought, config),
    }


def grouped(bought: Buying, moment: datetime) -> tuple[ByteArray, pl.DataFrame]:
    """The code of everybody's group at a moment, `UNKNOWN` without an order by then, and the totals behind it."""
    totals = bought.until(moment)
    codes = np.full(len(bought.people), UNKNOWN, np.uint8)
    columns = (totals[name].to_numpy() for name in ("last", "orders", "spend"))
    codes[totals["row"].to_numpy()] = rfm(*columns).group
    return codes, totals


def movement(before: ByteArray, after: ByteArray) -> dict[str, dict[str, int]]:
    """Customers by their group before (`new`: they had not ordered) and after; every customer once."""
    names = {UNKNOWN: NEW} | {1 + place: group.value for place, group in enumerate(GROUPS)}
    pairs, counts = np.unique(np.stack([before, after]), axis=1, return_counts=True)
    found: dict[str, dict[str, int]] = {}
    for (start, end), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
        if end != UNKNOWN:
            found.setdefault(names[start], {})[names[end]] = count
    return found


def _groups(codes: ByteArray, totals: pl.DataFrame) -> list[dict[str, Any]]:
    """Size and worth of each group, best first; none where there are too few customers for groups."""
    told = totals.with_columns(code=codes[totals["row"].to_numpy()]).filter(pl.col("code") != UNKNOWN)
    parts = told.group_by("code").agg(pl.len().alias("customers"), pl.col("orders", "spend", "historic_clv").sum())
    rows = {named(row.pop("code")): row for row in parts.to_dicts()}
    empty = {"customers": 0, "orders": 0, "spend": 0.0, "historic_clv": 0.0}
    return [{"group": group.value, **rows.get(group, empty)} for group in GROUPS] if rows else []
