"""Whether the shop's events still arrive as they did: tracking breaks in silence, and figures go on looking fine."""

from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from recommender.events import schema
from recommender.events.names import DECISIONS, ITEM_REQUIRED, EventName

WEEKS: Final = 4
"""An hour is compared with the same hour of the week in so many weeks before."""
FEWEST: Final = 30
"""Events that an hour must usually have before its silence means anything."""
DROP: Final = 0.3
"""A part of the usual below which an hour is quiet."""
QUIET_HOURS: Final = 3
"""So many quiet hours in a row are an alarm."""
MOST_MISSING: Final = 0.05
MOST_SKEWED: Final = 0.02
SKEW = timedelta(minutes=10)
MOST_UNCLAIMED: Final = 0.4
PURCHASE = EventName.PURCHASE.value


def health(log: pl.LazyFrame, now: datetime) -> dict[str, Any]:
    """Figures of the last seven days, and alarms in plain words.

    Only live events can fall silent or come with a wrong clock: what is imported comes when somebody imports it.

    Args:
        log: the event log.
        now: the moment up to which events should have arrived.
    """
    live = ~pl.col(schema.WRITER).str.starts_with(schema.IMPORTED)
    sent = log.filter(~pl.col(schema.EVENT).is_in([*DECISIONS]))
    recent = sent.filter((pl.col(schema.TIMESTAMP) > now - timedelta(days=7)) & (pl.col(schema.TIMESTAMP) <= now))
    named = pl.col(schema.EVENT).is_in([*ITEM_REQUIRED])
    row = recent.select(
        pl.len().alias("rows"),
        (pl.col(schema.VISITOR_ID).is_null() & pl.col(schema.CUSTOMER_ID).is_null()).mean().alias("without_ids"),
        (named & pl.col(schema.ITEM_ID).is_null()).sum().alias("nameless"),
        named.sum().alias("named"),
        (live & ((pl.col(schema.RECEIVED_AT) - pl.col(schema.TIMESTAMP)).abs() > SKEW)).mean().alias("late_or_early"),
    ).collect().row(0, named=True)  # fmt: skip
    shares = {
        "without_ids": row["without_ids"] or 0.0,
        "without_item": (row["nameless"] / row["named"]) if row["named"] else 0.0,
        "late_or_early": row["late_or_early"] or 0.0,
        "orders_no_browser_claimed": _unclaimed(recent.filter(live)),
    }
    hours = volume(sent.filter(live), now)
    return {"events": row["rows"], "shares": shares, "hours": hours.to_dicts(), "alarms": [*_alarms(shares, hours)]}


def volume(sent: pl.LazyFrame, now: datetime) -> pl.DataFrame:
    """The last 24 whole hours: `hour`, `events`, and what is `usual`: the median of that hour of the week before."""
    end = now.replace(minute=0, second=0, microsecond=0)
    begin = end - timedelta(weeks=WEEKS, days=1)
    hour = pl.col(schema.TIMESTAMP).dt.truncate("1h").alias("hour")
    counted = (
        sent.filter((pl.col(schema.TIMESTAMP) >= begin) & (pl.col(schema.TIMESTAMP) < end))
        .select(hour)
        .group_by("hour")
        .len("events")
        .collect()
    )
    counts = dict(counted.iter_rows())
    rows = []
    for back in range(24, 0, -1):
        moment = end - timedelta(hours=back)
        before = sorted(counts.get(moment - timedelta(weeks=week), 0) for week in range(1, WEEKS + 1))
        usual = (before[WEEKS // 2 - 1] + before[WEEKS // 2]) / 2
        rows.append({"hour": moment, "events": counts.get(moment, 0), "usual": usual})
    return pl.DataFrame(rows)


def _unclaimed(recent: pl.LazyFrame) -> float:
    """Share of orders that no browser told of: ad blockers, and shops without the tag on their thank-you page."""
    orders = (
        recent.filter((pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.ORDER_ID).is_not_null())
        .group_by(schema.ORDER_ID)
        .agg(pl.col(schema.VERIFIED).any().alias("sold"), (~pl.col(schema.VERIFIED)).any().alias("claimed"))
        .filter("sold")
        .select((~pl.col("claimed")).mean().alias("share"))
        .collect()
    )
    found = orders["share"][0]
    return 0.0 if found is None else float(found)


def _alarms(shares: dict[str, float], hours: pl.DataFrame) -> list[str]:
    alarms = []
    quiet = (hours["usual"] >= FEWEST) & (hours["events"] < DROP * hours["usual"])
    silent = next((count for count, still in enumerate(reversed([*quiet])) if not still), len(quiet))
    if silent >= QUIET_HOURS:
        got, usual = hours["events"].tail(silent).sum(), hours["usual"].tail(silent).sum()
        alarms.append(
            f"For {silent} hours only {got} events came where {usual:.0f} are usual: is the script still on the pages?"
        )
    told = {
        "without_ids": (MOST_MISSING, "come without any id: is consent asked for, and passed on?"),
        "without_item": (MOST_MISSING, "that need an item have none: does the tag still fill items[]?"),
        "late_or_early": (
            MOST_SKEWED,
            "are dated more than ten minutes away from when they came: whose clock is wrong?",
        ),
    }
    for name, (most, words) in told.items():
        if shares[name] > most:
            alarms.append(f"{shares[name]:.0%} of last week's events {words}")
    if shares["orders_no_browser_claimed"] > MOST_UNCLAIMED:
        alarms.append(
            f"{shares['orders_no_browser_claimed']:.0%} of last week's orders were told by the shop's server only: is"
            " the purchase event still on the thank-you page?"
        )
    return alarms
