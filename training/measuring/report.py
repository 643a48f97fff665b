"""Everything that the log tells about what Vitrine earned, in one document."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from recommender.artifact import ArtifactStore, read_manifest
from recommender.errors import ArtifactError
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.records import Records
from recommender.workspace import ShopFolder
from training.measuring.attribution import attributed
from training.measuring.campaigns import campaigns
from training.measuring.effects import measured
from training.measuring.health import health
from training.measuring.orders import AT, PROFIT, REVENUE, UNKNOWN, orders


def report(
    folder: ShopFolder, records: Records, *, days: int, planned_days: int, now: datetime | None = None
) -> dict[str, Any]:
    """What happened in a shop lately, and what of it showcases and popups caused, as JSON values.

    Args:
        folder: the shop's files.
        records: its catalogue.
        days: how far back to look.
        planned_days: for how long experiments are meant to run.
        now: the moment up to which events should have arrived; left out: that of the last one.
    """
    log = EventLog(folder)
    bounds = log.bounds()
    if bounds is None:
        return {"shop": folder.path.name, "events": 0}
    until = now or bounds[1]
    since = until - timedelta(days=days)
    costs = {id_: float(item["cost"]) for id_, item in records.catalog.documents(folder.path.name) if "cost" in item}
    with log.reading():
        rows = log.scan()
        lately = rows.filter((pl.col(schema.TIMESTAMP) > since) & (pl.col(schema.TIMESTAMP) <= until))
        bought = orders(lately, costs)
        return {
            "shop": folder.path.name,
            "since": since,
            "until": until,
            "overview": _overview(lately, bought),
            "experiments": [one.document() for one in measured(rows, costs, since=since, planned_days=planned_days)],
            "campaigns": campaigns(lately),
            "attributed": attributed(lately, bought).to_dicts(),
            "models": _models(folder),
            "health": health(rows, until),
        }


def _overview(lately: pl.LazyFrame, bought: pl.DataFrame) -> dict[str, Any]:
    visitors = lately.select(pl.col(schema.VISITOR_ID).n_unique()).collect().item()
    days = bought.group_by(pl.col(AT).dt.date().alias("day")).agg(pl.len().alias("orders"), pl.col(REVENUE).sum())
    return {
        "visitors": visitors,
        "orders": len(bought),
        "revenue": round(float(bought[REVENUE].sum()), 2),
        "profit": round(float(bought[PROFIT].sum()), 2),
        "lines_of_unknown_cost": int(bought[UNKNOWN].sum()),
        "average_order_value": round(float(bought[REVENUE].mean() or 0), 2),  # type: ignore[arg-type]
        "orders_without_visitor": int(bought[schema.VISITOR_ID].null_count()),
        "days": days.sort("day").to_dicts(),
    }


def _models(folder: ShopFolder) -> list[dict[str, Any]]:
    """The models of the shop over time: what each reached on the days it was judged by."""
    store = ArtifactStore(folder.artifacts)
    current, found = store.current(), []
    for version in store.versions():
        try:
            manifest = read_manifest(store.path(version))
        except ArtifactError as error:
            found.append({"version": version, "in_service": version == current, "problem": str(error)})
            continue
        told = {"data_end": manifest.data_end, "metrics": manifest.metrics}
        found.append({"version": version, "in_service": version == current, **told})
    return found
