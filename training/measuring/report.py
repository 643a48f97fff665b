"""Everything that the log tells about what Vitrine earned, in one document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

import polars as pl

from recommender.artifact import artifacts
from recommender.errors import ArtifactError, InputError
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.lifecycle.settings import LifecycleConfig
from recommender.records import Records
from recommender.retention.segments import SEGMENTS, Registry
from recommender.training import CleaningConfig
from recommender.workspace import ShopFolder
from training.behaviour.reading import Behaviour
from training.behaviour.window import Window
from training.measuring.attribution import attributed
from training.measuring.campaigns import campaigns
from training.measuring.currencies import Currencies
from training.measuring.effects import measured
from training.measuring.health import health
from training.measuring.horizon import PLANNED_DAYS
from training.measuring.interleaved import interleaved
from training.measuring.orders import in_browsers
from training.measuring.places import places
from training.measuring.robots import robots, unnamed
from training.measuring.segments import movement
from training.orders import AT, PROFIT, REVENUE, UNKNOWN, vouched


@dataclass(frozen=True)
class Asked:
    """What a report is about."""

    now: datetime
    """The moment at which it is asked for."""
    until: datetime | None = None
    """Look back from here; left out: from now, or from the last event where none came for as long as is looked back."""
    days: int = 30
    """How far to look back; experiments are counted from when they began."""
    since: datetime | None = None
    """Experiments begin here; left out: with their first decision."""
    planned_days: int = PLANNED_DAYS
    """For how long experiments are meant to run."""
    currency: str | None = None
    """Of the money that is reported; left out: that of most orders. Orders in others are left out, and counted."""
    most_events_a_day: int = CleaningConfig().max_events_a_day
    """Whoever browses more is a robot."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """The shop's clock, by which cohorts begin."""
    lifecycle: LifecycleConfig = field(default_factory=LifecycleConfig)
    """How far is foretold what customers will do, and how much it takes."""
    behaviour: bool = True
    """Whether to say who comes back, how far visits get and which ways they take, which takes several passes more."""
    registry: Registry = SEGMENTS
    """The shop's segments."""
    segment: str | None = None
    """Experiments only among visitors who were in this segment when they entered."""


def report(folder: ShopFolder, records: Records, asked: Asked) -> dict[str, Any]:
    """What happened in a shop lately, and what of it showcases and popups caused, as JSON values.

    Args:
        folder: the shop's files.
        records: its catalogue, and who was erased.
        asked: what is looked at.

    Raises:
        InputError: the shop knows no such segment.
    """
    log, shop = EventLog(folder), folder.path.name
    bounds = log.bounds()
    if bounds is None:
        return {"shop": shop, "events": 0}
    until = asked.until or (asked.now if bounds[1] > asked.now - timedelta(days=asked.days) else bounds[1])
    if asked.segment is not None and asked.segment not in asked.registry.named:
        raise InputError("--segment", asked.segment, f"use one of {', '.join(asked.registry.named)}")
    with log.reading():
        rows = log.scan().filter(pl.col(schema.TIMESTAMP) <= until)
        basis = Basis.of(rows, records.catalog.documents(shop), asked)
        found = told(rows, basis, asked, until)
        window = Window.of(bounds, asked.now, until=until, days=asked.days)
        people = Behaviour(
            rows, window, asked.zone, currency=basis.money.reported, robots=basis.robots, sold=basis.sold
        )
        return {
            "shop": shop,
            "events": log.rows(),
            **found,
            **({"behaviour": people.everything()} if asked.behaviour else {}),
            "segments": movement(folder, records, asked.registry, now=asked.now, since=found["since"], until=until),
            "models": _models(folder),
        }


class Basis(NamedTuple):
    """What all parts of a report need, each read once."""

    money: Currencies
    """In what is measured."""
    robots: pl.Series
    """Ids of visitors that are no people."""
    sold: pl.DataFrame
    """Orders; see :func:`training.orders.vouched`."""

    @classmethod
    def of(cls, rows: pl.LazyFrame, documents: Iterable[tuple[str, Mapping[str, Any]]], asked: Asked) -> Self:
        """Read it from the log, and from what the catalogue says of items by id."""
        money = Currencies.of(rows, asked.currency)
        return cls(money, robots(rows, asked.most_events_a_day), vouched(rows, money.costs(documents)))


def told(rows: pl.LazyFrame, basis: Basis, asked: Asked, until: datetime) -> dict[str, Any]:
    """What the log says up to a moment.

    Args:
        rows: the event log up to then.
        basis: what was read of it.
        asked: what is looked at.
        until: the moment.
    """
    money, machines, sold = basis
    since = until - timedelta(days=asked.days)
    lately = rows.filter(pl.col(schema.TIMESTAMP) > since)
    bought, others = money.in_one(unnamed(in_browsers(sold, rows), machines))
    recent = bought.filter(pl.col(AT) > since)
    experiments = measured(
        rows, bought, machines, since=asked.since, planned_days=asked.planned_days, segment=asked.segment
    )
    return {
        "since": since,
        "until": until,
        "segment": asked.segment,
        "robots": len(machines),
        "currency": {"reported": money.reported, "orders_left_out": others},
        "overview": _overview(lately, recent),
        "experiments": [one.document() for one in experiments],
        "interleaved": [one.document() for one in interleaved(rows, machines, planned_days=asked.planned_days)],
        "campaigns": campaigns(lately),
        "attributed": attributed(lately, recent).to_dicts(),
        "health": health(rows, until),
        "customers": places(rows, sold, asked.lifecycle, since, until),
    }


def _overview(lately: pl.LazyFrame, bought: pl.DataFrame) -> dict[str, Any]:
    known = pl.col(schema.VISITOR_ID).drop_nulls()
    visitors = lately.select(known.hash().n_unique()).collect(engine="streaming").item()
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
    store = artifacts(folder)
    current, found = store.current(), []
    for version in store.versions():
        try:
            manifest = store.manifest(version)
        except ArtifactError as error:
            found.append({"version": version, "in_service": version == current, "problem": str(error)})
            continue
        told = {"data_end": manifest.data_end, "metrics": manifest.metrics}
        found.append({"version": version, "in_service": version == current, **told})
    return found
