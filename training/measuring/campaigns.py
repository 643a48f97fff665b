"""What became of each campaign's triggers: shown, or why not."""

from typing import Any

import polars as pl

from recommender.events import schema
from recommender.events.names import DecisionName, EventName

OFFERED = DecisionName.PROMOTION_OFFERED.value
NOT_OFFERED = DecisionName.PROMOTION_NOT_OFFERED.value
DISMISSED = DecisionName.PROMOTION_DISMISSED.value
SEEN, TAKEN = EventName.VIEW_PROMOTION.value, EventName.SELECT_PROMOTION.value
NAMES = {OFFERED: "shown", SEEN: "seen", TAKEN: "taken", DISMISSED: "dismissed"}


def campaigns(log: pl.LazyFrame) -> list[dict[str, Any]]:
    """One object a campaign: how often it was asked for, shown, seen, taken and dismissed, and refused by reason."""
    extra = pl.col(schema.EXTRA).str
    counted = (
        log.filter(pl.col(schema.EVENT).is_in([*NAMES, NOT_OFFERED]))
        .select(
            schema.EVENT,
            extra.json_path_match("$.promotion_id").alias("campaign"),
            extra.json_path_match("$.reason").alias("reason"),
        )
        .filter(pl.col("campaign").is_not_null())
        .group_by("campaign", schema.EVENT, "reason")
        .len()
        .collect()
    )
    found: dict[str, dict[str, Any]] = {}
    for campaign, event, reason, count in counted.sort("campaign", schema.EVENT, "reason").iter_rows():
        one = found.setdefault(campaign, {"campaign": campaign, **dict.fromkeys(NAMES.values(), 0), "refused": {}})
        if event == NOT_OFFERED:
            one["refused"][reason] = count
        else:
            one[NAMES[event]] += count
    return [{**one, "triggered": one["shown"] + sum(one["refused"].values())} for one in found.values()]
